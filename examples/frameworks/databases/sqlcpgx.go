package databases

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/examples/frameworks/databases/sqlcpgx"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
)

// sqlcPgxShop uses queries that sqlc generated for pgx.
type sqlcPgxShop struct {
	pool *pgxpool.Pool
	*pgxinbox.Inbox
}

func newSQLCPgxShop(pool *pgxpool.Pool) *sqlcPgxShop {
	queries := sqlcpgx.New(pool)
	box := pgxinbox.New(pool, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
		return apply(ctx, sqlcPgxOrders{queries.WithTx(tx)}, c)
	})
	return &sqlcPgxShop{pool, box}
}

func (s *sqlcPgxShop) receive(ctx context.Context, ev *ecomtrade24.Event) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := sqlcpgx.New(tx).AddDelivery(ctx, ev.OrderID); err != nil {
			return err
		}
		_, err := s.HandleTx(ctx, tx, ev)
		return err
	})
}

type sqlcPgxOrders struct{ *sqlcpgx.Queries }

func (o sqlcPgxOrders) find(ctx context.Context, id string) (ecomtrade24.Order, error) {
	row, err := noneIsZero(o.FindOrder(ctx, id)) // pgx.ErrNoRows matches sql.ErrNoRows too
	return ecomtrade24.Order{ID: row.ID, Amount: ecomtrade24.Amount(row.Amount), Currency: row.Currency}, err
}

func (o sqlcPgxOrders) pay(ctx context.Context, id string) (bool, error) {
	n, err := o.PayOrder(ctx, id)
	return n == 1, err
}

func (o sqlcPgxOrders) review(ctx context.Context, c inbox.Change, why string) error {
	return o.AddReview(ctx, sqlcpgx.AddReviewParams{EventKey: c.Key, OrderID: c.Payment.OrderID, Why: why})
}
