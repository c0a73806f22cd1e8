package main

// What the pages for the person in charge show, each read by an index: a million others cost nothing.

import (
	"context"
	"fmt"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

const (
	rowsOnPage  = 50   // each statement asks for 51, to see whether there is another page
	mostCounted = 1000 // what waits is counted so far
)

// list is one page of rows, the first of them first.
type list[T any] struct {
	Rows []T
	Next string // begins the next page; empty: this is the last one
}

// cut makes a page of one row too many.
func cut[T any](rows []T, id func(T) string) list[T] {
	if len(rows) <= rowsOnPage {
		return list[T]{Rows: rows}
	}
	return list[T]{rows[:rowsOnPage], id(rows[rowsOnPage-1])}
}

// payment is a message of the gateway, as recordPayment keeps it.
type payment struct {
	ID, Kind, OrderID, SessionID, TxID string
	Status, Amount, Currency           string // as told; empty: not given
	At                                 int64
	Problem                            problem
	DecisionID                         string
	Final                              bool

	OrderState, Due, DueCurrency, Email string // of the order that it names; empty: there is none

	Others  []payment  // the order's other payments that were not refunded, where it is a second one
	History []decision // who did what about it
}

// Waits tells whether a person has something to decide.
func (p payment) Waits() bool { return p.Problem != "" && p.DecisionID == "" }

// IsPayment tells whether all of a payment is known. An unknown status is none, even if it looks like one.
func (p payment) IsPayment() bool {
	return p.Status == string(ecomtrade24.StatusPaid) &&
		(p.Kind == string(inbox.Paid) || p.Kind == string(inbox.PaidAgain))
}

// suits tells whether the decision makes sense for the message. To accept what is no whole payment would mark an order
// paid by money that may still come. What waits for facts can only be closed, by somebody who says why.
func (p payment) suits(what, note string) bool {
	switch what {
	case "accepted":
		return p.IsPayment() && (p.OrderState == open || p.OrderState == expired)
	case "refunded":
		return p.Problem != incomplete
	case "closed":
		return p.Problem != incomplete || note != ""
	}
	return false
}

// Headline says what is wrong.
func (p payment) Headline() string {
	sum := strings.TrimSpace(p.Amount + " " + p.Currency)
	switch p.Problem {
	case mismatch:
		return fmt.Sprintf("Paid %s, and %s %s is due", sum, p.Due, p.DueCurrency)
	case unknownOrder:
		return "Paid " + sum + " for an order that does not exist"
	case secondPayment:
		return "Paid a second time: " + sum
	case incomplete:
		return "Paid, but the gateway has not said " + p.missing()
	case notUnderstood:
		if p.OrderID == "" {
			return "A message that names no order"
		}
		return "The gateway says " + p.Status + ", which this shop does not know"
	}
	return strings.TrimSpace(p.Status + " " + sum)
}

func (p payment) missing() string {
	var all []string
	for _, fact := range []struct{ name, told string }{
		{"in which session", p.SessionID}, {"how much", p.Amount}, {"in which currency", p.Currency},
	} {
		if fact.told == "" {
			all = append(all, fact.name)
		}
	}
	return strings.Join(all, " and ")
}

// Advice says what to do about it.
func (p payment) Advice() string {
	switch p.Problem {
	case mismatch:
		if p.OrderState == paid {
			return "Another payment has paid for the order. Refund this one at the gateway."
		}
		return "Refund it at the gateway, or accept it as if it were all."
	case unknownOrder:
		return "Look for the order in a backup, or in another shop of yours. If it is in none, refund it at the gateway."
	case secondPayment:
		return "Refund one of them at the gateway."
	case incomplete:
		return "The shop asks the gateway for the rest. If that has not come after some hours, ask the gateway's operator."
	case notUnderstood:
		return "Look at the session at the gateway. The message has changed no order, and the buyer can still pay."
	}
	return ""
}

// action is a decision to choose.
type action struct{ What, Label, Effect string }

// Actions are the decisions that suit.
func (p payment) Actions() []action {
	var all []action
	for _, a := range []action{
		{"refunded", "I refunded it", "The buyer reads that the payment is refunded, and can pay again."},
		{"accepted", "Accept it", "The order becomes paid, and the receipt is sent."},
		{"closed", "Nothing to do", "The order stays as it is, and the buyer can pay for it."},
	} {
		if !p.suits(a.What, "a note") {
			continue
		}
		if p.Problem == secondPayment && a.What == "refunded" {
			a.Label = "I refunded one of them"
		}
		if a.What != "accepted" && (p.OrderState != open || p.Problem == notUnderstood) {
			a.Effect = "The order stays as it is."
		}
		if a.What != "accepted" && p.OrderState == "" {
			a.Effect = "It no longer waits."
		}
		all = append(all, a)
	}
	return all
}

// Action returns the one of that name; without a label, it does not suit.
func (p payment) Action(what string) action {
	for _, a := range p.Actions() {
		if a.What == what {
			return a
		}
	}
	return action{}
}

// NeedsNote tells whether a decision needs one.
func (p payment) NeedsNote() bool { return p.Problem == incomplete }

const selectPayments = `SELECT p.id, p.at, p.kind, p.order_id, p.session_id, p.status, p.txid, p.amount, p.currency,
	p.problem, p.decision_id, p.final, COALESCE(o.state, ''), COALESCE(o.amount, ''), COALESCE(o.currency, ''),
	COALESCE(o.email, '')
FROM shop_payments p LEFT JOIN shop_orders o ON o.id = p.order_id WHERE `

// The pages' conditions. The one that begins with AND is for a page that is not the first.
const (
	waitingPayments = `p.problem <> '' AND p.decision_id = '' `
	afterPayment    = `AND (p.urgency, p.at, p.id) > (SELECT urgency, at, id FROM shop_payments WHERE id = $1) `
	inUrgency       = `ORDER BY p.urgency, p.at, p.id LIMIT 51`
	allPayments     = `TRUE `
	beforePayment   = `AND (p.at, p.id) < (SELECT at, id FROM shop_payments WHERE id = $1) `
	newestPayments  = `ORDER BY p.at DESC, p.id DESC LIMIT 51`
)

// payments lists those that the rest of the statement, a constant, chooses.
func (s *shop) payments(ctx context.Context, rest string, args ...any) ([]payment, error) {
	return query(ctx, s.db, func(scan func(...any) error) (p payment, err error) {
		return p, scan(&p.ID, &p.At, &p.Kind, &p.OrderID, &p.SessionID, &p.Status, &p.TxID, &p.Amount, &p.Currency,
			&p.Problem, &p.DecisionID, &p.Final, &p.OrderState, &p.Due, &p.DueCurrency, &p.Email)
	}, selectPayments+rest, args...)
}

// paymentsFrom lists one page of them: from the first one, or from the one after that of the id.
func (s *shop) paymentsFrom(ctx context.Context, which, beyond, sorted, id string) (list[payment], error) {
	var args []any
	if id != "" {
		which, args = which+beyond, []any{id}
	}
	rows, err := s.payments(ctx, which+sorted, args...)
	return cut(rows, func(p payment) string { return p.ID }), err
}

// waiting lists what waits for a person, the most urgent first, and beside a second payment the others of its order.
func (s *shop) waiting(ctx context.Context, after string) (list[payment], error) {
	page, err := s.paymentsFrom(ctx, waitingPayments, afterPayment, inUrgency, after)
	for i := range page.Rows {
		if err != nil {
			return page, err
		}
		err = s.addOthers(ctx, &page.Rows[i])
	}
	return page, err
}

func (s *shop) addOthers(ctx context.Context, p *payment) (err error) {
	if p.Problem == secondPayment {
		p.Others, err = s.payments(ctx, `p.order_id = $1 AND p.id <> $2 AND p.kind IN ('paid', 'paid_again')
AND NOT EXISTS (SELECT 1 FROM shop_decisions d WHERE d.id = p.decision_id AND d.what = 'refunded')
ORDER BY p.at, p.id LIMIT 10`, p.OrderID, p.ID)
	}
	return err
}

// countWaiting counts no further than mostCounted.
func (s *shop) countWaiting(ctx context.Context) (n int, err error) {
	row := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM shop_payments
WHERE problem <> '' AND decision_id = '' LIMIT $1) counted`, mostCounted)
	return n, row.Scan(&n)
}

const (
	selectDecisions = `SELECT d.id, d.payment_id, d.at, d.who, d.what, d.note, p.order_id, p.amount, p.currency, p.txid,
	p.decision_id = d.id AND p.final = 0
FROM shop_decisions d JOIN shop_payments p ON p.id = d.payment_id WHERE `
	undoable        = `p.decision_id = d.id AND p.final = 0 AND p.decision_id <> '' ORDER BY d.at DESC, d.id DESC LIMIT 51`
	beforeDecision  = `(d.at, d.id) < (SELECT at, id FROM shop_decisions WHERE id = $1) `
	newestDecisions = `ORDER BY d.at DESC, d.id DESC LIMIT 51`
)

func (s *shop) decisions(ctx context.Context, rest string, args ...any) ([]decision, error) {
	return query(ctx, s.db, func(scan func(...any) error) (d decision, err error) {
		return d, scan(&d.ID, &d.PaymentID, &d.At, &d.Who, &d.What, &d.Note, &d.Payment.OrderID, &d.Payment.Amount,
			&d.Payment.Currency, &d.Payment.TxID, &d.Undoable)
	}, selectDecisions+rest, args...)
}

func (s *shop) decisionsFrom(ctx context.Context, before string) (list[decision], error) {
	which, args := `TRUE `, []any(nil)
	if before != "" {
		which, args = beforeDecision, []any{before}
	}
	rows, err := s.decisions(ctx, which+newestDecisions, args...)
	return cut(rows, func(d decision) string { return d.ID }), err
}

const selectOrders = `SELECT o.id, o.state, o.amount, o.currency, o.email, o.created_at, o.paid_at
FROM shop_orders o WHERE `

func (s *shop) orders(ctx context.Context, rest string, args ...any) ([]order, error) {
	return query(ctx, s.db, func(scan func(...any) error) (o order, err error) {
		return o, scan(&o.ID, &o.State, &o.Amount, &o.Currency, &o.Email, &o.CreatedAt, &o.PaidAt)
	}, selectOrders+rest, args...)
}

// chooseOrders makes the statement's rest for the newest orders: all or those in a state, from the first one or from
// the one after that of the id.
func chooseOrders(state, before string) (rest string, args []any) {
	rest = "TRUE"
	if state != "" {
		args = append(args, state)
		rest += fmt.Sprintf(" AND o.state = $%d", len(args))
	}
	if before != "" {
		args = append(args, before)
		rest += fmt.Sprintf(" AND (o.created_at, o.id) < (SELECT created_at, id FROM shop_orders WHERE id = $%d)", len(args))
	}
	return rest + " ORDER BY o.created_at DESC, o.id DESC LIMIT 51", args
}

func (s *shop) ordersFrom(ctx context.Context, state, before string) (list[order], error) {
	rest, args := chooseOrders(state, before)
	rows, err := s.orders(ctx, rest, args...)
	return cut(rows, func(o order) string { return o.ID }), err
}

// What a search finds by an order's id ($1), or else by a transaction or session ($2), of an order also by an e-mail
// address.
const (
	foundOrders = `o.id IN (
	SELECT id FROM shop_orders WHERE id = $1
	UNION SELECT order_id FROM shop_sessions WHERE session_id = $2
	UNION SELECT order_id FROM (SELECT order_id FROM shop_payments
		WHERE txid = $2 ORDER BY at DESC, id DESC LIMIT 51) one
	UNION SELECT id FROM (SELECT id FROM shop_orders WHERE LOWER(email) = LOWER($2)
		ORDER BY created_at DESC, id DESC LIMIT 51) two
) ORDER BY o.created_at DESC, o.id DESC LIMIT 51`
	foundPayments = `p.id IN (
	SELECT id FROM (SELECT id FROM shop_payments WHERE order_id = $1 ORDER BY at DESC, id DESC LIMIT 51) one
	UNION SELECT id FROM (SELECT id FROM shop_payments WHERE session_id = $2 ORDER BY at DESC, id DESC LIMIT 51) two
	UNION SELECT id FROM (SELECT id FROM shop_payments WHERE txid = $2 ORDER BY at DESC, id DESC LIMIT 51) three
) ORDER BY p.at DESC, p.id DESC LIMIT 51`
)

// found is what the shop knows of a text.
type found struct {
	Orders   []order
	Payments []payment
}

func (s *shop) search(ctx context.Context, text string) (f found, err error) {
	if text == "" || !storable(text) {
		return f, nil
	}
	if f.Orders, err = s.orders(ctx, foundOrders, strings.ToUpper(text), text); err != nil {
		return f, err
	}
	f.Payments, err = s.payments(ctx, foundPayments, strings.ToUpper(text), text)
	return f, err
}

// session is a checkout of an order.
type session struct {
	ID, Status, Method string
	CreatedAt          int64
}

func (s *shop) sessions(ctx context.Context, orderID string) ([]session, error) {
	return query(ctx, s.db, func(scan func(...any) error) (one session, err error) {
		return one, scan(&one.ID, &one.Status, &one.Method, &one.CreatedAt)
	}, `SELECT session_id, status, method, created_at FROM shop_sessions WHERE order_id = $1
ORDER BY created_at DESC, session_id DESC LIMIT 100`, orderID)
}

// history adds who did what about each of the order's payments.
func (s *shop) history(ctx context.Context, payments []payment) error {
	for i := range payments {
		if payments[i].Problem == "" {
			continue
		}
		var err error
		payments[i].History, err = s.decisions(ctx, `d.payment_id = $1 ORDER BY d.at, d.id LIMIT 51`, payments[i].ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// receipt is one that has not left.
type receipt struct {
	OrderID string
	GivenUp bool // and otherwise it is tried again
}

// lateReceipts lists the newest receipts that could not be sent.
func (s *shop) lateReceipts(ctx context.Context) ([]receipt, error) {
	return query(ctx, s.db, func(scan func(...any) error) (r receipt, err error) {
		return r, scan(&r.OrderID, &r.GivenUp)
	}, `SELECT args ->> 'order_id', state = 'discarded' FROM river_job
WHERE kind = 'mail' AND state IN ('retryable', 'discarded') ORDER BY id DESC LIMIT 50`)
}
