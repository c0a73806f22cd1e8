package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// shopTables are the merchant's tables. A row of shop_payments is a shipment.
const shopTables = `
CREATE TABLE shop_orders
	(id VARCHAR(64) PRIMARY KEY, amount TEXT NOT NULL, state TEXT NOT NULL, sent_at BIGINT NOT NULL);
CREATE TABLE shop_payments (order_id TEXT NOT NULL, session_id TEXT NOT NULL, amount TEXT NOT NULL);
CREATE TABLE shop_reviews (order_id TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE shop_keys (event_key VARCHAR(64) PRIMARY KEY)`

// Reasons for review. An expired session is recorded as a review too; a real shop would release its stock.
const (
	secondPayment  = "second payment"
	incomplete     = "incomplete"
	sessionExpired = "expired: session "
)

// makeTables creates the tables of the merchant and of the inbox, and the orders.
func (s shop) makeTables(ctx context.Context, orders []order) error {
	for table := range strings.SplitSeq(shopTables, ";") {
		if _, err := s.db.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	box := s.inbox()
	if err := box.Migrate(ctx); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, o := range orders {
			const insert = `INSERT INTO shop_orders VALUES ($1, $2, 'new', 0)`
			if err := s.run(ctx, sqlTx{tx}, insert, o.id, string(o.amount)); err != nil {
				return fmt.Errorf("order %s: %w", o.id, err)
			}
			for _, session := range o.expected {
				if err := box.Expect(ctx, tx, strconv.Itoa(session), o.id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// inTx invokes do in a transaction, and commits if do returns nil.
func (s shop) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// fulfil is the shop's Func. For Paid it trusts the inbox and does not check again: if the inbox is wrong, goods ship
// twice.
func (s shop) fulfil(ctx context.Context, tx tx, c inbox.Change) error {
	switch c.Kind {
	case inbox.Progress:
		return s.progress(ctx, tx, &c.Payment, `AND state <> 'paid'`) // another session may have paid the order
	case inbox.Paid, inbox.PaidAgain:
		return s.settle(ctx, tx, &c.Payment, c.Kind == inbox.PaidAgain)
	case inbox.Incomplete:
		p := &c.Payment // the reason lists the fields, since each incomplete message is reported only once
		return s.review(ctx, tx, p, fmt.Sprintf("%s session %q, txid %q, amount %q, currency %q", incomplete, p.SessionID,
			p.TxID, p.Amount, p.Currency), nil)
	case inbox.Unknown, inbox.Test:
	}
	return nil
}

// progress records the status if the SQL condition holds, and a review for an expired session.
func (s shop) progress(ctx context.Context, tx tx, p *ecomtrade24.Payment, condition string) error {
	err := s.run(ctx, tx, `UPDATE shop_orders SET state = $1 WHERE id = $2 `+condition, string(p.Status), p.OrderID)
	if p.Status != ecomtrade24.StatusExpired {
		return err
	}
	return s.review(ctx, tx, p, sessionExpired+p.SessionID, err)
}

// settle ships if the payment settles the order. For a second payment, it ships only if the order is not paid yet.
func (s shop) settle(ctx context.Context, tx tx, p *ecomtrade24.Payment, again bool) error {
	if reason, err := s.mismatch(ctx, tx, p); err != nil || reason != "" {
		return s.review(ctx, tx, p, reason, err)
	}
	if again {
		var state string
		err := tx.scan(ctx, s.bind(`SELECT state FROM shop_orders WHERE id = $1`), p.OrderID, &state)
		if err != nil || state == "paid" {
			return s.review(ctx, tx, p, secondPayment, err)
		}
	}
	return s.ship(ctx, tx, p)
}

// mismatch returns why a payment does not settle the order, or "" if it does.
func (s shop) mismatch(ctx context.Context, tx tx, p *ecomtrade24.Payment) (string, error) {
	due := ecomtrade24.Order{ID: p.OrderID, Currency: "USD"}
	if err := tx.scan(ctx, s.bind(`SELECT amount FROM shop_orders WHERE id = $1`), due.ID, &due.Amount); err != nil {
		return "", err
	}
	if err := p.Settles(due); err != nil {
		return err.Error(), nil //nolint:nilerr // err's text is the result
	}
	return "", nil
}

func (s shop) review(ctx context.Context, tx tx, p *ecomtrade24.Payment, reason string, err error) error {
	if err != nil {
		return err
	}
	return s.run(ctx, tx, `INSERT INTO shop_reviews VALUES ($1, $2)`, p.OrderID, reason)
}

func (s shop) ship(ctx context.Context, tx tx, p *ecomtrade24.Payment) error {
	if err := s.run(ctx, tx, `UPDATE shop_orders SET state = 'paid' WHERE id = $1`, p.OrderID); err != nil {
		return err
	}
	return s.run(ctx, tx, `INSERT INTO shop_payments VALUES ($1, $2, $3)`, p.OrderID, p.SessionID, string(p.Amount))
}

func (s shop) run(ctx context.Context, tx tx, query string, args ...any) error {
	return tx.exec(ctx, s.bind(query), args...)
}

// bind rewrites a statement's numbered placeholders for MySQL. The placeholders must appear in the sequence of their
// numbers.
func (s shop) bind(query string) string {
	for n := 1; s.driver == "mysql" && strings.Contains(query, "$"); n++ {
		query = strings.Replace(query, fmt.Sprintf("$%d", n), "?", 1)
	}
	return query
}

// tx is an inbox's transaction, on database/sql or pgx.
type tx interface {
	exec(ctx context.Context, query string, args ...any) error
	scan(ctx context.Context, query, arg string, into any) error
}

type sqlTx struct{ *sql.Tx }

func (tx sqlTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

func (tx sqlTx) scan(ctx context.Context, query, arg string, into any) error {
	return tx.QueryRowContext(ctx, query, arg).Scan(into)
}

type pgxTx struct{ pgx.Tx }

func (tx pgxTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.Exec(ctx, query, args...)
	return err
}

func (tx pgxTx) scan(ctx context.Context, query, arg string, into any) error {
	return tx.QueryRow(ctx, query, arg).Scan(into)
}
