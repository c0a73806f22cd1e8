package inbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"

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
// the gateway delivers again, so a Func may run several times, but only one run is committed. Two Funcs for the same
// order never run at the same time.
type Func func(ctx context.Context, tx *sql.Tx, c Change) error

// Change is what a message means for an order. The package documentation says what to do with each Kind.
type Change struct {
	Kind Kind
	// Payment is what the message says, and nothing else. Its Settles decides whether that pays what is due.
	Payment ecomtrade24.Payment
	// Key is the event's, as from Event.Key: 64 characters. A status lookup has another key than the webhook that says the
	// same.
	Key string
	// Completes has the Key of each earlier Incomplete that this payment completes. It is empty unless Kind is Paid or
	// PaidAgain. Most payments complete nothing.
	Completes []string
	Raw       json.RawMessage // the message: Raw of the Event, or of the response to Status
}

// Kind says why a Func is called. The package documentation has a table of which message leads to which call.
type Kind string

// The kinds of change. A payment is complete if its message carries session, amount and currency.
const (
	// Progress is a session's move to a higher rank than before, such as from pending to processing or to expired. The
	// order may be paid already, in another session. See PaymentStatus.Rank.
	Progress Kind = "progress"
	// Paid is the first complete payment of the order. There is one for each order.
	Paid Kind = "paid"
	// PaidAgain is a further complete payment of the order. There is one call for each. Most need a refund, but if the
	// earlier payments did not settle the order, this one may.
	PaidAgain Kind = "paid_again"
	// Incomplete is a message of a payment that lacks session, amount or currency. There is nothing to settle and nothing
	// to refund. If it names its session, Reconcile looks up the rest, which then comes as Paid or PaidAgain, with this
	// Change's Key in Completes.
	Incomplete Kind = "incomplete"
	// Unknown is a message with a status that the SDK does not know, or without an order id. It changes no order.
	Unknown Kind = "unknown"
	// Test is a webhook sent to test the endpoint. It changes no order, whatever else it says.
	Test Kind = "test"
)

// New returns an Inbox on db. Open db as the package documentation says for its dialect, and set the size of its pool
// first. New sends nothing to the database: Migrate makes the tables. It panics if db or apply is nil. An unknown
// Dialect or an option that makes no sense is an error of Migrate and of every other method.
func New(db *sql.DB, d Dialect, apply Func, opts ...Option) *Inbox {
	if db == nil || apply == nil {
		panic("inbox: New needs a database and a Func")
	}
	known, unknown := d.find()
	options, wrong := ledger.NewOptions(opts)
	joined := store{db: db, dialect: known, sql: known.statements.In(options.Schema), namespace: options.Namespace}
	own := joined
	if known.prepares {
		own.prepared = &prepared{} // not for the caller's transaction, which may be on another pool
	}
	b := &Inbox{store: &own}
	b.engine = ledger.Engine[*sql.Tx]{
		Options: options, Err: cmp.Or(unknown, wrong), Store: b.store, Joined: &joined, Apply: apply.call,
	}
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
