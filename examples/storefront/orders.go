package main

import (
	"cmp"
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

// The states of an order. An expired order becomes paid if its payment still arrives; a paid order stays paid.
const (
	open    = "open"
	paid    = "paid"
	expired = "expired"
)

// order is the shop's record of an order.
type order struct {
	ID, State, Currency, Email string
	Amount                     ecomtrade24.Amount
	CreatedAt, PaidAt          int64
	Lines                      []line
	Sessions                   []session // all sessions of the order, the newest first
	Payments                   []payment // all messages that say paid, the newest first
}

// storable reports whether text can be stored or compared with stored text. For other text, PostgreSQL returns an error
// that looks like a database failure.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// inTx runs the function do in a transaction, and commits the transaction unless do fails.
func (s *shop) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *shop) insertOrder(ctx context.Context, o order) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO shop_orders (id, state, amount, currency, email, created_at, paid_at)
VALUES ($1, $2, $3, $4, $5, $6, 0)`, o.ID, o.State, o.Amount, o.Currency, o.Email, o.CreatedAt)
		for _, l := range o.Lines {
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO shop_lines (order_id, product, title, price, quantity)
VALUES ($1, $2, $3, $4, $5)`, o.ID, l.Product, l.Title, l.Price, l.Quantity)
		}
		return err
	})
}

// deleteOrder deletes an order that nobody can pay. If the deletion fails, the order expires later.
func (s *shop) deleteOrder(ctx context.Context, id string) {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM shop_orders WHERE id = $1`, id); err != nil {
		s.log.Error("delete order", "order", id, "error", err)
	}
}

// asked is the period in which the shop looks up a session. The last known status of an older session may be out of
// date.
const asked = 3 * 24 * time.Hour

// findOrder returns sql.ErrNoRows for an order that does not exist.
func (s *shop) findOrder(ctx context.Context, id string) (order, error) {
	if !storable(id) {
		return order{}, fmt.Errorf("find order: %w", sql.ErrNoRows)
	}
	found, err := s.orders(ctx, `o.id = $1`, id)
	if err != nil || len(found) == 0 {
		return order{}, fmt.Errorf("find order: %w", cmp.Or(err, sql.ErrNoRows))
	}
	o := found[0]
	o.Sessions, err = query(ctx, s.db, func(scan func(...any) error) (one session, err error) {
		return one, scan(&one.ID, &one.Status, &one.Method, &one.CheckoutURL, &one.OpenUntil, &one.CreatedAt, &one.ChangedAt)
	}, `SELECT session_id, status, method, checkout_url, open_until, created_at, changed_at FROM shop_sessions
WHERE order_id = $1 ORDER BY created_at DESC, session_id DESC`, id)
	if err != nil {
		return o, err
	}
	if o.Payments, err = s.payments(ctx, `p.order_id = $1 AND p.kind IN ('paid', 'paid_again', 'incomplete')
ORDER BY p.at DESC, p.id DESC`, id); err != nil {
		return o, err
	}
	o.Lines, err = query(ctx, s.db, func(scan func(...any) error) (l line, err error) {
		return l, scan(&l.Product, &l.Title, &l.Price, &l.Quantity)
	}, `SELECT product, title, price, quantity FROM shop_lines WHERE order_id = $1 ORDER BY title`, id)
	return o, err
}

// query runs a query and returns all of its rows.
func query[T any](ctx context.Context, db *sql.DB, read func(scan func(...any) error) (T, error), text string,
	args ...any,
) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// findDue returns the order that Settles compares a payment with.
func findDue(ctx context.Context, tx *sql.Tx, id string) (ecomtrade24.Order, error) {
	due := ecomtrade24.Order{ID: id}
	err := tx.QueryRowContext(ctx, `SELECT amount, currency FROM shop_orders WHERE id = $1`, id).
		Scan(&due.Amount, &due.Currency)
	return due, err
}

// insertSession stores the session and calls Expect, so that Reconcile looks it up. If a webhook was faster, the row
// already exists and keeps its status.
func (s *shop) insertSession(ctx context.Context, session *ecomtrade24.Session, orderID, method string) error {
	until := session.ExpiresAt
	if until.IsZero() {
		until = time.Now().Add(10 * time.Minute) // the gateway set no expiry, so assume an early one
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO shop_sessions
	(session_id, order_id, status, method, checkout_url, open_until, created_at, changed_at)
VALUES ($1, $2, 'pending', $3, $4, $5, $6, $6) ON CONFLICT (session_id) DO UPDATE
SET method = excluded.method, checkout_url = excluded.checkout_url, open_until = excluded.open_until`,
			session.ID, orderID, method, session.CheckoutURL, until.Unix(), time.Now().Unix())
		if err != nil {
			return err
		}
		return s.box.Expect(ctx, tx, session.ID, orderID)
	})
}

// lookupPause is the minimum time between lookups by an order's page: anyone who has the URL can reload the page.
const lookupPause = 10 * time.Second

// takeLookup returns the newest unpaid session of an unpaid order, or sql.ErrNoRows if there is no such session or it
// was looked up within lookupPause. A declined session may have been paid since, in the same checkout.
func (s *shop) takeLookup(ctx context.Context, orderID string) (sessionID string, err error) {
	now := time.Now()
	err = s.db.QueryRowContext(ctx, `UPDATE shop_sessions SET looked_up_at = $1
WHERE session_id = (SELECT s.session_id FROM shop_sessions s JOIN shop_orders o ON o.id = s.order_id
	WHERE o.id = $2 AND o.state <> 'paid' AND s.status <> 'paid' ORDER BY s.created_at DESC, s.session_id DESC LIMIT 1)
AND looked_up_at <= $3 RETURNING session_id`,
		now.Unix(), orderID, now.Add(-lookupPause).Unix()).Scan(&sessionID)
	return sessionID, err
}

// setSessionStatus stores a session's status, unless the session is paid. It does not change the order's other
// sessions.
func setSessionStatus(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_sessions
	(session_id, order_id, status, method, checkout_url, open_until, created_at, changed_at)
SELECT $1, id, $2, '', '', 0, $3, $3 FROM shop_orders WHERE id = $4
ON CONFLICT (session_id) DO UPDATE SET status = excluded.status, changed_at = excluded.changed_at
WHERE shop_sessions.status <> 'paid'`,
		p.SessionID, string(p.Status), time.Now().Unix(), p.OrderID)
	return err
}

func recordPayment(ctx context.Context, tx *sql.Tx, c inbox.Change, why problem) error {
	p := &c.Payment
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_payments (id, at, kind, order_id, session_id, status, txid, amount,
	currency, event_key, problem, urgency)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, rand.Text(), time.Now().Unix(), string(c.Kind),
		p.OrderID, p.SessionID, string(p.Status), p.TxID, string(p.Amount), p.Currency, c.Key, string(why), why.urgency())
	return err
}
