package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// problem is why a payment waits for a person.
type problem string

const (
	mismatch      problem = "mismatch" // another amount or currency than is due
	unknownOrder  problem = "unknown_order"
	secondPayment problem = "second_payment"
	incomplete    problem = "incomplete" // the shop asks the gateway for the rest
	notUnderstood problem = "unknown"
)

// urgency is 1 where a buyer has paid and gets nothing yet, then comes money to give back, then what may be no money.
func (p problem) urgency() int {
	switch p {
	case "":
		return 0
	case mismatch:
		return 1
	case unknownOrder, secondPayment:
		return 2
	case incomplete:
		return 3
	case notUnderstood:
	}
	return 4
}

// decision is what somebody did about a payment.
type decision struct {
	ID, PaymentID   string
	Who, What, Note string // What: refunded, accepted or closed; undone, and by the shop returned or completed
	At              int64

	Payment  payment // for a page
	Undoable bool    // it stands, and has not taken effect
}

const theShop = "the shop" // decides too

func newDecision(paymentID, who, what, note string) decision {
	return decision{ID: rand.Text(), PaymentID: paymentID, Who: who, What: what, Note: note, At: time.Now().Unix()}
}

var (
	errDecided    = errors.New("it is decided already, or the order is paid")
	errUnsuitable = errors.New("the decision does not suit the message")
)

// recordDecision notes what a person decided. It takes effect after undoFor, and can be undone until then. The first
// decision stands.
func (s *shop) recordDecision(ctx context.Context, d decision) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var p payment
		err := tx.QueryRowContext(ctx, `UPDATE shop_payments SET decision_id = $1
WHERE id = $2 AND problem <> '' AND decision_id = ''
RETURNING problem, kind, status, COALESCE((SELECT state FROM shop_orders WHERE id = order_id), '')`,
			d.ID, d.PaymentID).Scan(&p.Problem, &p.Kind, &p.Status, &p.OrderState)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && d.What == "accepted" && p.OrderState == paid:
			return errDecided
		case err != nil:
			return err
		case !p.suits(d.What, d.Note):
			return errUnsuitable
		}
		if err := insertDecision(ctx, tx, d); err != nil {
			return err
		}
		_, err = s.queue.InsertTx(ctx, tx, decisionJob{ID: d.ID, PaymentID: d.PaymentID},
			&river.InsertOpts{ScheduledAt: time.Now().Add(s.undoFor)})
		return err
	})
}

func insertDecision(ctx context.Context, tx *sql.Tx, d decision) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_decisions (id, at, payment_id, who, what, note)
VALUES ($1, $2, $3, $4, $5, $6)`, d.ID, d.At, d.PaymentID, d.Who, d.What, d.Note)
	return err
}

// undo takes back a decision that has not taken effect. It returns errDecided for one that has, or that was undone.
func (s *shop) undo(ctx context.Context, id, who string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var paymentID string
		err := tx.QueryRowContext(ctx, `UPDATE shop_payments SET decision_id = ''
WHERE id = (SELECT payment_id FROM shop_decisions WHERE id = $1) AND decision_id = $1 AND final = 0
RETURNING id`, id).Scan(&paymentID)
		if errors.Is(err, sql.ErrNoRows) {
			return errDecided
		}
		if err != nil {
			return err
		}
		return insertDecision(ctx, tx, newDecision(paymentID, who, "undone", ""))
	})
}

// changeOne returns errDecided where there is no such row any more.
func changeOne(ctx context.Context, tx *sql.Tx, statement string, args ...any) error {
	result, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errDecided, err)
	}
	return nil
}

// decisionJob has a decision take effect.
type decisionJob struct {
	ID        string `json:"id"`
	PaymentID string `json:"payment_id"`
}

// Kind is the queue's name for it.
func (decisionJob) Kind() string { return "decision" }

type decisionWorker struct {
	river.WorkerDefaults[decisionJob]

	*shop
}

// Work does nothing for a decision that was undone. An order whose payment was accepted becomes paid, with all that
// follows from it; where another payment was faster, this one is a second payment and waits again.
func (w *decisionWorker) Work(ctx context.Context, job *river.Job[decisionJob]) error {
	id, paymentID := job.Args.ID, job.Args.PaymentID
	err := w.inTx(ctx, func(tx *sql.Tx) error {
		err := changeOne(ctx, tx, `UPDATE shop_payments SET final = 1
WHERE id = $1 AND decision_id = $2 AND final = 0`, paymentID, id)
		if err != nil {
			return err
		}
		var what, orderID string
		err = tx.QueryRowContext(ctx, `SELECT d.what, p.order_id
FROM shop_decisions d JOIN shop_payments p ON p.id = d.payment_id WHERE d.id = $1`, id).Scan(&what, &orderID)
		if err != nil || what != "accepted" {
			return err
		}
		fresh, err := w.markPaid(ctx, tx, orderID)
		if err != nil || fresh {
			return err
		}
		return waitAgain(ctx, tx, paymentID)
	})
	if errors.Is(err, errDecided) {
		return nil
	}
	return err
}

func waitAgain(ctx context.Context, tx *sql.Tx, paymentID string) error {
	_, err := tx.ExecContext(ctx, `UPDATE shop_payments SET problem = $1, urgency = $2, decision_id = '', final = 0
WHERE id = $3`, string(secondPayment), secondPayment.urgency(), paymentID)
	if err != nil {
		return err
	}
	return insertDecision(ctx, tx, newDecision(paymentID, theShop, "returned",
		"another payment has paid for the order in the meantime"))
}

// closeIncomplete ends the wait for a payment's facts, whatever a person has just decided about it: here they are.
func closeIncomplete(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	for _, key := range c.Completes {
		d := newDecision("", theShop, "completed", "")
		err := tx.QueryRowContext(ctx, `UPDATE shop_payments SET decision_id = $1, final = 1
WHERE order_id = $2 AND event_key = $3 AND problem <> '' AND final = 0 RETURNING id`,
			d.ID, c.Payment.OrderID, key).Scan(&d.PaymentID)
		if errors.Is(err, sql.ErrNoRows) { // a person has closed it
			continue
		}
		if err != nil {
			return err
		}
		if err := insertDecision(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}
