package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
	"github.com/ecomtrade24/ecomtrade24-go/internal/noted"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

// maxAttempts is how often a transaction runs if it keeps losing races with others.
const maxAttempts = 4

// Handle applies one event: give it to webhook.NewHandler. It returns nil only if the event is committed, now or
// earlier; a duplicate waits until the first copy's transaction has ended. Any error, from the database or from the
// Func, means that the event is not stored and that the gateway must deliver again.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return b.observed(ctx, ev, b.handle)
}

// HandleTx applies one event in a transaction of the caller's, who must commit it if HandleTx returned nil, and roll it
// back if not. The event is stored, and the gateway may read 200, only after that commit. Handle is the same with a
// transaction of its own, which it runs again if it lost a race; here that is the caller's to do.
func (b *Inbox) HandleTx(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) error {
	if tx == nil {
		return errors.New("ecomtrade24 inbox: the transaction is nil")
	}
	return b.observed(ctx, ev, func(ctx context.Context, ev *ecomtrade24.Event) ecomtrade24.Result {
		r := ecomtrade24.Result{SessionID: ev.SessionID, Attempts: 1}
		done, err := b.change(ctx, tx, ev)
		if err != nil {
			r.Outcome, r.Err = "failed", err
			return r
		}
		b.tell(ctx, done, &r)
		return r
	})
}

// observed tells the observer of what f does with the event.
func (b *Inbox) observed(
	ctx context.Context, ev *ecomtrade24.Event, f func(context.Context, *ecomtrade24.Event) ecomtrade24.Result,
) error {
	if ev == nil {
		return errors.New("ecomtrade24 inbox: the event is nil")
	}
	if b.observer == nil {
		return f(ctx, ev).Err
	}
	ctx, end := b.observer(ctx, ecomtrade24.Operation{Name: "inbox", Start: time.Now(), Event: ev})
	result := f(ctx, ev)
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

// transact applies the event in a transaction of its own. It writes the outcome into r.
func (b *Inbox) transact(ctx context.Context, ev *ecomtrade24.Event, r *ecomtrade24.Result) error {
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{Isolation: b.dialect.isolation})
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	done, err := b.change(ctx, tx, ev)
	if err != nil {
		return err
	}
	if done.stored {
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("ecomtrade24 inbox: commit: %w", ended(ctx, err))
		}
	}
	b.tell(ctx, done, r)
	return nil
}

// done is what a transaction did.
type done struct {
	kind   string       // of the call of the Func, "" for none
	stored bool         // there is something to commit
	words  *noted.Words // that the Func noted
}

// tell says what was done: to r, and to the delivery that ctx belongs to.
func (b *Inbox) tell(ctx context.Context, d done, r *ecomtrade24.Result) {
	switch {
	case d.kind != "":
		r.Outcome = "changed"
		if b.observer != nil {
			r.Changes = []string{d.kind}
		}
	case d.stored:
		r.Outcome = "unchanged"
	default:
		r.Outcome = "duplicate"
	}
	noted.Add(ctx, d.kind)
	noted.Add(ctx, d.words.List()...)
}

// ended returns the error of ctx if that is what ended the transaction, and err otherwise.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// change keeps what the event says and runs the merchant's statements.
//
// The lock keeps other messages about this order waiting until the transaction has ended, so what is read after it
// cannot change. It also marks the order with the event. If a statement of the Func undid the transaction and the Func
// went on regardless, the mark is gone, and change fails: MySQL rolls back after a deadlock, PostgreSQL aborts after
// any error, and a commit would succeed and store nothing.
func (b *Inbox) change(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) (done, error) {
	m := ledger.Read(ev)
	if err := exec(ctx, tx, "lock order", b.sql.Lock, b.account, m.Order, m.Key); err != nil {
		return done{}, err
	}
	paid, rows, err := b.read(ctx, tx, m)
	if err != nil {
		return done{}, err
	}
	now := time.Now().Unix()
	d := ledger.Decide(m, paid, rows, now)
	if d.Kind == "" && len(d.Put) == 0 {
		return done{}, nil
	}
	held, words := noted.Hold(ctx) // what is noted counts only if it is committed
	if d.Kind != "" {
		c := Change{Kind: Kind(d.Kind), Payment: ev.Payment, Key: m.Key, Completes: d.Completes, Raw: ev.Raw}
		if err := b.call(held, tx, c); err != nil {
			return done{}, err
		}
	}
	if err := b.end(ctx, tx, m, paid || d.Pays); err != nil {
		return done{}, err
	}
	return done{d.Kind, true, words}, b.keep(ctx, tx, m, d, now)
}

// read returns whether the order is paid, and the rows that the message must be seen beside.
func (b *Inbox) read(ctx context.Context, tx *sql.Tx, m ledger.Message) (paid bool, all []ledger.Row, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("ecomtrade24 inbox: read facts: %w", err)
		}
	}()
	var rows *sql.Rows
	if m.Session == "" {
		rows, err = tx.QueryContext(ctx, b.sql.ReadOrder, b.account, m.Order)
	} else {
		rows, err = tx.QueryContext(ctx, b.sql.Read, m.Session, b.account, m.Order)
	}
	if err != nil {
		return false, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var isPaid int
		var session, fact, txID, amount, currency, event sql.NullString
		var rank, due sql.NullInt64 // all null where there is no row
		if err := rows.Scan(&isPaid, &session, &fact, &rank, &txID, &amount, &currency, &event, &due); err != nil {
			return false, nil, err
		}
		if paid = isPaid > 0; session.Valid {
			all = append(all, ledger.Row{
				Session: session.String, Fact: fact.String, Rank: int(rank.Int64), TxID: txID.String,
				Amount: amount.String, Currency: currency.String, Event: event.String, Due: due.Int64,
			})
		}
	}
	return paid, all, rows.Err()
}

// end takes the mark off the order. It fails if the mark is gone.
func (b *Inbox) end(ctx context.Context, tx *sql.Tx, m ledger.Message, paid bool) error {
	n := 0
	if paid {
		n = 1
	}
	result, err := tx.ExecContext(ctx, b.sql.End, n, b.account, m.Order, m.Key)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: check: %w", ended(ctx, err))
	}
	switch found, err := result.RowsAffected(); {
	case err != nil:
		return fmt.Errorf("ecomtrade24 inbox: check: %w", err)
	case found != 1:
		return errors.New("ecomtrade24 inbox: check: the transaction was undone during the Func; " +
			"a Func must return the errors of its statements and must not end tx; what it did after that may be stored")
	}
	return nil
}

// keep writes the rows of a decision.
func (b *Inbox) keep(ctx context.Context, tx *sql.Tx, m ledger.Message, d ledger.Decision, now int64) error {
	for _, r := range d.Put {
		if err := exec(ctx, tx, "record fact", b.sql.Put, b.account, m.Order, r.Session, r.Fact, r.Rank, r.TxID,
			r.Amount, r.Currency, r.Event, now, r.Due); err != nil {
			return err
		}
	}
	for _, r := range d.Drop {
		if err := exec(ctx, tx, "drop fact", b.sql.Drop, b.account, m.Order, r.Session, r.Fact); err != nil {
			return err
		}
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

// exec runs a statement.
func exec(ctx context.Context, tx *sql.Tx, op, query string, args ...any) error {
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: %s: %w", op, ended(ctx, err))
	}
	return nil
}
