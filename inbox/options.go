package inbox

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Option changes a default of New, here and in package pgxinbox. A nil Option and the zero value of each option's
// argument mean the default. With an invalid value, Migrate and every other method return an error.
type Option interface{ option() }

// option sets one field. Its Set method is for package ledger, so the interface Option does not include it.
type option func(o *ledger.Options)

func (option) option() {}

func (set option) Set(o *ledger.Options) { set(o) }

// WithObserver calls o for every event that Handle, HandleTx, Ask or Reconcile applies. The default is no observer. If
// you use the option several times, the last one counts; ecomtrade24otel.Inbox uses this option too.
func WithObserver(o Observer) Option {
	return option(func(options *ledger.Options) { options.Observer = o.forLedger() })
}

// WithNamespace keeps the orders apart from other merchants' or shops' orders in the same database, which may have the
// same IDs. Choose any name of at most 100 bytes and never change it. The default is "".
func WithNamespace(name string) Option {
	return option(func(options *ledger.Options) { options.Namespace = name })
}

// WithSchema keeps the tables in a PostgreSQL schema, which must exist. The name goes into the SQL unchanged: quote it
// if necessary, and never pass untrusted input. The default is the first schema of the search path. With another
// Dialect the option is an error.
func WithSchema(name string) Option {
	return option(func(options *ledger.Options) { options.Schema = name })
}

// WithSpacing changes when Reconcile looks up a session. The function spacing returns the time until the next lookup,
// or 0 to end the lookups. Expect calls spacing with an age of 0 for the first lookup, and Reconcile calls it after
// each lookup. The age is the session's position in its schedule: the sum of the scheduled times between its lookups,
// even if the lookups were late. The parameter ended is true once the session has failed, expired, or been declined or
// cancelled. Such a session can still be paid, so a new schedule starts at age 0. A negative time also ends the
// lookups, except at age 0, where it is an error. To check for this error, New invokes spacing.
//
// By default Reconcile looks up an open session every 2 minutes for an hour and then hourly for 3 days, and an ended
// session 1, 6, 24 and 72 hours after it ended.
//
// In a test, return a nanosecond to make each call of Reconcile look up every session. Times are stored in
// milliseconds, so a nanosecond adds nothing to the age. If the schedule in your test must end at some age, return at
// least a millisecond.
func WithSpacing(spacing func(age time.Duration, ended bool) time.Duration) Option {
	return option(func(options *ledger.Options) { options.Spacing = spacing })
}
