package pgxinbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// store runs the inbox's statements through pgx.
type store struct {
	db      DB
	sql     ledger.Statements
	account string
}

// pooled is a transaction on a connection of a pool.
type pooled struct {
	pgx.Tx

	conn *pgxpool.Conn
}

func (s *store) Begin(ctx context.Context) (pgx.Tx, error) {
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted}
	pool, ok := s.db.(*pgxpool.Pool)
	if !ok {
		return s.db.BeginTx(ctx, options)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, options)
	if err != nil {
		conn.Release()
		return nil, err
	}
	return pooled{tx, conn}, nil
}

// End runs after the end of ctx too: it gives the connection back. After KeepAndCommit no transaction is open.
func (s *store) End(ctx context.Context, tx pgx.Tx) {
	if conn := tx.Conn(); !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		_ = tx.Rollback(context.WithoutCancel(ctx))
	}
	if p, ok := tx.(pooled); ok {
		p.conn.Release()
	}
}

// LostRace knows a deadlock and a failed serialization.
func (s *store) LostRace(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (server.Code == "40P01" || server.Code == "40001")
}

func (s *store) Look(ctx context.Context, tx pgx.Tx, m ledger.Message) (l ledger.Lock, all []ledger.Row, err error) {
	var seen, paid, id int64
	if err := tx.QueryRow(ctx, s.sql.Lock, s.account, m.Order, m.Pays()).Scan(&seen, &paid, &id); err != nil {
		return l, nil, fmt.Errorf("lock order: %w", err)
	}
	l = ledger.Lock{Paid: paid > 0, Mark: id}
	if seen == 1 {
		return l, nil, nil
	}
	query, args := s.sql.Read, []any{m.Session, s.account, m.Order}
	if m.Session == "" {
		query, args = s.sql.ReadOrder, args[1:]
	}
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return l, nil, fmt.Errorf("read facts: %w", err)
	}
	all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ledger.Row, err error) {
		var paidOfNobody int
		err = row.Scan(&paidOfNobody, &r.Session, &r.Fact, &r.Rank, &r.TxID, &r.Amount, &r.Currency, &r.Event, &r.Due)
		return r, err
	})
	if err != nil {
		return l, nil, fmt.Errorf("read facts: %w", err)
	}
	return l, all, nil
}

// Keep writes the first row only if the mark is there, and then the others, which are rare.
func (s *store) Keep(
	ctx context.Context, tx pgx.Tx, m ledger.Message, l ledger.Lock, put []ledger.Row, now int64,
) error {
	tag, err := tx.Exec(ctx, s.sql.CheckPut, append([]any{l.Mark, s.account, m.Order}, put[0].Args(now)...)...)
	switch {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case tag.RowsAffected() != 1:
		return fmt.Errorf("check: %w", ledger.ErrUndone)
	}
	for _, r := range put[1:] {
		if _, err := tx.Exec(ctx, s.sql.Put, append([]any{s.account, m.Order}, r.Args(now)...)...); err != nil {
			return fmt.Errorf("record fact: %w", err)
		}
	}
	return nil
}

// KeepAndCommit sends both at once. If the mark is gone, there is nothing that the commit could store. With further
// rows they come one by one: those must not be written then.
func (s *store) KeepAndCommit(
	ctx context.Context, tx pgx.Tx, m ledger.Message, l ledger.Lock, put []ledger.Row, now int64,
) error {
	if len(put) > 1 {
		if err := s.Keep(ctx, tx, m, l, put, now); err != nil {
			return err
		}
		if err := tx.Commit(ctx); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		return nil
	}
	var batch pgx.Batch
	batch.Queue(s.sql.CheckPut, append([]any{l.Mark, s.account, m.Order}, put[0].Args(now)...)...)
	batch.Queue("commit")
	results := tx.Conn().SendBatch(ctx, &batch)
	defer results.Close()
	tag, err := results.Exec()
	switch {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case tag.RowsAffected() != 1:
		return fmt.Errorf("check: %w", ledger.ErrUndone)
	}
	if _, err := results.Exec(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (s *store) Expect(ctx context.Context, tx pgx.Tx, order, session string, since, due int64) error {
	if _, err := tx.Exec(ctx, s.sql.Expect, s.account, order, session, since, due); err != nil {
		return fmt.Errorf("remember session: %w", err)
	}
	return nil
}

func (s *store) ReadDue(ctx context.Context, now int64) ([]ledger.Question, error) {
	rows, err := s.db.Query(ctx, s.sql.Due, s.account, now)
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (q ledger.Question, err error) {
		err = row.Scan(&q.Order, &q.Session, &q.Since, &q.Due)
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return all, nil
}

func (s *store) SetDue(ctx context.Context, q ledger.Question, was, due int64) (bool, error) {
	tag, err := s.db.Exec(ctx, s.sql.Ask, due, s.account, q.Order, q.Session, was)
	if err != nil {
		return false, fmt.Errorf("mark what is asked: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
