package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

// maxAttempts is how often a transaction runs that lost a race with another one.
const maxAttempts = 4

// Handle applies one event: give it to webhook.NewHandler. It returns nil only when the event is committed or was
// before; a duplicate waits for the transaction of the first copy. Any error, also one that the Func returned, means
// that nothing was changed and that the gateway must deliver again.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	if ev == nil {
		return errors.New("ecomtrade24 inbox: the event is nil")
	}
	if err := b.takeTurn(ctx); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: wait for a connection: %w", err)
	}
	defer b.passTurn()
	var err error
	for range maxAttempts {
		err = b.transact(ctx, ev)
		if err == nil || ctx.Err() != nil || !b.dialect.lostRace(err) {
			break
		}
	}
	return err
}

// takeTurn waits in line for one of the pool's connections. database/sql gives them to those who wait at random, and
// where many wait, some of them would for very long.
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

// transact records the event, moves the order and runs the merchant's statements, all or nothing.
func (b *Inbox) transact(ctx context.Context, ev *ecomtrade24.Event) error {
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{Isolation: b.dialect.isolation})
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	fresh, err := b.claim(ctx, tx, ev.Key())
	if err != nil || !fresh {
		return err
	}
	kind, err := b.move(ctx, tx, ev)
	if err != nil {
		return err
	}
	if kind != "" {
		if err := b.call(ctx, tx, Change{Kind: kind, Payment: ev.Payment, Raw: ev.Raw}); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
			err = ctx.Err() // what ended the transaction before us
		}
		return fmt.Errorf("ecomtrade24 inbox: commit: %w", err)
	}
	return nil
}

// claim records a key and tells whether it is this transaction's. The seed waits for another transaction that holds the
// key; what it affects differs between drivers, so only the UPDATE decides.
func (b *Inbox) claim(ctx context.Context, tx *sql.Tx, key string) (bool, error) {
	if _, err := exec(ctx, tx, "record event", b.dialect.seedEvent, key, time.Now().Unix()); err != nil {
		return false, err
	}
	n, err := exec(ctx, tx, "claim event", b.dialect.claimEvent, key)
	return n == 1, err
}

// move takes the order to the event's rank, if that is higher, and says what there is to tell the merchant: "" is
// nothing.
func (b *Inbox) move(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) (Kind, error) {
	p, rank := &ev.Payment, ev.Status.Rank()
	switch {
	case p.Test || p.Status == ecomtrade24.StatusTest:
		return Test, nil
	case rank == 0 || p.OrderID == "":
		return Unknown, nil
	}
	if _, err := exec(ctx, tx, "record order", b.dialect.seedOrder, p.OrderID); err != nil {
		return "", err
	}
	n, err := exec(ctx, tx, "move order", b.dialect.moveOrder, string(p.Status), p.SessionID, p.TxID, string(p.Amount),
		p.Currency, time.Now().Unix(), rank, p.OrderID, rank)
	switch {
	case err != nil:
		return "", err
	case n == 1:
		return Advanced, nil
	case !p.Paid():
		return "", nil
	}
	return b.compare(ctx, tx, p)
}

// compare tells a second payment of a paid order from another word about the first. What one of the two messages does
// not give does not tell them apart: payment.session may lack the txid that payment.completed has.
func (b *Inbox) compare(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) (Kind, error) {
	// The lock keeps a second Func of this order out until this one has ended. The statement that takes it fills in a txid
	// that was not known before, so that of two at once one sees the other's.
	if _, err := exec(ctx, tx, "lock order", b.dialect.lockOrder, p.SessionID, p.TxID, p.OrderID); err != nil {
		return "", err
	}
	var session, txID, amount, currency string
	row := tx.QueryRowContext(ctx, b.dialect.readOrder, p.OrderID)
	if err := row.Scan(&session, &txID, &amount, &currency); err != nil {
		return "", fmt.Errorf("ecomtrade24 inbox: read order: %w", err)
	}
	if same(session, p.SessionID) && same(txID, p.TxID) && same(strings.ToUpper(currency), strings.ToUpper(p.Currency)) &&
		(amount == "" || p.Amount == "" || p.Amount.Equal(ecomtrade24.Amount(amount))) {
		return "", nil
	}
	second := ecomtrade24.Event{Type: "inbox.conflict", Payment: *p} // one key for both event types and for Reconcile
	fresh, err := b.claim(ctx, tx, second.Key())
	if err != nil || !fresh {
		return "", err
	}
	return Conflict, nil
}

func same(stored, told string) bool { return stored == "" || told == "" || stored == told }

// call turns a panic of the merchant's function into an error: Reconcile has no server around it that would recover.
func (b *Inbox) call(ctx context.Context, tx *sql.Tx, c Change) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ecomtrade24 inbox: apply: %w", panicked.Error(p))
		}
	}()
	if err := b.apply(ctx, tx, c); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: apply: %w", err)
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
