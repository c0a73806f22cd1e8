// Package databases joins the inbox's transaction with the libraries that shops reach their database through: sqlc on
// pgx and on database/sql, sqlx, gorm, bun and ent. What a shop does with a payment is the same everywhere, and is in
// this file; each other file (ent's is in testdata) has the shop's statements in one library, and how the library
// is put on a transaction that it did not begin.
//
// With receive each file also shows the other way round: a transaction of the shop's own, which the inbox joins.
package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// orders are the shop's statements, in the transaction of one event.
type orders interface {
	// find returns what is due for an order, and the zero Order if there is none of that id.
	find(ctx context.Context, id string) (ecomtrade24.Order, error)
	// pay marks an order paid, and tells whether it was not paid before.
	pay(ctx context.Context, id string) (fresh bool, err error)
	// review adds a row for a person to look at.
	review(ctx context.Context, c inbox.Change, why string) error
}

// apply is what the shop does with a Change.
func apply(ctx context.Context, o orders, c inbox.Change) error {
	switch c.Kind {
	case inbox.Paid, inbox.PaidAgain:
		due, err := o.find(ctx, c.Payment.OrderID)
		if err != nil {
			return err
		}
		if err := c.Payment.Settles(due); err != nil {
			return o.review(ctx, c, err.Error())
		}
		fresh, err := o.pay(ctx, due.ID)
		if err != nil || fresh {
			return err
		}
		return o.review(ctx, c, "paid twice: refund one")
	case inbox.Incomplete, inbox.Unknown:
		return o.review(ctx, c, "not complete, or not understood")
	default:
		return nil
	}
}

// noneIsZero makes a missing row the zero value.
func noneIsZero[T any](row T, err error) (T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, nil
	}
	return row, err
}

// inTx runs do in a transaction, which is committed if do returns nil.
func inTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after the commit there is nothing to roll back
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
