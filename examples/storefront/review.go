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

// problem is the reason why a payment goes to manual review.
type problem string

const (
	tooLittle     problem = "too_little"
	tooMuch       problem = "too_much"
	otherCurrency problem = "other_currency"
	mismatch      problem = "mismatch" // anything else that Settles rejects
	unknownOrder  problem = "unknown_order"
	secondPayment problem = "second_payment"
	incomplete    problem = "incomplete" // the shop looks up the missing fields
	notUnderstood problem = "unknown"
)

// urgency returns 1 if a buyer has paid and gets nothing yet, 2 for money to refund, 3 or 4 if it is unclear whether
// money has arrived.
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

// problemOf returns why Settles rejects a complete payment.
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

// The decisions about a payment. The shop itself records completed as the decision, once the gateway has sent the
// missing fields.
const (
	refunded  = "refunded"
	accepted  = "accepted"
	closed    = "closed"
	completed = "completed"
)

var (
	errDecided    = errors.New("the payment is already decided, or the order is paid")
	errUnsuitable = errors.New("the decision does not fit the payment")
	errNote       = errors.New("the decision needs a note, of at most 500 letters")
)

// decision is the shopkeeper's decision about a payment.
type decision struct{ PaymentID, By, What, Note string }

// recordDecision records a decision. If it accepts the payment, the order is marked paid and the receipt is sent. If
// the payment is already decided, or another payment was faster, recordDecision returns errDecided.
func (s *shop) recordDecision(ctx context.Context, d decision) error {
	switch {
	case !storable(d.PaymentID), !storable(d.What):
		return errUnsuitable
	case utf8.RuneCountInString(d.Note) > 500, !storable(d.Note):
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
