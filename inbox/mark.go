package inbox

import (
	"context"
	"database/sql"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// These functions implement dialect.lock. The mark is the transaction's ID if the database can return it, and otherwise
// a value in the column named mark.

// lockTransaction is for a Lock statement that returns seen, was_paid and the transaction's ID.
func (s *store) lockTransaction(ctx context.Context, tx *sql.Tx, m ledger.Message) (ledger.Lock, bool, error) {
	var seen, paid, id int64
	_, err := s.scan(ctx, tx, s.sql.Lock, []any{s.namespace, m.Order, m.Pays()}, &seen, &paid, &id)
	return ledger.Lock{Paid: paid > 0, Mark: id}, seen == 1, err
}

// lockMarked is for a Lock statement that returns seen and was_paid.
func (s *store) lockMarked(ctx context.Context, tx *sql.Tx, m ledger.Message) (ledger.Lock, bool, error) {
	var seen, paid int64
	_, err := s.scan(ctx, tx, s.sql.Lock, []any{s.namespace, m.Order, m.Pays(), m.Key}, &seen, &paid)
	return ledger.Lock{Paid: paid > 0, Mark: m.Key}, seen == 1, err
}

// lockCounted is for a Lock statement that returns no row. The Lock statement affects one row if the order is new, and
// two rows otherwise. The Read statement returns whether the order is paid.
func (s *store) lockCounted(ctx context.Context, tx *sql.Tx, m ledger.Message) (ledger.Lock, bool, error) {
	n, err := s.exec(ctx, tx, s.sql.Lock, s.namespace, m.Order, m.Pays(), m.Key)
	return ledger.Lock{Mark: m.Key}, n == 1, err
}

// These functions implement dialect.check.

// checkMark is for databases whose writes cannot depend on the mark. It checks only that the mark exists.
func (s *store) checkMark(
	ctx context.Context, tx *sql.Tx, m ledger.Message, l ledger.Lock, rows []ledger.Row,
) (left []ledger.Row, err error) {
	var one int
	found, err := s.scan(ctx, tx, s.sql.Check, []any{s.namespace, m.Order, l.Mark}, &one)
	if err == nil && !found {
		err = ledger.ErrUndone
	}
	return rows, err
}

// checkAndPut checks and writes in one statement: it writes the first row only if the mark exists.
func (s *store) checkAndPut(
	ctx context.Context, tx *sql.Tx, m ledger.Message, l ledger.Lock, rows []ledger.Row,
) (left []ledger.Row, err error) {
	n, err := s.exec(ctx, tx, s.sql.CheckPut, append([]any{l.Mark, s.namespace, m.Order}, rows[0].Args()...)...)
	if err == nil && n == 0 {
		err = ledger.ErrUndone
	}
	return rows[1:], err
}
