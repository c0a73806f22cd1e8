package inbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Inbox applies webhook events once and in order, each in one transaction of the merchant's database. It is safe for
// concurrent use, by any number of processes on the same database.
type Inbox struct {
	store  *store
	engine ledger.Engine[*sql.Tx]
}

// Func is the merchant's part of the transaction: what it does through tx is committed with the event or not at all.
// It must use tx, never the pool, and must not commit or roll back tx. An error or a panic rolls everything back and
// the gateway delivers again, so a Func can run more than once before one run counts. Two Funcs for the same order
// never run at the same time.
type Func func(ctx context.Context, tx *sql.Tx, c Change) error

// Change is what a message means for an order. The package documentation says what to do with each Kind.
type Change struct {
	Kind Kind
	// Payment is what the message says, and nothing else. Its Settles decides whether that pays what is due.
	Payment ecomtrade24.Payment
	// Key is the event's, as from Event.Key: 64 characters.
	Key string
	// Completes has the Key of each earlier Incomplete that this payment is the rest of: what waited for it is done. It is
	// empty unless Kind is Paid or PaidAgain, and mostly then too.
	Completes []string
	Raw       json.RawMessage // the message: Raw of the Event, or of the response to Status
}

// Kind tells why a Func is called. The package documentation has a table of which message leads to which call.
type Kind string

// The kinds of change. A payment is complete if its message carries session, amount and currency.
const (
	// Progress is a session's move to a higher rank than before, such as from pending to processing or to expired, while
	// its order is not paid. See PaymentStatus.Rank.
	Progress Kind = ledger.Progress
	// Paid is the first complete payment of the order. There is one for each order.
	Paid Kind = ledger.Paid
	// PaidAgain is a further complete payment of the order. There is one call for each. Most need a refund, but if the
	// earlier payments did not settle the order, this one may.
	PaidAgain Kind = ledger.PaidAgain
	// Incomplete is a message of a payment that lacks session, amount or currency. There is nothing to settle and nothing
	// to refund. Reconcile asks for the rest, which then comes as Paid or PaidAgain, with this Change's Key in Completes.
	Incomplete Kind = ledger.Incomplete
	// Unknown is a message with a status that the SDK does not know, or without an order id. It changes no order.
	Unknown Kind = ledger.Unknown
	// Test is a webhook sent to test the endpoint. It changes no order, whatever else it says.
	Test Kind = ledger.Test
)

// New returns an Inbox on db. Open db as the package documentation says for its dialect, and set the size of its pool
// first. New sends nothing to the database: Migrate makes the tables. It panics if db or apply is nil, if d is the zero
// Dialect, or if WithAccount has a name that is too long.
func New(db *sql.DB, d Dialect, apply Func, opts ...Option) *Inbox {
	if db == nil || apply == nil || len(d.statements.Tables) == 0 {
		panic("inbox: New needs a database, a Dialect and a Func")
	}
	options := ledger.NewOptions(opts)
	b := &Inbox{store: &store{db: db, dialect: d, sql: d.statements.In(options.Schema), account: options.Account}}
	b.engine = ledger.Engine[*sql.Tx]{Options: options, Store: b.store, Apply: apply.call}
	if n := db.Stats().MaxOpenConnections; n > 0 {
		b.engine.Turns = make(chan struct{}, n)
	}
	return b
}

// call runs the Func for what was decided of an event.
func (f Func) call(
	ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event, m ledger.Message, d ledger.Decision,
) error {
	return f(ctx, tx, Change{
		Kind: Kind(d.Kind), Payment: ev.Payment, Key: m.Key, Completes: d.Completes, Raw: ev.Raw,
	})
}

// Option changes a default of an Inbox.
type Option func(*ledger.Options)

// WithObserver calls o for every event that Handle, HandleTx or Reconcile applies, as an operation named "inbox". The
// default is no observer, and so is nil.
func WithObserver(o ecomtrade24.Observer) Option {
	return func(options *ledger.Options) { options.Observer = o }
}

// WithAccount keeps the orders apart from those of the database's other accounts, which may use the same order ids. The
// name is the merchant's own choice, of at most 100 bytes, and must stay the same. The default is "".
func WithAccount(name string) Option {
	return func(options *ledger.Options) { options.Account = name }
}

// WithSchema keeps the tables in a schema of PostgreSQL, which must exist, instead of the first one of the search path.
// The name is written into the statements as it is, so quote it if it needs that, and never take it from outside.
func WithSchema(name string) Option {
	return func(options *ledger.Options) { options.Schema = name }
}

// WithSpacing changes how long Reconcile waits between two questions about a session. spacing gets the session's age,
// since Expect or since its Incomplete, and returns the time until the next question, or 0 for no more. The default is
// 2 minutes in the first hour, then an hour, and no more after 3 days. So is nil.
func WithSpacing(spacing func(age time.Duration) time.Duration) Option {
	return func(options *ledger.Options) { options.Spacing = spacing }
}
