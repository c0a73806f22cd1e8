package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

// Store runs the statements through one kind of driver. Tx is the driver's transaction. The errors of Look, Keep and
// KeepAndCommit say which step failed.
type Store[Tx any] interface {
	Begin(ctx context.Context) (Tx, error)
	End(ctx context.Context, tx Tx) // rolls back tx unless it was committed

	// Look locks the message's order, marks it, and returns the lock and the rows for Decide. For a new order it may
	// omit rows that Expect wrote, unless the message ends a session. Until the transaction ends, other messages about
	// the order wait for the lock, so the rows cannot change.
	Look(ctx context.Context, tx Tx, m Message) (Lock, []Row, error)
	// Keep writes one or more rows. If the mark is gone, it writes nothing and returns ErrUndone.
	Keep(ctx context.Context, tx Tx, m Message, l Lock, rows []Row) error
	// KeepAndCommit is Keep followed by a commit.
	KeepAndCommit(ctx context.Context, tx Tx, m Message, l Lock, rows []Row) error
	// Now returns the database's time in Unix milliseconds. Schedules and leases use no other clock.
	Now(ctx context.Context, tx Tx) (int64, error)
	// Expect schedules a session's first check at the time next, or at the time ended if the session has already ended. It
	// does nothing if the session has a schedule or is paid.
	Expect(ctx context.Context, tx Tx, order, session string, since, next, ended int64) error

	// Scheduled returns the first few sessions whose check is due.
	Scheduled(ctx context.Context) ([]Check, error)
	// Lease leases c to this process until the given time. It returns false if another process holds the lease, or if the
	// check has changed.
	Lease(ctx context.Context, c Check, until int64) (bool, error)
	// Return ends the lease of c and gives the session the schedule of next, unless a message has changed the schedule in
	// the meantime.
	Return(ctx context.Context, c, next Check) error

	// LostRace reports whether the database rolled back a transaction only because of a concurrent one. If so, the
	// transaction can run again.
	LostRace(err error) bool
}

// Lock is a locked order.
type Lock struct {
	Paid bool // an earlier message marked the order paid
	Mark any  // present only in the transaction that locked the order
}

// ErrUndone means that a failed statement of the Func undid the transaction, but the Func continued. MySQL rolls back a
// transaction after a deadlock, and PostgreSQL aborts it after any error. A commit would then succeed and store
// nothing.
//
// In a MariaDB or MySQL cluster whose nodes all accept writes, another node's commit can undo the transaction too.
var ErrUndone = errors.New("the transaction was undone during the Func, so what it did after that may be stored: " +
	"a Func must return the errors of its statements and must not end tx, and in a cluster one node must take all writes")

// Engine is an inbox on a Store.
type Engine[Tx any] struct {
	Options

	Err    error // the error in the inbox's settings; every method returns it
	Store  Store[Tx]
	Joined Store[Tx] // the Store for transactions that a caller started
	// Apply runs the merchant's Func.
	Apply   func(ctx context.Context, tx Tx, ev *ecomtrade24.Event, m Message, d Decision) error
	Turns   chan struct{} // one slot for each connection that the pool may open; nil if there is no limit
	Workers int           // the number of concurrent lookups by Reconcile; 0 means 4

	pace pace
}

// maxAttempts limits how often a transaction runs if it keeps losing races.
const maxAttempts = 4

// Handle applies one event in its own transaction, and retries if it lost a race.
func (e *Engine[Tx]) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return e.observed(ctx, ev, e.handle)
}

// HandleTx applies one event in the caller's transaction, and returns the changes to note after the commit.
func (e *Engine[Tx]) HandleTx(ctx context.Context, tx Tx, ev *ecomtrade24.Event) ([]string, error) {
	ctx, _ = callback.BeginWords(ctx) // the caller notes the Func's words after the commit
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

// ErrBusy means that no connection of the pool became free in time.
var ErrBusy = errors.New("wait for a connection: all that the pool may open are in use; " +
	"code that already holds a transaction must call HandleTx instead of Handle, which takes another connection")

// takeTurn queues for one of the pool's connections. Without this queue, database/sql picks the next waiting goroutine
// at random, so under load some would wait very long.
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
	if e.Observer != nil { // collects the Func's words even outside of a delivery
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

// done is the result of a transaction.
type done struct {
	kind   string          // the Kind passed to the Func; "" if it was not invoked
	stored bool            // true if there was something to store
	words  *callback.Words // the words that the Func noted
}

// changes returns the words for a delivery's log line.
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

// change runs the merchant's statements and stores the event.
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
			return done{}, fmt.Errorf("ecomtrade24 inbox: read the time: %w", err)
		}
		at.Ended = e.firstCheck(at.Now, true)
	}
	d := Decide(m, lock.Paid, rows, at)
	if d.Kind == "" && len(d.Put) == 0 {
		return done{}, nil
	}
	held, words := callback.HoldWords(ctx) // the Func's words count only after the commit
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

// call runs the Func and turns a panic into an error. During Reconcile no HTTP server would recover the panic.
func (e *Engine[Tx]) call(ctx context.Context, tx Tx, ev *ecomtrade24.Event, m Message, d Decision) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ecomtrade24 inbox: apply: %w", callback.PanicError(p))
		}
	}()
	if err := e.Apply(ctx, tx, ev, m, d); err != nil {
		// errors.Join hides a webhook.Discard in err; otherwise the Handler would respond with 200 although the transaction
		// was rolled back.
		return fmt.Errorf("ecomtrade24 inbox: apply: %w", errors.Join(err))
	}
	return nil
}
