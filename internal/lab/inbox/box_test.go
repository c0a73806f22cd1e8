package inbox_test

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
)

// box is an inbox, on database/sql or on pgx.
type box interface {
	Migrate(ctx context.Context) error
	Handle(ctx context.Context, ev *ecomtrade24.Event) error
	Reconcile(ctx context.Context, c *ecomtrade24.Client) error
	Ask(ctx context.Context, c *ecomtrade24.Client, sessionID, orderID string) (*ecomtrade24.SessionStatus, error)

	begin(ctx context.Context) (tx, error)
	handleTx(ctx context.Context, tx tx, ev *ecomtrade24.Event) (changes []string, err error)
	expect(ctx context.Context, tx tx, sessionID, orderID string) error
}

// tx is a transaction of database/sql or pgx.
type tx interface {
	exec(ctx context.Context, query string, args ...any) error
	commit(ctx context.Context) error
	rollback(ctx context.Context) error
}

// applyFunc is a Func on database/sql or pgx.
type applyFunc func(ctx context.Context, tx tx, c inbox.Change) error

// inbox returns an inbox on its own pool, like another replica.
func (s *store) inbox(f applyFunc, opts ...inbox.Option) box {
	if s.pgx {
		pool, err := pgxpool.New(s.Context(), s.dsn+" pool_max_conns=10")
		require.NoError(s, err)
		s.Cleanup(pool.Close)
		return pgxBox{pgxinbox.New(pool, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
			return f(ctx, pgxTx{tx}, c)
		}, opts...), pool}
	}
	db := s.open()
	return sqlBox{inbox.New(db, s.dialect, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return f(ctx, sqlTx{tx}, c)
	}, opts...), db}
}

type sqlBox struct {
	*inbox.Inbox

	db *sql.DB
}

func (b sqlBox) begin(ctx context.Context) (tx, error) {
	tx, err := b.db.BeginTx(ctx, nil)
	return sqlTx{tx}, err
}

func (b sqlBox) handleTx(ctx context.Context, tx tx, ev *ecomtrade24.Event) ([]string, error) {
	return b.HandleTx(ctx, tx.(sqlTx).Tx, ev)
}

func (b sqlBox) expect(ctx context.Context, tx tx, sessionID, orderID string) error {
	return b.Expect(ctx, tx.(sqlTx).Tx, sessionID, orderID)
}

type sqlTx struct{ *sql.Tx }

func (tx sqlTx) commit(context.Context) error   { return tx.Commit() }
func (tx sqlTx) rollback(context.Context) error { return tx.Rollback() }

func (tx sqlTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

type pgxBox struct {
	*pgxinbox.Inbox

	pool *pgxpool.Pool
}

func (b pgxBox) begin(ctx context.Context) (tx, error) {
	tx, err := b.pool.Begin(ctx)
	return pgxTx{tx}, err
}

func (b pgxBox) handleTx(ctx context.Context, tx tx, ev *ecomtrade24.Event) ([]string, error) {
	return b.HandleTx(ctx, tx.(pgxTx).Tx, ev)
}

func (b pgxBox) expect(ctx context.Context, tx tx, sessionID, orderID string) error {
	return b.Expect(ctx, tx.(pgxTx).Tx, sessionID, orderID)
}

type pgxTx struct{ pgx.Tx }

func (tx pgxTx) commit(ctx context.Context) error   { return tx.Commit(ctx) }
func (tx pgxTx) rollback(ctx context.Context) error { return tx.Rollback(ctx) }

func (tx pgxTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}
