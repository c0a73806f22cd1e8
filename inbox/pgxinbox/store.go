package pgxinbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// store runs the inbox's statements through pgx.
type store struct {
	db        DB
	sql       ledger.Statements
	namespace string
}

// pooled is a transaction on a connection that we acquired from a pool ourselves.
type pooled struct {
	pgx.Tx

	conn *pgxpool.Conn
}

// If the first connection fails, Begin tries the pool's other idle connections, which a proxy may have lost too, and
// then a new one. Retrying is safe, since nothing was sent yet.
func (s *store) Begin(ctx context.Context) (pgx.Tx, error) {
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted}
	pool, ok := s.db.(*pgxpool.Pool)
	if !ok {
		return s.db.BeginTx(ctx, options)
	}
	tx, err := begin(ctx, pool, options)
	switch {
	case err == nil:
		return tx, nil
	case ctx.Err() != nil && pool.Stat().AcquiredConns() == pool.Stat().MaxConns():
		return nil, fmt.Errorf("%w: %w", ledger.ErrBusy, err)
	}
	for range pool.Stat().IdleConns() + 1 {
		if tx, err = begin(ctx, pool, options); err == nil || ctx.Err() != nil {
			break
		}
	}
	return tx, err
}

func begin(ctx context.Context, pool *pgxpool.Pool, options pgx.TxOptions) (pgx.Tx, error) {
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

// rollingBack is the time limit of a rollback after ctx has ended. Handle must not wait for a server that stopped
// responding, and losing a connection costs little.
const rollingBack = time.Second

// End also returns the connection to the pool, so it must run even after ctx has ended. After KeepAndCommit there is no
// transaction left to roll back.
func (s *store) End(ctx context.Context, tx pgx.Tx) {
	p, ours := tx.(pooled)
	if conn := tx.Conn(); !ours || !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		rollback(ctx, tx)
	}
	if ours {
		p.conn.Release()
	}
}

// rollback does nothing after a commit.
func rollback(ctx context.Context, tx pgx.Tx) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(rollingBack, cancel) })
	defer stop()
	_ = tx.Rollback(lasting)
}

// LostRace reports whether err is a deadlock or a serialization failure.
func (s *store) LostRace(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (server.Code == "40P01" || server.Code == "40001")
}

func (s *store) Look(ctx context.Context, tx pgx.Tx, m ledger.Message) (l ledger.Lock, all []ledger.Row, err error) {
	var seen, paid, id int64
	if err := tx.QueryRow(ctx, s.sql.Lock, s.namespace, m.Order, m.Pays()).Scan(&seen, &paid, &id); err != nil {
		return l, nil, fmt.Errorf("lock order: %w", err)
	}
	l = ledger.Lock{Paid: paid > 0, Mark: id}
	if seen == 1 && !m.Ends() {
		return l, nil, nil
	}
	query, args := s.sql.Read, []any{m.Session, s.namespace, m.Order}
	if m.Session == "" {
		query, args = s.sql.ReadOrder, args[1:]
	}
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return l, nil, fmt.Errorf("read facts: %w", err)
	}
	all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ledger.Row, err error) {
		var paidOfNobody int
		err = row.Scan(&paidOfNobody, &r.Session, &r.Fact, &r.Rank, &r.TxID, &r.Amount, &r.Currency, &r.Event, &r.NextCheck)
		return r, err
	})
	if err != nil {
		return l, nil, fmt.Errorf("read facts: %w", err)
	}
	return l, all, nil
}

// Keep writes the first row only if the mark exists, and then any further rows, which are rare.
func (s *store) Keep(
	ctx context.Context, tx pgx.Tx, m ledger.Message, l ledger.Lock, put []ledger.Row,
) error {
	tag, err := tx.Exec(ctx, s.sql.CheckPut, append([]any{l.Mark, s.namespace, m.Order}, put[0].Args()...)...)
	switch {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case tag.RowsAffected() != 1:
		return fmt.Errorf("check: %w", ledger.ErrUndone)
	}
	for _, r := range put[1:] {
		if _, err := tx.Exec(ctx, s.sql.Put, append([]any{s.namespace, m.Order}, r.Args()...)...); err != nil {
			return fmt.Errorf("record fact: %w", err)
		}
	}
	return nil
}

// KeepAndCommit sends the first row and the commit together. If the mark is gone, the commit stores nothing. If there
// are further rows, which depend on the mark, or if a wrapper must see the commit, the statements are sent one by one.
func (s *store) KeepAndCommit(
	ctx context.Context, tx pgx.Tx, m ledger.Message, l ledger.Lock, put []ledger.Row,
) error {
	if _, ours := tx.(pooled); !ours || len(put) > 1 {
		if err := s.Keep(ctx, tx, m, l, put); err != nil {
			return err
		}
		if err := tx.Commit(ctx); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		return nil
	}
	var batch pgx.Batch
	batch.Queue(s.sql.CheckPut, append([]any{l.Mark, s.namespace, m.Order}, put[0].Args()...)...)
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

func (s *store) Expect(ctx context.Context, tx pgx.Tx, order, session string, since, next, ended int64) error {
	_, err := tx.Exec(ctx, s.sql.Expect, s.namespace, order, session, since, next, ended)
	return err
}

func (s *store) Now(ctx context.Context, tx pgx.Tx) (now int64, err error) {
	err = tx.QueryRow(ctx, s.sql.Now).Scan(&now)
	return now, err
}

func (s *store) Scheduled(ctx context.Context) ([]ledger.Check, error) {
	rows, err := s.db.Query(ctx, s.sql.Scheduled, s.namespace)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ledger.Check, err error) {
		err = row.Scan(&c.Now, &c.Order, &c.ID, &c.Rank, &c.Since, &c.NextCheck, &c.LeaseUntil)
		return c, err
	})
}

func (s *store) Lease(ctx context.Context, c ledger.Check, until int64) (bool, error) {
	tag, err := s.db.Exec(ctx, s.sql.Lease, c.LeaseArgs(s.namespace, until)...)
	return tag.RowsAffected() == 1, err
}

func (s *store) Return(ctx context.Context, c, next ledger.Check) error {
	_, err := s.db.Exec(ctx, s.sql.Return, c.ReturnArgs(s.namespace, next)...)
	return err
}
