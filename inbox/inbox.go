package inbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Inbox applies each webhook event once, in one transaction of your database. It is safe for concurrent use, by any
// number of processes on the same database.
type Inbox struct {
	store  *store
	engine ledger.Engine[*sql.Tx]
}

// Func is your part of the transaction. Its changes through tx are committed together with the event or not at all. It
// must use tx, never the pool, and must not commit or roll back tx. After an error or a panic, everything is rolled
// back and the gateway delivers again. So a Func may run several times, but only one run is committed. Two Funcs for
// the same order never run at the same time.
type Func func(ctx context.Context, tx *sql.Tx, c Change) error

// Change is the effect of a message on an order. The package documentation says what to do with each Kind.
type Change struct {
	Kind Kind
	// Payment is the message's payment. Payment.Settles decides whether it pays the amount due.
	Payment ecomtrade24.Payment
	// Key is the event's Key: 64 characters. A status lookup and a webhook with the same content have different keys.
	Key string
	// Completes has the Key of each earlier Incomplete that this payment completes. Completes is empty unless Kind is Paid
	// or PaidAgain, and usually empty even then.
	Completes []string
	Raw       json.RawMessage // the message: Raw of the Event or SessionStatus
}

// Kind says why the inbox calls a Func. The package documentation has a table of messages and their Kinds.
type Kind string

// The kinds of change. A payment is complete if its message has a session, an amount and a currency.
const (
	// Progress means that a session moved to a higher rank, such as from pending to processing or expired. The order
	// may already be paid through another session. See PaymentStatus.Rank.
	Progress Kind = "progress"
	// Paid is the order's first complete payment. There is exactly one for each order.
	Paid Kind = "paid"
	// PaidAgain is a further complete payment of the order. Each one is a separate Change. Most of these payments need a
	// refund, but if no earlier payment settled the order, this payment may settle it.
	PaidAgain Kind = "paid_again"
	// Incomplete means that a paid message lacks a session, an amount or a currency. Do not ship or refund yet. If the
	// message names its session, Reconcile looks up the missing fields. The payment then arrives as Paid or PaidAgain,
	// with this Change's Key in Completes.
	Incomplete Kind = "incomplete"
	// Unknown is a message with an unknown status or without an order ID. It changes no order.
	Unknown Kind = "unknown"
	// Test is a webhook sent to test the endpoint. It changes no order, even if its status is "paid".
	Test Kind = "test"
)

// New returns an Inbox on db. Before you call New, open db as the package documentation describes for its dialect, and
// set the pool size. New sends nothing to the database; Migrate creates the tables. New panics if db or apply is nil.
// With an unknown Dialect or an invalid option, Migrate and every other method return an error.
func New(db *sql.DB, d Dialect, apply Func, opts ...Option) *Inbox {
	if db == nil || apply == nil {
		panic("inbox: New needs a database and a Func")
	}
	known, unknown := d.find()
	options, wrong := ledger.NewOptions(opts)
	if options.Schema != "" && d != Postgres {
		wrong = cmp.Or(wrong, errSchema)
	}
	joined := store{db: db, dialect: known, sql: known.statements.In(options.Schema), namespace: options.Namespace}
	own := joined
	if known.prepares {
		own.prepared = &prepared{} // not for HandleTx, whose transaction may be on another pool
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

var errSchema = errors.New("ecomtrade24 inbox: new: WithSchema is for PostgreSQL: in MySQL name the database in the " +
	"DSN, and in SQLite open the file")

// call runs the Func with the Change that package ledger determined.
func (f Func) call(
	ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event, m ledger.Message, d ledger.Decision,
) error {
	return f(ctx, tx, Change{Kind: Kind(d.Kind), Payment: ev.Payment, Key: m.Key, Completes: d.Completes, Raw: ev.Raw})
}
