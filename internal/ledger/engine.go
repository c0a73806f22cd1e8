package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/noted"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

// Store runs the statements through one kind of driver. Tx is its transaction. Its errors say which step failed.
type Store[Tx any] interface {
	Begin(ctx context.Context) (Tx, error)
	End(ctx context.Context, tx Tx) // rolls back what is not committed

	// Look locks the message's order, marks it, and returns the lock and the rows that Decide wants. Of an order that is
	// new to the database there are none: Expect's rows say nothing. The lock keeps other messages about the order
	// waiting until the transaction has ended, so what is read after it cannot change.
	Look(ctx context.Context, tx Tx, m Message) (Lock, []Row, error)
	// Keep writes rows, at least one. The error is ErrUndone, and nothing is written, if the mark is gone.
	Keep(ctx context.Context, tx Tx, m Message, l Lock, rows []Row, now int64) error
	// KeepAndCommit is Keep and the end of the transaction.
	KeepAndCommit(ctx context.Context, tx Tx, m Message, l Lock, rows []Row, now int64) error
	// Expect remembers a session.
	Expect(ctx context.Context, tx Tx, order, session string, since, due int64) error

	// ReadDue returns the first few sessions that are due, and SetDue changes when one is, if that is still what it was.
	ReadDue(ctx context.Context, now int64) ([]Question, error)
	SetDue(ctx context.Context, q Question, was, due int64) (bool, error)

	// LostRace tells whether the database undid a transaction only because of another one, so that it can run again.
	LostRace(err error) bool
}

// Lock is an order that is locked.
type Lock struct {
	Paid bool // by a message before this one
	Mark any  // what is found again only in the transaction that locked it
}

// ErrUndone means that a statement of the Func undid the transaction and the Func went on regardless: MySQL rolls back
// after a deadlock, PostgreSQL aborts after any error, and a commit would succeed and store nothing.
var ErrUndone = errors.New("the transaction was undone during the Func; " +
	"a Func must return the errors of its statements and must not end tx; what it did after that may be stored")

// Options are what the options of an inbox set.
type Options struct {
	Account, Schema string
	Spacing         func(age time.Duration) time.Duration
	Observer        ecomtrade24.Observer // nil for none
}

// NewOptions applies options to the defaults. It panics if the account's name is too long for its column.
func NewOptions[Option ~func(*Options)](opts []Option) Options {
	var options Options
	for _, opt := range opts {
		opt(&options)
	}
	if len(options.Account) > maxAccount {
		panic("inbox: WithAccount takes at most 100 bytes")
	}
	if options.Spacing == nil {
		options.Spacing = spacing
	}
	return options
}

const maxAccount = 100

// Engine is an inbox on a Store.
type Engine[Tx any] struct {
	Options

	Store Store[Tx]
	// Apply runs the merchant's Func.
	Apply  func(ctx context.Context, tx Tx, ev *ecomtrade24.Event, m Message, d Decision) error
	Turns  chan struct{} // one for each connection that the pool may open; nil for any number
	Askers int           // sessions that Reconcile asks about at once; 0 for 4

	pace pace
}

// maxAttempts is how often a transaction runs if it keeps losing races with others.
const maxAttempts = 4

// Handle applies one event in a transaction of its own, again if it lost a race.
func (e *Engine[Tx]) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return e.observed(ctx, ev, e.handle)
}

// HandleTx applies one event in a transaction of the caller's.
func (e *Engine[Tx]) HandleTx(ctx context.Context, tx Tx, ev *ecomtrade24.Event) error {
	return e.observed(ctx, ev, func(ctx context.Context, ev *ecomtrade24.Event) ecomtrade24.Result {
		r := ecomtrade24.Result{SessionID: ev.SessionID, Attempts: 1}
		done, err := e.change(ctx, tx, ev, e.Store.Keep)
		if err != nil {
			r.Outcome, r.Err = ecomtrade24.OutcomeFailed, err
			return r
		}
		e.tell(ctx, done, &r)
		return r
	})
}

// observed tells the observer of what f does with the event.
func (e *Engine[Tx]) observed(
	ctx context.Context, ev *ecomtrade24.Event, f func(context.Context, *ecomtrade24.Event) ecomtrade24.Result,
) error {
	if ev == nil {
		return errors.New("ecomtrade24 inbox: the event is nil")
	}
	if e.Observer == nil {
		return f(ctx, ev).Err
	}
	ctx, end := e.Observer(ctx, ecomtrade24.Operation{Name: "inbox", Start: time.Now(), Event: ev})
	result := f(ctx, ev)
	end(result)
	return result.Err
}

func (e *Engine[Tx]) handle(ctx context.Context, ev *ecomtrade24.Event) ecomtrade24.Result {
	r := ecomtrade24.Result{SessionID: ev.SessionID}
	start := time.Now()
	r.Err = e.takeTurn(ctx)
	r.Waited = time.Since(start)
	if r.Err != nil {
		r.Outcome, r.Err = ecomtrade24.OutcomeFailed, fmt.Errorf("ecomtrade24 inbox: wait for a connection: %w", r.Err)
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
		r.Outcome = ecomtrade24.OutcomeFailed
	}
	return r
}

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

// transact applies the event in a transaction of its own. It writes the outcome into r.
func (e *Engine[Tx]) transact(ctx context.Context, ev *ecomtrade24.Event, r *ecomtrade24.Result) error {
	tx, err := e.Store.Begin(ctx)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: begin: %w", err)
	}
	defer e.Store.End(ctx, tx)
	done, err := e.change(ctx, tx, ev, e.Store.KeepAndCommit)
	if err != nil {
		return err
	}
	e.tell(ctx, done, r)
	return nil
}

// done is what a transaction did.
type done struct {
	kind   string       // of the call of the Func, "" for none
	stored bool         // there was something to keep
	words  *noted.Words // that the Func noted
}

// change runs the merchant's statements, and keeps what the event says.
func (e *Engine[Tx]) change(
	ctx context.Context, tx Tx, ev *ecomtrade24.Event,
	keep func(context.Context, Tx, Message, Lock, []Row, int64) error,
) (done, error) {
	m := Read(ev)
	lock, rows, err := e.Store.Look(ctx, tx, m)
	if err != nil {
		return done{}, fmt.Errorf("ecomtrade24 inbox: %w", err)
	}
	now := time.Now().Unix()
	d := Decide(m, lock.Paid, rows, now)
	if d.Kind == "" && len(d.Put) == 0 {
		return done{}, nil
	}
	held, words := noted.Hold(ctx) // what is noted counts only if it is committed
	if d.Kind != "" {
		if err := e.call(held, tx, ev, m, d); err != nil {
			return done{}, err
		}
	}
	if err := keep(ctx, tx, m, lock, d.Put, now); err != nil {
		return done{}, fmt.Errorf("ecomtrade24 inbox: %w", err)
	}
	return done{d.Kind, true, words}, nil
}

// call runs the Func and turns a panic into an error, because Reconcile has no HTTP server around it to recover.
func (e *Engine[Tx]) call(ctx context.Context, tx Tx, ev *ecomtrade24.Event, m Message, d Decision) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ecomtrade24 inbox: apply: %w", panicked.Error(p))
		}
	}()
	if err := e.Apply(ctx, tx, ev, m, d); err != nil {
		// Joined, so that a webhook.Discard in err does not answer 200 for a transaction that is rolled back.
		return fmt.Errorf("ecomtrade24 inbox: apply: %w", errors.Join(err))
	}
	return nil
}

// tell says what was done: to r, and to the delivery that ctx belongs to.
func (e *Engine[Tx]) tell(ctx context.Context, d done, r *ecomtrade24.Result) {
	switch {
	case d.kind != "":
		r.Outcome = ecomtrade24.OutcomeChanged
		if e.Observer != nil {
			r.Changes = []string{d.kind}
		}
	case d.stored:
		r.Outcome = ecomtrade24.OutcomeUnchanged
	default:
		r.Outcome = ecomtrade24.OutcomeDuplicate
	}
	noted.Add(ctx, d.kind)
	noted.Add(ctx, d.words.List()...)
}
