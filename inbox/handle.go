package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/noted"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

// maxAttempts is how often a transaction runs if it keeps losing races with others.
const maxAttempts = 4

// Handle applies one event: give it to webhook.NewHandler. It returns nil only if the event is committed, now or
// earlier; a duplicate waits until the first copy's transaction has ended. Any error, from the database or from the
// Func, means that the event is not stored and that the gateway must deliver again.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	if ev == nil {
		return errors.New("ecomtrade24 inbox: the event is nil")
	}
	if b.observer == nil {
		return b.handle(ctx, ev).Err
	}
	ctx, end := b.observer(ctx, ecomtrade24.Operation{Name: "inbox", Start: time.Now(), Event: ev})
	result := b.handle(ctx, ev)
	end(result)
	return result.Err
}

// handle runs the transaction, again if it lost a race, and reports how that ended.
func (b *Inbox) handle(ctx context.Context, ev *ecomtrade24.Event) ecomtrade24.Result {
	r := ecomtrade24.Result{SessionID: ev.SessionID}
	start := time.Now()
	r.Err = b.takeTurn(ctx)
	r.Waited = time.Since(start)
	if r.Err != nil {
		r.Outcome, r.Err = "failed", fmt.Errorf("ecomtrade24 inbox: wait for a connection: %w", r.Err)
		return r
	}
	defer b.passTurn()
	for r.Attempts < maxAttempts {
		r.Attempts++
		r.Err = b.transact(ctx, ev, &r)
		if r.Err == nil || ctx.Err() != nil || !b.dialect.lostRace(r.Err) {
			break
		}
	}
	if r.Err != nil {
		r.Outcome = "failed"
	}
	return r
}

// takeTurn waits in line for one of the pool's connections. database/sql picks the next goroutine at random, so that
// under load some would wait for very long.
func (b *Inbox) takeTurn(ctx context.Context) error {
	if b.turns == nil {
		return nil
	}
	select {
	case b.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Inbox) passTurn() {
	if b.turns != nil {
		<-b.turns
	}
}

// transact records the event and its fact and runs the merchant's statements, all or nothing. It writes the outcome
// into r.
func (b *Inbox) transact(ctx context.Context, ev *ecomtrade24.Event, r *ecomtrade24.Result) error {
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{Isolation: b.dialect.isolation})
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	key := ev.Key()
	fresh, err := b.claim(ctx, tx, key)
	if err != nil || !fresh {
		r.Outcome = "duplicate"
		return err
	}
	changes, err := b.record(ctx, tx, ev)
	if err != nil {
		return err
	}
	held, words := noted.Hold(ctx) // what is noted counts only if it is committed
	for _, c := range changes {
		if err := b.call(held, tx, c); err != nil {
			return err
		}
	}
	if err := b.check(ctx, tx, key); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: commit: %w", ended(ctx, err))
	}
	b.tell(ctx, changes, words, r)
	return nil
}

// tell says what was committed: to r, and to the delivery that ctx belongs to.
func (b *Inbox) tell(ctx context.Context, changes []Change, words *noted.Words, r *ecomtrade24.Result) {
	r.Outcome = "unchanged"
	for _, c := range changes {
		r.Outcome = "changed"
		noted.Add(ctx, string(c.Kind))
		if b.observer != nil {
			r.Changes = append(r.Changes, string(c.Kind))
		}
	}
	noted.Add(ctx, words.List()...)
}

// ended returns the error of ctx if that is what ended the transaction, and err otherwise.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// claim records a key and tells whether this transaction is the one to handle it. The seed waits for any other
// transaction that holds the key. Drivers count the rows of the seed differently, so only the UPDATE decides.
func (b *Inbox) claim(ctx context.Context, tx *sql.Tx, key string) (bool, error) {
	if _, err := exec(ctx, tx, "record event", b.dialect.seedEvent, key, time.Now().Unix()); err != nil {
		return false, err
	}
	n, err := exec(ctx, tx, "claim event", b.dialect.claimEvent, key)
	return n == 1, err
}

// record adds the event's fact to its order and returns the calls of the Func that it leads to.
func (b *Inbox) record(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) ([]Change, error) {
	change := Change{Payment: ev.Payment, Raw: ev.Raw}
	f := newFact(&ev.Payment)
	switch {
	case ev.Test || ev.Status == ecomtrade24.StatusTest:
		change.Kind = Test
		return []Change{change}, nil
	case f.rank == 0 || ev.OrderID == "":
		change.Kind = Unknown
		return []Change{change}, nil
	case b.dialect.longestID > 0 && len(ev.OrderID) > b.dialect.longestID:
		return nil, fmt.Errorf("ecomtrade24 inbox: the order id has %d bytes, and the table holds at most %d",
			len(ev.OrderID), b.dialect.longestID)
	}
	// The lock keeps other messages about this order waiting until this transaction has ended, so the facts that are
	// read after it cannot change.
	if _, err := exec(ctx, tx, "lock order", b.dialect.lockOrder, ev.OrderID, f.rank); err != nil {
		return nil, err
	}
	facts, err := b.readFacts(ctx, tx, ev.OrderID)
	if err != nil || slices.ContainsFunc(facts, f.equal) {
		return nil, err
	}
	_, err = exec(ctx, tx, "record fact", b.dialect.addFact, ev.OrderID, f.key(), f.rank, f.session, f.txID,
		string(f.amount), f.currency)
	return changes(facts, f, change), err
}

// readFacts returns what is known about an order, always in the same sequence.
func (b *Inbox) readFacts(ctx context.Context, tx *sql.Tx, orderID string) ([]fact, error) {
	rows, err := tx.QueryContext(ctx, b.dialect.readFacts, orderID)
	if err != nil {
		return nil, fmt.Errorf("ecomtrade24 inbox: read facts: %w", err)
	}
	defer rows.Close()
	var facts []fact
	for rows.Next() {
		var f fact
		if err := rows.Scan(&f.rank, &f.session, &f.txID, (*string)(&f.amount), &f.currency); err != nil {
			return nil, fmt.Errorf("ecomtrade24 inbox: read facts: %w", err)
		}
		facts = append(facts, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ecomtrade24 inbox: read facts: %w", err)
	}
	return facts, nil
}

// check fails if the transaction that claimed the event has been undone and the Func went on regardless: MySQL rolls
// back after a deadlock, PostgreSQL aborts after any error. The commit would succeed and store nothing.
func (b *Inbox) check(ctx context.Context, tx *sql.Tx, key string) error {
	var claimed int
	err := tx.QueryRowContext(ctx, b.dialect.checkEvent, key).Scan(&claimed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errors.New("ecomtrade24 inbox: check: the transaction was undone during the Func; " +
			"a Func must return the errors of its statements and must not end tx; what it did after that may be stored")
	case err != nil:
		return fmt.Errorf("ecomtrade24 inbox: check: %w", ended(ctx, err))
	}
	return nil
}

// call runs the Func and turns a panic into an error, because Reconcile has no HTTP server around it to recover.
func (b *Inbox) call(ctx context.Context, tx *sql.Tx, c Change) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ecomtrade24 inbox: apply: %w", panicked.Error(p))
		}
	}()
	if err := b.apply(ctx, tx, c); err != nil {
		// Joined, so that a webhook.Discard in err does not answer 200 for a transaction that is rolled back.
		return fmt.Errorf("ecomtrade24 inbox: apply: %w", errors.Join(err))
	}
	return nil
}

// exec runs a statement and returns how many rows it affected.
func exec(ctx context.Context, tx *sql.Tx, op, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("ecomtrade24 inbox: %s: %w", op, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("ecomtrade24 inbox: %s: %w", op, err)
	}
	return n, nil
}
