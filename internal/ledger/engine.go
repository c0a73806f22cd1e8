package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

// Store runs the statements through one kind of driver. Tx is its transaction. Its errors say which step failed.
type Store[Tx any] interface {
	Begin(ctx context.Context) (Tx, error)
	End(ctx context.Context, tx Tx) // rolls back what is not committed

	// Look locks the message's order, marks it, and returns the lock and the rows that Decide wants. If the order is new,
	// it may leave out what Expect wrote, unless the message ends a session. The lock keeps other messages about the
	// order waiting until the transaction has ended, so what is read after it cannot change.
	Look(ctx context.Context, tx Tx, m Message) (Lock, []Row, error)
	// Keep writes rows, at least one. The error is ErrUndone, and nothing is written, if the mark is gone.
	Keep(ctx context.Context, tx Tx, m Message, l Lock, rows []Row) error
	// KeepAndCommit is Keep and the end of the transaction.
	KeepAndCommit(ctx context.Context, tx Tx, m Message, l Lock, rows []Row) error
	// Now returns the database's time in Unix milliseconds. Schedules and leases go by no other clock.
	Now(ctx context.Context, tx Tx) (int64, error)
	// Expect schedules a session's first check, unless it has a schedule already or is paid. One that has ended already
	// is scheduled for ended instead of next.
	Expect(ctx context.Context, tx Tx, order, session string, since, next, ended int64) error

	// Scheduled returns the first few sessions to check now.
	Scheduled(ctx context.Context) ([]Check, error)
	// Lease makes c ours until that time. It reports false if the check is another's, or not what it was any more.
	Lease(ctx context.Context, c Check, until int64) (bool, error)
	// Return ends the lease of c, and moves its schedule to that of next unless a message has moved it meanwhile.
	Return(ctx context.Context, c, next Check) error

	// LostRace reports whether the database undid a transaction only because of another one, so that it can run again.
	LostRace(err error) bool
}

// Lock is an order that is locked.
type Lock struct {
	Paid bool // by a message before this one
	Mark any  // what is found again only in the transaction that locked it
}

// ErrUndone means that a statement of the Func undid the transaction and the Func went on regardless: MySQL rolls back
// after a deadlock, PostgreSQL aborts after any error, and a commit would succeed and store nothing.
//
// In a cluster of MariaDB or MySQL whose nodes all take writes, another node's commit can undo it too.
var ErrUndone = errors.New("the transaction was undone during the Func, so what it did after that may be stored: " +
	"a Func must return the errors of its statements and must not end tx, and in a cluster one node must take all writes")

// Engine is an inbox on a Store.
type Engine[Tx any] struct {
	Options

	Err    error // what was wrong with the inbox's settings: every method returns it
	Store  Store[Tx]
	Joined Store[Tx] // runs in the transactions of callers
	// Apply runs the merchant's Func.
	Apply   func(ctx context.Context, tx Tx, ev *ecomtrade24.Event, m Message, d Decision) error
	Turns   chan struct{} // one for each connection that the pool may open; nil for any number
	Workers int           // lookups that Reconcile makes at the same time; 0 for 4

	pace pace
}

// maxAttempts is how often a transaction runs if it keeps losing races with others.
const maxAttempts = 4

// Handle applies one event in its own transaction, again if it lost a race.
func (e *Engine[Tx]) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return e.observed(ctx, ev, e.handle)
}

// HandleTx applies one event in the caller's transaction, and returns what it changes once that is committed.
func (e *Engine[Tx]) HandleTx(ctx context.Context, tx Tx, ev *ecomtrade24.Event) ([]string, error) {
	ctx, _ = callback.BeginWords(ctx) // the words are the caller's to note, after the commit
	var d done
	err := e.observed(ctx, ev, func(ctx context.Context, ev *ecomtrade24.Event) Result {
		var err error
		d, err = e.change(ctx, tx, ev, e.Joined, e.Joined.Keep)
		switch {
		case err != nil:
			return Result{Outcome: OutcomeFailed, Attempts: 1, Err: err}
		case d.stored:
			return Result{Outcome: OutcomeUncommitted, Attempts: 1}
		default:
			return Result{Outcome: d.outcome(), Attempts: 1}
		}
	})
	return d.changes(), err
}

func (e *Engine[Tx]) handle(ctx context.Context, ev *ecomtrade24.Event) Result {
	start := time.Now()
	err := e.takeTurn(ctx)
	r := Result{Waited: time.Since(start)}
	if err != nil {
		r.Outcome, r.Err = OutcomeFailed, fmt.Errorf("ecomtrade24 inbox: %w: %w", ErrBusy, err)
		return r
	}
	defer e.passTurn()
	for r.Attempts < maxAttempts {
		r.Attempts++
		r.Err = e.transact(ctx, ev, &r)
		if r.Err == nil || ctx.Err() != nil || !e.Store.LostRace(r.Err) {
			break
		}
	}
	if r.Err != nil {
		r.Outcome = OutcomeFailed
	}
	return r
}

// ErrBusy says that no connection of the pool became free in time.
var ErrBusy = errors.New("wait for a connection: all that the pool may open are in use; " +
	"code that already holds a transaction must call HandleTx instead of Handle, which takes another connection")

// takeTurn waits in line for one of the pool's connections. database/sql picks the next goroutine at random, so that
// under load some would wait for very long.
func (e *Engine[Tx]) takeTurn(ctx context.Context) error {
	if e.Turns == nil {
		return nil
	}
	select {
	case e.Turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine[Tx]) passTurn() {
	if e.Turns != nil {
		<-e.Turns
	}
}

// transact applies the event in its own transaction. It writes the outcome into r.
func (e *Engine[Tx]) transact(ctx context.Context, ev *ecomtrade24.Event, r *Result) error {
	tx, err := e.Store.Begin(ctx)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: begin: %w", err)
	}
	defer e.Store.End(ctx, tx)
	telling := ctx
	if e.Observer != nil { // so that what the Func notes is collected outside of a delivery too
		telling, _ = callback.BeginWords(ctx)
	}
	d, err := e.change(telling, tx, ev, e.Store, e.Store.KeepAndCommit)
	if err != nil {
		return err
	}
	r.Outcome = d.outcome()
	if e.Observer != nil {
		r.Changes = d.changes()
	}
	callback.AddWords(ctx, d.changes()...)
	return nil
}

// done is what a transaction did.
type done struct {
	kind   string          // the Kind of the call of the Func; "" for no call
	stored bool            // there was something to store
	words  *callback.Words // what the Func noted
}

// changes are the words for a delivery's line in the log.
func (d done) changes() []string {
	if d.kind == "" {
		return nil
	}
	return append([]string{d.kind}, d.words.List()...)
}

func (d done) outcome() string {
	switch {
	case d.kind != "":
		return OutcomeChanged
	case d.stored:
		return OutcomeUnchanged
	default:
		return OutcomeDuplicate
	}
}

// change runs the merchant's statements, and stores what the event says.
func (e *Engine[Tx]) change(
	ctx context.Context, tx Tx, ev *ecomtrade24.Event, store Store[Tx],
	keep func(context.Context, Tx, Message, Lock, []Row) error,
) (done, error) {
	m := Read(ev)
	lock, rows, err := store.Look(ctx, tx, m)
	if err != nil {
		return done{}, fmt.Errorf("ecomtrade24 inbox: %w", err)
	}
	at := Schedule{Now: time.Now().UnixMilli()}
	if m.Schedules() {
		if at.Now, err = store.Now(ctx, tx); err != nil {
			return done{}, fmt.Errorf("ecomtrade24 inbox: %w", err)
		}
		at.Ended = e.firstCheck(at.Now, true)
	}
	d := Decide(m, lock.Paid, rows, at)
	if d.Kind == "" && len(d.Put) == 0 {
		return done{}, nil
	}
	held, words := callback.HoldWords(ctx) // what is noted counts only if it is committed
	if d.Kind != "" {
		if err := e.call(held, tx, ev, m, d); err != nil {
			return done{}, err
		}
	}
	if err := keep(ctx, tx, m, lock, d.Put); err != nil {
		return done{}, fmt.Errorf("ecomtrade24 inbox: %w", err)
	}
	return done{d.Kind, true, words}, nil
}

// call runs the Func and turns a panic into an error, because Reconcile has no HTTP server around it to recover.
func (e *Engine[Tx]) call(ctx context.Context, tx Tx, ev *ecomtrade24.Event, m Message, d Decision) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ecomtrade24 inbox: apply: %w", callback.PanicError(p))
		}
	}()
	if err := e.Apply(ctx, tx, ev, m, d); err != nil {
		// Joined, so that a webhook.Discard in err does not answer 200 for a transaction that is rolled back.
		return fmt.Errorf("ecomtrade24 inbox: apply: %w", errors.Join(err))
	}
	return nil
}
