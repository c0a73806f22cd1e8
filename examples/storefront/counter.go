package main

// The data on the /admin pages. Each query uses an index, so a million other rows cost nothing. Lists are short:
// further rows appear when earlier ones are decided, or in a search.

import (
	"context"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// payment is a message from the gateway, as stored by recordPayment.
type payment struct {
	ID, Kind, OrderID, SessionID, TxID string
	Status, Amount, Currency           string // as the gateway sent them; empty: not set
	At                                 int64
	Problem                            problem
	Decision, DecidedBy, Note          string // what the shopkeeper did about it; empty: nothing yet
	DecidedAt                          int64

	OrderState, Due, DueCurrency, Email string // from the payment's order; empty: no such order

	Others []payment // for a second payment, the order's other payments that were not refunded
}

// Waits reports whether the payment needs a decision.
func (p payment) Waits() bool { return p.Problem != "" && p.Decision == "" }

// IsPayment reports whether the message is a complete payment. A message with an unknown status is not a payment.
func (p payment) IsPayment() bool {
	return p.Status == string(ecomtrade24.StatusPaid) &&
		(p.Kind == string(inbox.Paid) || p.Kind == string(inbox.PaidAgain))
}

// suits reports whether the decision makes sense for the message. An incomplete payment can only be closed, with a note
// that says why: accepting it would mark an order paid although the money may not have arrived.
func (p payment) suits(what string) bool {
	switch what {
	case accepted:
		return p.IsPayment() && (p.OrderState == open || p.OrderState == expired)
	case refunded:
		return p.Problem != incomplete
	}
	return what == closed
}

const selectPayments = `SELECT p.id, p.at, p.kind, p.order_id, p.session_id, p.status, p.txid, p.amount, p.currency,
	p.problem, p.decision, p.decided_by, p.decided_at, p.note,
	COALESCE(o.state, ''), COALESCE(o.amount, ''), COALESCE(o.currency, ''), COALESCE(o.email, '')
FROM shop_payments p LEFT JOIN shop_orders o ON o.id = p.order_id WHERE `

// The last parts of SQL statements that list payments.
const (
	waitingPayments = `p.problem <> '' AND p.decision = '' ORDER BY p.urgency, p.at, p.id LIMIT 50`
	newestPayments  = `TRUE ORDER BY p.at DESC, p.id DESC LIMIT 50`
)

// payments returns the selected payments; rest is the last part of the SQL statement, always a constant.
func (s *shop) payments(ctx context.Context, rest string, args ...any) ([]payment, error) {
	return query(ctx, s.db, func(scan func(...any) error) (p payment, err error) {
		return p, scan(&p.ID, &p.At, &p.Kind, &p.OrderID, &p.SessionID, &p.Status, &p.TxID, &p.Amount, &p.Currency,
			&p.Problem, &p.Decision, &p.DecidedBy, &p.DecidedAt, &p.Note, &p.OrderState,
			&p.Due, &p.DueCurrency, &p.Email)
	}, selectPayments+rest, args...)
}

// waiting lists payments in manual review, the most urgent first. For a second payment, it also lists the order's other
// payments.
func (s *shop) waiting(ctx context.Context) ([]payment, error) {
	rows, err := s.payments(ctx, waitingPayments)
	for i, p := range rows {
		if err == nil && p.Problem == secondPayment {
			rows[i].Others, err = s.payments(ctx, `p.order_id = $1 AND p.id <> $2 AND p.kind IN ('paid', 'paid_again')
AND p.decision <> 'refunded'
ORDER BY p.at, p.id LIMIT 10`, p.OrderID, p.ID)
		}
	}
	return rows, err
}

const selectOrders = `SELECT o.id, o.state, o.amount, o.currency, o.email, o.created_at, o.paid_at
FROM shop_orders o WHERE `

func (s *shop) orders(ctx context.Context, rest string, args ...any) ([]order, error) {
	return query(ctx, s.db, func(scan func(...any) error) (o order, err error) {
		return o, scan(&o.ID, &o.State, &o.Amount, &o.Currency, &o.Email, &o.CreatedAt, &o.PaidAt)
	}, selectOrders+rest, args...)
}

// The last parts of SQL statements that list all orders, or the orders in one state.
const (
	newestOrders  = `TRUE ORDER BY o.created_at DESC, o.id DESC LIMIT 50`
	ordersInState = `o.state = $1 ORDER BY o.created_at DESC, o.id DESC LIMIT 50`
)

// A search matches an order's ID ($1), a transaction or session ($2) and, for orders, an e-mail address ($2).
const (
	foundOrders = `o.id IN (
	SELECT id FROM shop_orders WHERE id = $1
	UNION SELECT order_id FROM shop_sessions WHERE session_id = $2
	UNION SELECT order_id FROM (SELECT order_id FROM shop_payments
		WHERE txid = $2 ORDER BY at DESC, id DESC LIMIT 50) one
	UNION SELECT id FROM (SELECT id FROM shop_orders WHERE LOWER(email) = LOWER($2)
		ORDER BY created_at DESC, id DESC LIMIT 50) two
) ORDER BY o.created_at DESC, o.id DESC LIMIT 50`
	foundPayments = `p.id IN (
	SELECT id FROM (SELECT id FROM shop_payments WHERE order_id = $1 ORDER BY at DESC, id DESC LIMIT 50) one
	UNION SELECT id FROM (SELECT id FROM shop_payments WHERE session_id = $2 ORDER BY at DESC, id DESC LIMIT 50) two
	UNION SELECT id FROM (SELECT id FROM shop_payments WHERE txid = $2 ORDER BY at DESC, id DESC LIMIT 50) three
) ORDER BY p.at DESC, p.id DESC LIMIT 50`
)

// search returns the orders and payments that match text.
func (s *shop) search(ctx context.Context, text string) (orders []order, payments []payment, err error) {
	if text == "" || !storable(text) {
		return nil, nil, nil
	}
	if orders, err = s.orders(ctx, foundOrders, strings.ToUpper(text), text); err != nil {
		return nil, nil, err
	}
	payments, err = s.payments(ctx, foundPayments, strings.ToUpper(text), text)
	return orders, payments, err
}

// receipt is an unsent receipt.
type receipt struct {
	JobID   int64
	OrderID string
	GivenUp bool // if false, the queue tries again
}

// lateReceipts lists the newest receipts that could not be sent.
func (s *shop) lateReceipts(ctx context.Context) ([]receipt, error) {
	return query(ctx, s.db, func(scan func(...any) error) (r receipt, err error) {
		return r, scan(&r.JobID, &r.OrderID, &r.GivenUp)
	}, `SELECT id, args ->> 'order_id', state = 'discarded' FROM river_job
WHERE kind = 'mail' AND state IN ('retryable', 'discarded') ORDER BY id DESC LIMIT 50`)
}
