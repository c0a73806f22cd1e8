package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// store runs the inbox's statements through database/sql.
type store struct {
	db      *sql.DB
	dialect Dialect
	sql     ledger.Statements // the dialect's, in the schema
	account string
}

func (s *store) Begin(ctx context.Context) (*sql.Tx, error) {
	return s.db.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.isolation})
}

func (s *store) Commit(ctx context.Context, tx *sql.Tx) error { return ended(ctx, tx.Commit()) }
func (s *store) Rollback(_ context.Context, tx *sql.Tx)       { _ = tx.Rollback() }
func (s *store) LostRace(err error) bool                      { return s.dialect.lostRace(err) }

func (s *store) Look(ctx context.Context, tx *sql.Tx, m ledger.Message) (paid bool, rows []ledger.Row, err error) {
	if err := exec(ctx, tx, "lock order", s.sql.Lock, s.account, m.Order, m.Key); err != nil {
		return false, nil, err
	}
	if paid, rows, err = s.read(ctx, tx, m); err != nil {
		err = fmt.Errorf("read facts: %w", ended(ctx, err))
	}
	return paid, rows, err
}

func (s *store) read(ctx context.Context, tx *sql.Tx, m ledger.Message) (paid bool, all []ledger.Row, err error) {
	var rows *sql.Rows
	if m.Session == "" {
		rows, err = tx.QueryContext(ctx, s.sql.ReadOrder, s.account, m.Order)
	} else {
		rows, err = tx.QueryContext(ctx, s.sql.Read, m.Session, s.account, m.Order)
	}
	if err != nil {
		return false, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var isPaid int
		var session, fact, txID, amount, currency, event sql.NullString
		var rank, due sql.NullInt64 // all null where there is no row
		if err := rows.Scan(&isPaid, &session, &fact, &rank, &txID, &amount, &currency, &event, &due); err != nil {
			return false, nil, err
		}
		if paid = isPaid > 0; session.Valid {
			all = append(all, ledger.Row{
				Session: session.String, Fact: fact.String, Rank: int(rank.Int64), TxID: txID.String,
				Amount: amount.String, Currency: currency.String, Event: event.String, Due: due.Int64,
			})
		}
	}
	return paid, all, rows.Err()
}

// Keep looks at the mark before it writes a row: in MySQL and SQLite a transaction that was undone leaves each further
// statement to itself. There is at least one row.
func (s *store) Keep(
	ctx context.Context, tx *sql.Tx, m ledger.Message, paid bool, d ledger.Decision, now int64,
) error {
	end := []any{ledger.Flag(paid), s.account, m.Order, m.Key}
	put, query := d.Put, s.sql.End
	if s.sql.EndPut != "" {
		query, end, put = s.sql.EndPut, append(end, d.Put[0].Args(now)...), d.Put[1:]
	}
	result, err := tx.ExecContext(ctx, query, end...)
	if err != nil {
		return fmt.Errorf("check: %w", ended(ctx, err))
	}
	switch n, err := result.RowsAffected(); {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case n != 1:
		return fmt.Errorf("check: %w", ledger.ErrUndone)
	}
	for _, r := range put {
		args := append([]any{s.account, m.Order}, r.Args(now)...)
		if err := exec(ctx, tx, "record fact", s.sql.Put, args...); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) Expect(ctx context.Context, tx *sql.Tx, order, session string, since, due int64) error {
	return exec(ctx, tx, "remember session", s.sql.Expect, s.account, order, session, since, due)
}

func (s *store) ReadDue(ctx context.Context, now int64) ([]ledger.Question, error) {
	rows, err := s.db.QueryContext(ctx, s.sql.Due, s.account, now)
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	defer rows.Close()
	var all []ledger.Question
	for rows.Next() {
		var q ledger.Question
		if err := rows.Scan(&q.Order, &q.Session, &q.Since, &q.Due); err != nil {
			return nil, fmt.Errorf("read what is due: %w", err)
		}
		all = append(all, q)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return all, nil
}

func (s *store) SetDue(ctx context.Context, q ledger.Question, was, due int64) (bool, error) {
	result, err := s.db.ExecContext(ctx, s.sql.Ask, due, s.account, q.Order, q.Session, was)
	if err != nil {
		return false, fmt.Errorf("mark what is asked: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// exec runs a statement.
func exec(ctx context.Context, tx *sql.Tx, step, query string, args ...any) error {
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", step, ended(ctx, err))
	}
	return nil
}

// ended returns the error of ctx if that is what ended the transaction, and err otherwise.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
