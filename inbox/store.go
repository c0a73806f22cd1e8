package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// store runs the inbox's statements through database/sql.
type store struct {
	db        *sql.DB
	dialect   dialect
	sql       ledger.Statements // the dialect's statements, with the schema's name
	namespace string
	prepared  *prepared // nil if statements are not prepared
}

// If the first connection fails, Begin tries the pool's other idle connections, which a proxy may have lost too, and
// then a new one. Retrying is safe, since nothing was sent yet.
func (s *store) Begin(ctx context.Context) (*sql.Tx, error) {
	if s.prepared != nil {
		s.prepared.fill(ctx, s.db, s.sql.Lock, s.sql.Read, s.sql.Check, s.sql.Put)
	}
	options := &sql.TxOptions{Isolation: s.dialect.isolation}
	tx, err := s.db.BeginTx(ctx, options)
	if err == nil {
		return tx, nil
	}
	for range s.db.Stats().Idle + 1 {
		if tx, err = s.db.BeginTx(ctx, options); err == nil || ctx.Err() != nil {
			break
		}
	}
	return tx, err
}

func (s *store) End(ctx context.Context, tx *sql.Tx) {
	_ = until(ctx, tx.Rollback) // a rollback after a commit does nothing
}

// until calls f, which commits or rolls back, and stops waiting for f when ctx ends. In database/sql, Commit and
// Rollback take no context, and the server may have stopped responding. If ctx ends first, the transaction's result is
// unknown.
func until(ctx context.Context, f func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *store) LostRace(err error) bool { return s.dialect.lostRace(err) }

func (s *store) Look(ctx context.Context, tx *sql.Tx, m ledger.Message) (ledger.Lock, []ledger.Row, error) {
	l, fresh, err := s.dialect.lock(s, ctx, tx, m)
	if err != nil {
		return l, nil, fmt.Errorf("lock order: %w", overAfter(ctx, err))
	}
	if fresh && !m.Ends() {
		return l, nil, nil
	}
	paid, rows, err := s.read(ctx, tx, m)
	if err != nil {
		return l, nil, fmt.Errorf("read facts: %w", overAfter(ctx, err))
	}
	l.Paid = l.Paid || paid
	return l, rows, nil
}

func (s *store) read(ctx context.Context, tx *sql.Tx, m ledger.Message) (paid bool, all []ledger.Row, err error) {
	query, args := s.sql.Read, []any{m.Session, s.namespace, m.Order}
	if m.Session == "" {
		query, args = s.sql.ReadOrder, args[1:]
	}
	rows, err := s.query(ctx, tx, query, args...)
	if err != nil {
		return false, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var isPaid int
		var session, fact, txID, amount, currency, event sql.NullString
		var rank, next sql.NullInt64 // if the order has no facts, these are NULL, like the texts above
		if err := rows.Scan(&isPaid, &session, &fact, &rank, &txID, &amount, &currency, &event, &next); err != nil {
			return false, nil, err
		}
		paid = isPaid > 0
		if !session.Valid {
			continue
		}
		all = append(all, ledger.Row{
			Session: session.String, Fact: fact.String, Rank: int(rank.Int64), TxID: txID.String,
			Amount: amount.String, Currency: currency.String, Event: event.String, NextCheck: next.Int64,
		})
	}
	return paid, all, rows.Err()
}

// Keep checks the mark before it writes a row. If MySQL or SQLite has rolled back the transaction, each further
// statement would commit by itself.
func (s *store) Keep(ctx context.Context, tx *sql.Tx, m ledger.Message, l ledger.Lock, put []ledger.Row) error {
	left, err := s.dialect.check(s, ctx, tx, m, l, put)
	if err != nil {
		return fmt.Errorf("check: %w", overAfter(ctx, err))
	}
	for _, r := range left {
		if _, err := s.exec(ctx, tx, s.sql.Put, append([]any{s.namespace, m.Order}, r.Args()...)...); err != nil {
			return fmt.Errorf("record fact: %w", overAfter(ctx, err))
		}
	}
	return nil
}

func (s *store) KeepAndCommit(
	ctx context.Context, tx *sql.Tx, m ledger.Message, l ledger.Lock, put []ledger.Row,
) error {
	if err := s.Keep(ctx, tx, m, l, put); err != nil {
		return err
	}
	if err := until(ctx, tx.Commit); err != nil {
		return fmt.Errorf("commit: %w", overAfter(ctx, err))
	}
	return nil
}

func (s *store) Expect(ctx context.Context, tx *sql.Tx, order, session string, since, next, ended int64) error {
	_, err := tx.ExecContext(ctx, s.sql.Expect, s.namespace, order, session, since, next, ended)
	return overAfter(ctx, err)
}

func (s *store) Now(ctx context.Context, tx *sql.Tx) (now int64, err error) {
	err = tx.QueryRowContext(ctx, s.sql.Now).Scan(&now)
	return now, overAfter(ctx, err)
}

func (s *store) Scheduled(ctx context.Context) ([]ledger.Check, error) {
	rows, err := s.db.QueryContext(ctx, s.sql.Scheduled, s.namespace)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []ledger.Check
	for rows.Next() {
		var c ledger.Check
		if err := rows.Scan(&c.Now, &c.Order, &c.ID, &c.Rank, &c.Since, &c.NextCheck, &c.LeaseUntil); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

func (s *store) Lease(ctx context.Context, c ledger.Check, until int64) (bool, error) {
	n, err := affected(s.db.ExecContext(ctx, s.sql.Lease, c.LeaseArgs(s.namespace, until)...))
	return n == 1, err
}

func (s *store) Return(ctx context.Context, c, next ledger.Check) error {
	_, err := s.db.ExecContext(ctx, s.sql.Return, c.ReturnArgs(s.namespace, next)...)
	return err
}

// exec runs a statement, prepared if possible, and returns the number of affected rows.
func (s *store) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	if stmt := s.prepared.find(query); stmt != nil {
		return affected(tx.StmtContext(ctx, stmt).ExecContext(ctx, args...))
	}
	return affected(tx.ExecContext(ctx, query, args...))
}

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a query, prepared if possible.
func (s *store) query(ctx context.Context, tx *sql.Tx, query string, args ...any) (*sql.Rows, error) {
	if stmt := s.prepared.find(query); stmt != nil {
		return tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return tx.QueryContext(ctx, query, args...)
}

// scan runs a query and scans its last row. It reports whether there was a row.
func (s *store) scan(ctx context.Context, tx *sql.Tx, query string, args []any, into ...any) (found bool, err error) {
	rows, err := s.query(ctx, tx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		found = true
		if err := rows.Scan(into...); err != nil {
			return false, err
		}
	}
	return found, rows.Err()
}

// prepared holds the statements that every event needs. Each is prepared once per connection instead of for every
// event. They are closed with their DB.
type prepared struct {
	filling sync.Mutex
	all     atomic.Pointer[map[string]*sql.Stmt]
}

func (p *prepared) find(query string) *sql.Stmt {
	if p == nil || p.all.Load() == nil {
		return nil
	}
	return (*p.all.Load())[query]
}

// fill prepares the statements unless they are already prepared. If preparing fails, they stay unprepared, and the
// first statement that runs returns the error. Do not call fill during a transaction, which may hold the only
// connection.
func (p *prepared) fill(ctx context.Context, db *sql.DB, queries ...string) {
	if p.all.Load() != nil || !p.filling.TryLock() {
		return
	}
	defer p.filling.Unlock()
	all := make(map[string]*sql.Stmt, len(queries))
	for _, query := range queries {
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			for _, stmt := range all {
				_ = stmt.Close()
			}
			return
		}
		all[query] = stmt
	}
	p.all.Store(&all)
}

// overAfter returns ctx.Err() if the end of ctx ended the transaction, and err otherwise.
func overAfter(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
