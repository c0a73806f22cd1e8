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
// It must use tx, never the pool. An error, or a panic, rolls everything back and the gateway delivers again, so a
// Func can run more than once before one run counts. It must not commit or roll back tx. Two Funcs for the same order
// never run at the same time.
type Func func(ctx context.Context, tx *sql.Tx, c Change) error

// Change is what a message means for an order.
type Change struct {
	Kind Kind
	// Payment is what the message says. Where it completes a payment, session, txid, amount and currency are those
	// that are known, also from earlier messages. Settles decides whether it pays what is due.
	Payment ecomtrade24.Payment
	Raw     json.RawMessage // the message as received: a webhook, or the answer to Status
}

// Kind tells why a Func is called. The package documentation has a table of which message leads to which call.
type Kind string

// The kinds of change. A payment is complete once its session, amount and currency are known.
const (
	// Advanced: the first complete payment of the order; or, as long as no payment of the order is known, a session of it
	// moved to a higher rank. Once for each rank of a session.
	Advanced Kind = "advanced"
	// Conflict: a complete payment beside another one of the order: another session, another transaction, or another
	// amount or currency. Once for each such payment. Most want a refund; but where the first payment did not settle the
	// order, this one may.
	Conflict Kind = "conflict"
	// Incomplete: a payment without session, amount or currency. There is nothing to settle and nothing to refund yet, but
	// a person may want to know. Once for each such payment. It comes again when it is complete, as Advanced or Conflict.
	Incomplete Kind = "incomplete"
	// Unknown: a status that the SDK does not know, or a payment that names no order. It touches no order.
	Unknown Kind = "unknown"
	// Test: a webhook sent to test the endpoint. It touches no order, whatever else it says.
	Test Kind = "test"
)

// New returns an Inbox on db, which must be opened as the package documentation says for its dialect, with the size
// of the pool set. It sends nothing to the database; the tables are Migrate's. It panics if db or apply is nil or d
// is the zero Dialect.
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

// Option changes a default of New.
type Option func(*Inbox)

// WithObserver tells o of every event that Handle or Reconcile applies, as an operation of name "inbox". The default,
// also for nil, is none.
func WithObserver(o ecomtrade24.Observer) Option {
	return func(b *Inbox) { b.observer = o }
}
