package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// The states of an order. An expired order whose payment arrives all the same becomes paid; nothing leaves paid.
const (
	open    = "open"
	paid    = "paid"
	expired = "expired"
)

// order is what the shop's records say of one.
type order struct {
	ID, State, Currency, Email string
	Amount                     ecomtrade24.Amount
	CreatedAt, PaidAt          int64
	Lines                      []line
	Session                    ecomtrade24.PaymentStatus // of its newest session; empty: there is none
	InReview                   bool                      // a payment of it waits for a person; an unknown status is none
	UnderWay                   bool                      // a payment is under way, in whichever of its sessions
	Decision                   string                    // the last one about a payment that did not settle it

	Unavailable bool // not of the record: there was no checkout just now
}

// storable tells whether text can be stored, or compared with what is. PostgreSQL refuses other text with an error that
// looks like a fault of the database.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

func (s *shop) insertOrder(ctx context.Context, o order) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	_, err = tx.ExecContext(ctx, `INSERT INTO shop_orders (id, state, amount, currency, email, created_at, paid_at)
VALUES ($1, $2, $3, $4, $5, $6, 0)`, o.ID, o.State, o.Amount, o.Currency, o.Email, o.CreatedAt)
	if err != nil {
		return err
	}
	for _, l := range o.Lines {
		_, err := tx.ExecContext(ctx, `INSERT INTO shop_lines (order_id, product, title, price, quantity)
VALUES ($1, $2, $3, $4, $5)`, o.ID, l.Product, l.Title, l.Price, l.Quantity)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// deleteOrder is for an order that nobody can pay. One that stays behind expires.
func (s *shop) deleteOrder(ctx context.Context, id string) {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM shop_orders WHERE id = $1`, id); err != nil {
		s.log.Error("delete order", "order", id, "error", err)
	}
}

// What keeps the buyer from paying again, and the order from expiring.
const (
	inReview = `EXISTS (SELECT 1 FROM shop_payments p WHERE p.order_id = shop_orders.id
		AND problem <> '' AND decision = '' AND kind <> 'unknown')`
	underWay = `EXISTS (SELECT 1 FROM shop_sessions s WHERE s.order_id = shop_orders.id
		AND s.status IN ('processing', 'review'))`
)

// findOrder returns sql.ErrNoRows for an order that does not exist.
func (s *shop) findOrder(ctx context.Context, id string) (order, error) {
	o := order{ID: id}
	if !storable(id) {
		return o, fmt.Errorf("find order: %w", sql.ErrNoRows)
	}
	row := s.db.QueryRowContext(ctx, `SELECT state, amount, currency, email, created_at, paid_at,
	COALESCE((SELECT status FROM shop_sessions WHERE order_id = shop_orders.id
		ORDER BY created_at DESC, session_id DESC LIMIT 1), ''),
	COALESCE((SELECT decision FROM shop_payments p WHERE p.order_id = shop_orders.id
		AND problem <> '' AND decision IN ('refunded', 'closed') ORDER BY decided_at DESC LIMIT 1), ''),
	`+inReview+`, `+underWay+`
FROM shop_orders WHERE id = $1`, id)
	err := row.Scan(&o.State, &o.Amount, &o.Currency, &o.Email, &o.CreatedAt, &o.PaidAt, &o.Session, &o.Decision,
		&o.InReview, &o.UnderWay)
	if err != nil {
		return o, fmt.Errorf("find order: %w", err)
	}
	rows, err := s.db.QueryContext(ctx, `SELECT product, title, price, quantity FROM shop_lines
WHERE order_id = $1 ORDER BY title`, id)
	if err != nil {
		return o, fmt.Errorf("find order: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l line
		if err := rows.Scan(&l.Product, &l.Title, &l.Price, &l.Quantity); err != nil {
			return o, fmt.Errorf("find order: %w", err)
		}
		o.Lines = append(o.Lines, l)
	}
	return o, rows.Err()
}

// findDue is what Settles compares a payment with.
func findDue(ctx context.Context, tx *sql.Tx, id string) (ecomtrade24.Order, error) {
	due := ecomtrade24.Order{ID: id}
	err := tx.QueryRowContext(ctx, `SELECT amount, currency FROM shop_orders WHERE id = $1`, id).
		Scan(&due.Amount, &due.Currency)
	return due, err
}

// insertSession also asks the inbox to find out how the session ends. A webhook can have been faster, and then the row
// is there.
func (s *shop) insertSession(ctx context.Context, id, orderID string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	_, err = tx.ExecContext(ctx, `INSERT INTO shop_sessions (session_id, order_id, status, created_at)
VALUES ($1, $2, 'pending', $3) ON CONFLICT (session_id) DO NOTHING`, id, orderID, time.Now().Unix())
	if err != nil {
		return err
	}
	if err := s.box.Expect(ctx, tx, id, orderID); err != nil {
		return err
	}
	return tx.Commit()
}

// setSessionStatus never takes a session back from paid: the inbox hands on what moves an order forward, and of two
// sessions of an order that is the business of each.
func setSessionStatus(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_sessions (session_id, order_id, status, created_at)
SELECT $1, id, $2, $3 FROM shop_orders WHERE id = $4
ON CONFLICT (session_id) DO UPDATE SET status = excluded.status WHERE shop_sessions.status <> 'paid'`,
		p.SessionID, string(p.Status), time.Now().Unix(), p.OrderID)
	return err
}

func recordPayment(ctx context.Context, tx *sql.Tx, c inbox.Change, problem string) error {
	p := &c.Payment
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_payments (id, at, kind, order_id, session_id, status, txid, amount,
	currency, event_key, problem, decision, decided_by, decided_at, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', 0, '')`, rand.Text(), time.Now().Unix(), string(c.Kind),
		p.OrderID, p.SessionID, string(p.Status), p.TxID, string(p.Amount), p.Currency, c.Key, problem)
	return err
}

// closeIncomplete ends the wait for a payment's facts: here they are.
func closeIncomplete(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	for _, key := range c.Completes {
		_, err := tx.ExecContext(ctx, `UPDATE shop_payments
SET decision = 'complete', decided_by = 'the shop', decided_at = $1
WHERE order_id = $2 AND event_key = $3 AND decision = ''`, time.Now().Unix(), c.Payment.OrderID, key)
		if err != nil {
			return err
		}
	}
	return nil
}
