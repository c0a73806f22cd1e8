package inbox

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Inbox applies webhook events once and in order, each in one transaction of the merchant's database. It is safe for
// concurrent use, by any number of processes on the same database.
type Inbox struct {
	db      *sql.DB
	dialect Dialect
	apply   Func
	turns   chan struct{} // one for each connection that the pool may open; nil for any number

	observer ecomtrade24.Observer // nil for none
}

// Func is the merchant's part of the transaction: what it does through tx is committed with the event or not at all.
// It must use tx, never the pool, and must not commit or roll back tx. An error or a panic rolls everything back and
// the gateway delivers again, so a Func can run more than once before one run counts. Two Funcs for the same order
// never run at the same time. A message that completes several payments leads to several calls.
type Func func(ctx context.Context, tx *sql.Tx, c Change) error

// Change is what a message means for an order. The package documentation says what to do with each Kind.
type Change struct {
	Kind Kind
	// Payment is what the message says. If the message completes a payment, SessionID, TxID, Amount and Currency are
	// those of that payment, partly from earlier messages. Its Settles decides whether that pays what is due.
	Payment ecomtrade24.Payment
	Raw     json.RawMessage // the message: Raw of the Event, or of the answer to Status
}

// Kind tells why a Func is called. The package documentation has a table of which message leads to which call.
type Kind string

// The kinds of change. A payment is complete once its session, amount and currency are known.
const (
	// Advanced is the first complete payment of the order. Before any payment of the order is known, it is also each move
	// of a session to a higher rank, such as from pending to expired; see PaymentStatus.Rank.
	Advanced Kind = "advanced"
	// Conflict is a further complete payment of the order, which differs from those before in session, transaction,
	// amount or currency. There is one call for each. Most need a refund, but if the earlier payments did not settle the
	// order, this one may.
	Conflict Kind = "conflict"
	// Incomplete is a payment of which session, amount or currency is not known yet. There is nothing to settle and
	// nothing to refund, but a person may want to know. It comes again, as Advanced or Conflict, once it is complete.
	Incomplete Kind = "incomplete"
	// Unknown is a message with a status that the SDK does not know, or without an order id. It changes no order.
	Unknown Kind = "unknown"
	// Test is a webhook sent to test the endpoint. It changes no order, whatever else it says.
	Test Kind = "test"
)

// New returns an Inbox on db. Open db as the package documentation says for its dialect, and set the size of its pool
// first. New sends nothing to the database: Migrate makes the tables. It panics if db or apply is nil or d is the zero
// Dialect.
func New(db *sql.DB, d Dialect, apply Func, opts ...Option) *Inbox {
	if db == nil || apply == nil || len(d.tables) == 0 {
		panic("inbox: New needs a database, a Dialect and a Func")
	}
	b := &Inbox{db: db, dialect: d, apply: apply}
	if n := db.Stats().MaxOpenConnections; n > 0 {
		b.turns = make(chan struct{}, n)
	}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// Option changes a default of an Inbox.
type Option func(*Inbox)

// WithObserver calls o for every event that Handle or Reconcile applies, as an operation named "inbox". The default is
// no observer, and so is nil.
func WithObserver(o ecomtrade24.Observer) Option {
	return func(b *Inbox) { b.observer = o }
}
