package databases

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// bunShop uses bun. Each bun query names the connection that it runs on.
type bunShop struct {
	db *bun.DB
	*inbox.Inbox
}

func newBunShop(db *bun.DB) *bunShop {
	box := inbox.New(db.DB, inbox.Postgres, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return apply(ctx, bunOrders{db, tx}, c)
	})
	return &bunShop{db, box}
}

func (s *bunShop) receive(ctx context.Context, ev *ecomtrade24.Event) error {
	return s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&bunDelivery{OrderID: ev.OrderID}).Exec(ctx); err != nil {
			return err
		}
		_, err := s.HandleTx(ctx, tx.Tx, ev)
		return err
	})
}

type bunOrder struct {
	bun.BaseModel `bun:"table:orders"`

	ID, Amount, Currency string
	Paid                 bool
}

type bunReview struct {
	bun.BaseModel `bun:"table:reviews"`

	EventKey, OrderID, Why string
}

type bunDelivery struct {
	bun.BaseModel `bun:"table:deliveries"`

	ID      int64 `bun:",pk,autoincrement,identity"`
	OrderID string
}

type bunOrders struct {
	db *bun.DB
	tx *sql.Tx // pass tx to each query, or the query runs outside the transaction
}

func (o bunOrders) find(ctx context.Context, id string) (ecomtrade24.Order, error) {
	var row bunOrder
	err := o.db.NewSelect().Conn(o.tx).Model(&row).Where("id = ?", id).Scan(ctx)
	row, err = noneIsZero(row, err)
	return ecomtrade24.Order{ID: row.ID, Amount: ecomtrade24.Amount(row.Amount), Currency: row.Currency}, err
}

func (o bunOrders) pay(ctx context.Context, id string) (bool, error) {
	result, err := o.db.NewUpdate().Conn(o.tx).Model((*bunOrder)(nil)).
		Set("paid = TRUE").Where("id = ? AND NOT paid", id).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func (o bunOrders) review(ctx context.Context, c inbox.Change, why string) error {
	_, err := o.db.NewInsert().Conn(o.tx).
		Model(&bunReview{EventKey: c.Key, OrderID: c.Payment.OrderID, Why: why}).Exec(ctx)
	return err
}
