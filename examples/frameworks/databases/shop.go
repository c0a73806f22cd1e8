// Package databases shows how to run statements of common database libraries in the inbox's transaction: sqlc on pgx,
// sqlx, gorm, bun and ent. The code that handles payments is the same for each library, and is in this file. Each other
// file (ent's is in testdata) has the shop's statements for one library and shows how the library joins a transaction
// that it did not begin.
//
// The receive method in each file shows the reverse: the inbox joins the shop's own transaction.
package databases

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// orders has a method for each of the shop's statements, which run in an event's transaction.
type orders interface {
	// find returns the amount due for an order, or the zero Order if there is no order with that ID.
	find(ctx context.Context, id string) (ecomtrade24.Order, error)
	// pay marks an order paid, and reports whether it was unpaid before.
	pay(ctx context.Context, id string) (fresh bool, err error)
	// review adds a row for manual review.
	review(ctx context.Context, c inbox.Change, why string) error
}

// apply is the shop's reaction to a Change.
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
		return o.review(ctx, c, "incomplete, or an unknown status")
	default:
		return nil
	}
}

// noneIsZero returns the zero value, not an error, for a missing row.
func noneIsZero[T any](row T, err error) (T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, nil
	}
	return row, err
}
