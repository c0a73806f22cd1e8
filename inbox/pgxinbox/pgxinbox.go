package pgxinbox

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// DB is a *pgxpool.Pool or a wrapper around one. A single *pgx.Conn also works for one caller at a time.
type DB interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// Func is your part of the transaction, like inbox.Func.
type Func func(ctx context.Context, tx pgx.Tx, c inbox.Change) error

// Inbox is an inbox.Inbox on pgx. It is safe for concurrent use if its DB is a pool, but not if its DB is a single
// Conn.
type Inbox struct {
	store  *store
	engine ledger.Engine[pgx.Tx]
}

// New returns an Inbox on db. It sends nothing to the database; Migrate creates the tables. It panics if db or apply is
// nil. With an invalid option, Migrate and every other method return an error.
func New(db DB, apply Func, opts ...inbox.Option) *Inbox {
	if db == nil || apply == nil {
		panic("pgxinbox: New needs a database and a Func")
	}
	options, wrong := ledger.NewOptions(opts)
	b := &Inbox{store: &store{db, ledger.Postgres().In(options.Schema), options.Namespace}}
	b.engine = ledger.Engine[pgx.Tx]{Options: options, Err: wrong, Store: b.store, Joined: b.store, Apply: apply.call}
	if _, ok := db.(*pgxpool.Pool); !ok {
		b.engine.Workers = 1 // db may be a single connection
	}
	return b
}

// call runs the Func with the Change that package ledger determined.
func (f Func) call(ctx context.Context, tx pgx.Tx, ev *ecomtrade24.Event, m ledger.Message, d ledger.Decision) error {
	return f(ctx, tx, inbox.Change{
		Kind: inbox.Kind(d.Kind), Payment: ev.Payment, Key: m.Key, Completes: d.Completes, Raw: ev.Raw,
	})
}

// Handle applies one event, like inbox.Inbox.Handle.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return b.engine.Handle(ctx, ev)
}

// HandleTx applies one event in the caller's transaction, like inbox.Inbox.HandleTx.
func (b *Inbox) HandleTx(ctx context.Context, tx pgx.Tx, ev *ecomtrade24.Event) (changes []string, err error) {
	if tx == nil {
		return nil, errNoTransaction
	}
	return b.engine.HandleTx(ctx, tx, ev)
}

// Expect remembers a session, like inbox.Inbox.Expect.
func (b *Inbox) Expect(ctx context.Context, tx pgx.Tx, sessionID, orderID string) error {
	if tx == nil {
		return errNoTransaction
	}
	return b.engine.Expect(ctx, tx, sessionID, orderID)
}

var errNoTransaction = errors.New("ecomtrade24 inbox: the transaction is nil")

// Ask looks up one session of an order now and applies the response, like inbox.Inbox.Ask.
func (b *Inbox) Ask(
	ctx context.Context, c *ecomtrade24.Client, sessionID, orderID string,
) (*ecomtrade24.SessionStatus, error) {
	return b.engine.Ask(ctx, c, sessionID, orderID)
}

// Reconcile looks up the expected sessions that are scheduled for now, like inbox.Inbox.Reconcile. If DB is not a
// *pgxpool.Pool, Reconcile makes one lookup at a time. If DB is a single connection, do not use it until Reconcile
// returns.
func (b *Inbox) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	return b.engine.Reconcile(ctx, c)
}
