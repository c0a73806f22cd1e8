package inbox

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Option changes a default of New, here and in package pgxinbox. The default is also what a nil Option and the zero
// value of each option mean. A value that makes no sense is an error of Migrate and of every other method.
type Option interface{ option() }

// option sets one field. Its method Set is for package ledger, which an Option must not show.
type option func(o *ledger.Options)

func (option) option() {}

func (set option) Set(o *ledger.Options) { set(o) }

// WithObserver calls o for every event that Handle, HandleTx, Ask or Reconcile applies. The default is no observer.
func WithObserver(o Observer) Option {
	return option(func(options *ledger.Options) { options.Observer = o.forLedger() })
}

// WithNamespace keeps the orders apart from those of other merchants or shops in the same database, which may use the
// same order ids. The name is yours to choose, has at most 100 bytes, and must never change. The default is "".
func WithNamespace(name string) Option {
	return option(func(options *ledger.Options) { options.Namespace = name })
}

// WithSchema keeps the tables in a schema of PostgreSQL, which must exist. The name goes into the SQL unchanged. Quote
// it if necessary, and never pass untrusted input. The default is the first schema of the search path.
func WithSchema(name string) Option {
	return option(func(options *ledger.Options) { options.Schema = name })
}

// WithSpacing changes when Reconcile looks up a session. spacing returns the time until the next lookup, or 0 for no
// more. Expect calls it with an age of 0 for the first lookup, and Reconcile after each one. age is how far the session
// has come on its schedule: the sum of the times until its lookups, however late those were. ended is true once the
// session has failed, expired, or been declined or cancelled. Such a session can still be paid, so a new schedule
// starts at age 0.
//
// By default Reconcile looks up an open session every 2 minutes for an hour and then hourly for 3 days, and an ended
// one 1, 6, 24 and 72 hours after it ended. In a test, return a nanosecond to have each call of Reconcile look up every
// session: times are kept in milliseconds, so that one is over at once. It adds nothing to the age, so a schedule that
// is to end needs a millisecond.
func WithSpacing(spacing func(age time.Duration, ended bool) time.Duration) Option {
	return option(func(options *ledger.Options) { options.Spacing = spacing })
}
