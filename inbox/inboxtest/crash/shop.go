package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// shopTables are the merchant's own: a row of shop_payments is goods that leave the house.
const shopTables = `
CREATE TABLE shop_orders (id TEXT PRIMARY KEY, amount TEXT NOT NULL, state TEXT NOT NULL, sent_at BIGINT NOT NULL);
CREATE TABLE shop_payments (order_id TEXT NOT NULL, session_id TEXT NOT NULL, amount TEXT NOT NULL);
CREATE TABLE shop_reviews (order_id TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE shop_keys (event_key TEXT PRIMARY KEY)`

const secondPayment = "second payment"

// makeShop makes the tables of the merchant and of the inbox, and the orders.
func makeShop(ctx context.Context, db *sql.DB, d inbox.Dialect, orders []order) error {
	for table := range strings.SplitSeq(shopTables, ";") {
		if _, err := db.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	if err := inbox.New(db, d, fulfil).Migrate(ctx); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := run(ctx, tx, `INSERT INTO shop_orders VALUES ($1, $2, 'new', 0)`, o.id, string(o.amount)); err != nil {
			return fmt.Errorf("order %s: %w", o.id, errRolledBack(tx, err))
		}
	}
	return tx.Commit()
}

// fulfil is the shop's Func. For Advanced it trusts the inbox and has no guard of its own: if the inbox is wrong, goods
// leave twice.
func fulfil(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	switch c.Kind {
	case inbox.Advanced:
		return advance(ctx, tx, &c.Payment)
	case inbox.Conflict:
		return again(ctx, tx, &c.Payment)
	case inbox.Unknown, inbox.Test:
	}
	return nil
}

// advance writes the status down, and ships for a payment that settles the order.
func advance(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) error {
	if !p.Paid() {
		return run(ctx, tx, `UPDATE shop_orders SET state = $1 WHERE id = $2`, string(p.Status), p.OrderID)
	}
	if reason, err := mismatch(ctx, tx, p); err != nil || reason != "" {
		return review(ctx, tx, p, reason, err)
	}
	return ship(ctx, tx, p)
}

// again ships for a second payment only where the first did not settle the order.
func again(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) error {
	if reason, err := mismatch(ctx, tx, p); err != nil || reason != "" {
		return review(ctx, tx, p, reason, err)
	}
	var state string
	if err := tx.QueryRowContext(ctx, `SELECT state FROM shop_orders WHERE id = $1`, p.OrderID).Scan(&state); err != nil {
		return err
	}
	if state == "paid" {
		return review(ctx, tx, p, secondPayment, nil)
	}
	return ship(ctx, tx, p)
}

// mismatch says why a payment does not settle the order, "" if it does.
func mismatch(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) (string, error) {
	due := ecomtrade24.Order{ID: p.OrderID, Currency: "USD"}
	if err := tx.QueryRowContext(ctx, `SELECT amount FROM shop_orders WHERE id = $1`, due.ID).Scan(&due.Amount); err != nil {
		return "", err
	}
	if err := p.Settles(due); err != nil {
		return err.Error(), nil //nolint:nilerr // the reason is the answer
	}
	return "", nil
}

func review(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment, reason string, err error) error {
	if err != nil {
		return err
	}
	return run(ctx, tx, `INSERT INTO shop_reviews VALUES ($1, $2)`, p.OrderID, reason)
}

func ship(ctx context.Context, tx *sql.Tx, p *ecomtrade24.Payment) error {
	if err := run(ctx, tx, `UPDATE shop_orders SET state = 'paid' WHERE id = $1`, p.OrderID); err != nil {
		return err
	}
	return run(ctx, tx, `INSERT INTO shop_payments VALUES ($1, $2, $3)`, p.OrderID, p.SessionID, string(p.Amount))
}

func run(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

// errRolledBack undoes tx and returns err.
func errRolledBack(tx *sql.Tx, err error) error {
	_ = tx.Rollback()
	return err
}
