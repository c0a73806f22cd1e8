package main

import (
	"context"
	"database/sql"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// problem is why a payment goes to manual review.
type problem string

const (
	tooLittle     problem = "too_little"
	tooMuch       problem = "too_much"
	otherCurrency problem = "other_currency"
	mismatch      problem = "mismatch" // anything else that Settles rejects
	unknownOrder  problem = "unknown_order"
	secondPayment problem = "second_payment"
	incomplete    problem = "incomplete" // the shop asks the gateway for the rest
	notUnderstood problem = "unknown"
)

// urgency is 1 if a buyer has paid and gets nothing yet. Then comes money to refund, then what may be no money.
func (p problem) urgency() int {
	switch p {
	case "":
		return 0
	case tooLittle, tooMuch, otherCurrency, mismatch:
		return 1
	case unknownOrder, secondPayment:
		return 2
	case incomplete:
		return 3
	case notUnderstood:
	}
	return 4
}

// problemOf names the case in which Settles rejects a complete payment.
func problemOf(p ecomtrade24.Payment, due ecomtrade24.Order) problem {
	switch {
	case p.Currency != due.Currency:
		return otherCurrency
	case p.Amount.Cmp(due.Amount) < 0:
		return tooLittle
	case p.Amount.Cmp(due.Amount) > 0:
		return tooMuch
	}
	return mismatch
}

// What can be decided about a payment. The shop itself decides completed, once the gateway has sent what was missing.
const (
	refunded  = "refunded"
	accepted  = "accepted"
	closed    = "closed"
	completed = "completed"
)

var (
	errDecided    = errors.New("it is decided already, or the order is paid")
	errUnsuitable = errors.New("the decision does not suit the message")
	errNote       = errors.New("the decision needs a note, of at most 500 letters")
)

// decision is what the shopkeeper did about a payment.
type decision struct{ PaymentID, By, What, Note string }

// recordDecision records a decision and what follows from it: if the payment is accepted, the order is marked paid and
// the receipt is sent. The first decision stands, and so does another payment that was faster.
func (s *shop) recordDecision(ctx context.Context, d decision) error {
	if utf8.RuneCountInString(d.Note) > 500 || !storable(d.PaymentID+d.What+d.Note) {
		return errNote
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var p payment
		err := tx.QueryRowContext(ctx, `UPDATE shop_payments SET decision = $1, decided_by = $2, decided_at = $3, note = $4
WHERE id = $5 AND problem <> '' AND decision = ''
RETURNING problem, kind, status, order_id, COALESCE((SELECT state FROM shop_orders WHERE id = order_id), '')`,
			d.What, d.By, time.Now().Unix(), d.Note, d.PaymentID).
			Scan(&p.Problem, &p.Kind, &p.Status, &p.OrderID, &p.OrderState)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && d.What == accepted && p.OrderState == paid:
			return errDecided
		case err != nil:
			return err
		case !p.suits(d.What):
			return errUnsuitable
		case p.Problem == incomplete && d.Note == "":
			return errNote
		case d.What != accepted:
			return nil
		}
		fresh, err := s.markPaid(ctx, tx, p.OrderID)
		if err == nil && !fresh {
			return errDecided
		}
		return err
	})
}

// closeIncomplete closes an incomplete payment once its missing fields have arrived.
func closeIncomplete(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	for _, key := range c.Completes {
		_, err := tx.ExecContext(ctx, `UPDATE shop_payments SET decision = $1, decided_by = 'the shop', decided_at = $2,
	note = 'the gateway sent the missing fields'
WHERE order_id = $3 AND event_key = $4 AND problem <> '' AND decision = ''`,
			completed, time.Now().Unix(), c.Payment.OrderID, key)
		if err != nil {
			return err
		}
	}
	return nil
}
