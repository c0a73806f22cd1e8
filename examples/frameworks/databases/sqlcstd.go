package databases

import (
	"context"
	"database/sql"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/examples/frameworks/databases/sqlcstd"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// sqlcStdShop uses queries that sqlc generated for database/sql.
type sqlcStdShop struct {
	db *sql.DB
	*inbox.Inbox
}

func newSQLCStdShop(db *sql.DB) *sqlcStdShop {
	queries := sqlcstd.New(db)
	box := inbox.New(db, inbox.Postgres, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return apply(ctx, sqlcStdOrders{queries.WithTx(tx)}, c)
	})
	return &sqlcStdShop{db, box}
}

func (s *sqlcStdShop) receive(ctx context.Context, ev *ecomtrade24.Event) error {
	return inTx(ctx, s.db, func(tx *sql.Tx) error {
		if err := sqlcstd.New(tx).AddDelivery(ctx, ev.OrderID); err != nil {
			return err
		}
		_, err := s.HandleTx(ctx, tx, ev)
		return err
	})
}

type sqlcStdOrders struct{ *sqlcstd.Queries }

func (o sqlcStdOrders) find(ctx context.Context, id string) (ecomtrade24.Order, error) {
	row, err := noneIsZero(o.FindOrder(ctx, id))
	return ecomtrade24.Order{ID: row.ID, Amount: ecomtrade24.Amount(row.Amount), Currency: row.Currency}, err
}

func (o sqlcStdOrders) pay(ctx context.Context, id string) (bool, error) {
	n, err := o.PayOrder(ctx, id)
	return n == 1, err
}

func (o sqlcStdOrders) review(ctx context.Context, c inbox.Change, why string) error {
	return o.AddReview(ctx, sqlcstd.AddReviewParams{EventKey: c.Key, OrderID: c.Payment.OrderID, Why: why})
}
