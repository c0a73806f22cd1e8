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
}

// storable tells whether text can be stored, or compared with what is. PostgreSQL refuses other text with an error that
// looks like a fault of the database.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// inTx runs do in a transaction, and commits it unless do fails.
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

// deleteOrder is for an order that nobody can pay. One that stays behind expires.
func (s *shop) deleteOrder(ctx context.Context, id string) {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM shop_orders WHERE id = $1`, id); err != nil {
		s.log.Error("delete order", "order", id, "error", err)
	}
}

// What keeps the buyer from paying again, and the order from expiring. $2 is believedSince.
const (
	inReview = `EXISTS (SELECT 1 FROM shop_payments p WHERE p.order_id = shop_orders.id
		AND p.problem <> '' AND p.final = 0 AND p.kind <> 'unknown')`
	underWay = `EXISTS (SELECT 1 FROM shop_sessions s WHERE s.order_id = shop_orders.id
		AND s.status IN ('processing', 'review') AND s.created_at > $2)`
)

// asked is how long the shop looks up a session. What the gateway last said about an older one may no longer be so.
const asked = 3 * 24 * time.Hour

func believedSince() int64 { return time.Now().Add(-asked).Unix() }

// findOrder returns sql.ErrNoRows for an order that does not exist.
func (s *shop) findOrder(ctx context.Context, id string) (order, error) {
	o := order{ID: id}
	if !storable(id) {
		return o, fmt.Errorf("find order: %w", sql.ErrNoRows)
	}
	row := s.db.QueryRowContext(ctx, `SELECT state, amount, currency, email, created_at, paid_at,
	COALESCE((SELECT status FROM shop_sessions WHERE order_id = shop_orders.id
		ORDER BY created_at DESC, session_id DESC LIMIT 1), ''),
	COALESCE((SELECT d.what FROM shop_payments p JOIN shop_decisions d ON d.id = p.decision_id
		WHERE p.order_id = shop_orders.id AND p.final = 1 AND d.what IN ('refunded', 'closed')
		ORDER BY d.at DESC LIMIT 1), ''),
	`+inReview+`, `+underWay+`
FROM shop_orders WHERE id = $1`, id, believedSince())
	err := row.Scan(&o.State, &o.Amount, &o.Currency, &o.Email, &o.CreatedAt, &o.PaidAt, &o.Session, &o.Decision,
		&o.InReview, &o.UnderWay)
	if err != nil {
		return o, fmt.Errorf("find order: %w", err)
	}
	o.Lines, err = query(ctx, s.db, func(scan func(...any) error) (l line, err error) {
		return l, scan(&l.Product, &l.Title, &l.Price, &l.Quantity)
	}, `SELECT product, title, price, quantity FROM shop_lines WHERE order_id = $1 ORDER BY title`, id)
	return o, err
}

// query reads all rows.
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

// findDue is what Settles compares a payment with.
func findDue(ctx context.Context, tx *sql.Tx, id string) (ecomtrade24.Order, error) {
	due := ecomtrade24.Order{ID: id}
	err := tx.QueryRowContext(ctx, `SELECT amount, currency FROM shop_orders WHERE id = $1`, id).
		Scan(&due.Amount, &due.Currency)
	return due, err
}

// insertSession also asks the inbox to find out how the session ends. A webhook can have been faster: then the row is
// there, and what it says of the status stays.
func (s *shop) insertSession(ctx context.Context, session *ecomtrade24.Session, orderID, method string) error {
	until := session.ExpiresAt
	if until.IsZero() {
		until = time.Now().Add(10 * time.Minute) // the gateway does not say, so not for long
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO shop_sessions
	(session_id, order_id, status, method, checkout_url, open_until, created_at)
VALUES ($1, $2, 'pending', $3, $4, $5, $6) ON CONFLICT (session_id) DO UPDATE
SET method = excluded.method, checkout_url = excluded.checkout_url, open_until = excluded.open_until`,
			session.ID, orderID, method, session.CheckoutURL, until.Unix(), time.Now().Unix())
		if err != nil {
			return err
		}
		return s.box.Expect(ctx, tx, session.ID, orderID)
	})
}

// findOpenSession returns the order's newest checkout that the buyer can still go to, for the same method, or
// sql.ErrNoRows.
func (s *shop) findOpenSession(ctx context.Context, orderID, method string) (*ecomtrade24.Session, error) {
	session := &ecomtrade24.Session{}
	err := s.db.QueryRowContext(ctx, `SELECT session_id, checkout_url FROM shop_sessions
WHERE order_id = $1 AND status = 'pending' AND method = $2 AND checkout_url <> '' AND open_until > $3
ORDER BY created_at DESC, session_id DESC LIMIT 1`, orderID, method, time.Now().Add(time.Minute).Unix()).
		Scan(&session.ID, &session.CheckoutURL)
	return session, err
}

// lookupPause is how often visits of an order's page may look up a session: anyone who has the URL can reload it.
const lookupPause = 10 * time.Second

// takeLookup returns the order's newest session, or sql.ErrNoRows if that has paid or was looked up just now. One that
// was declined may have been paid since, in the same checkout.
func (s *shop) takeLookup(ctx context.Context, orderID string) (sessionID string, err error) {
	now := time.Now()
	err = s.db.QueryRowContext(ctx, `UPDATE shop_sessions SET looked_up_at = $1
WHERE session_id = (SELECT s.session_id FROM shop_sessions s JOIN shop_orders o ON o.id = s.order_id
	WHERE o.id = $2 AND o.state <> 'paid' ORDER BY s.created_at DESC, s.session_id DESC LIMIT 1)
AND status <> 'paid' AND looked_up_at <= $3 RETURNING session_id`,
		now.Unix(), orderID, now.Add(-lookupPause).Unix()).Scan(&sessionID)
	return sessionID, err
}

// setSessionStatus never takes a session back from paid: the inbox hands on what moves an order forward, and of two
// sessions of an order that is the business of each.
func setSessionStatus(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_sessions
	(session_id, order_id, status, method, checkout_url, open_until, created_at)
SELECT $1, id, $2, '', '', 0, $3 FROM shop_orders WHERE id = $4
ON CONFLICT (session_id) DO UPDATE SET status = excluded.status WHERE shop_sessions.status <> 'paid'`,
		p.SessionID, string(p.Status), time.Now().Unix(), p.OrderID)
	return err
}

func recordPayment(ctx context.Context, tx *sql.Tx, c inbox.Change, why problem) error {
	p := &c.Payment
	_, err := tx.ExecContext(ctx, `INSERT INTO shop_payments (id, at, kind, order_id, session_id, status, txid, amount,
	currency, event_key, problem, urgency, decision_id, final)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0)`, rand.Text(), time.Now().Unix(), string(c.Kind),
		p.OrderID, p.SessionID, string(p.Status), p.TxID, string(p.Amount), p.Currency, c.Key, string(why), why.urgency())
	return err
}
