package databases

import (
	"context"
	"database/sql"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/examples/frameworks/databases/ent"
	"github.com/ecomtrade24/ecomtrade24-go/examples/frameworks/databases/ent/order"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// entShop uses ent, with a client for each transaction. The test copies this file into the databases folder.
type entShop struct {
	db *sql.DB
	*inbox.Inbox
}

func newEntShop(db *sql.DB) *entShop {
	box := inbox.New(db, inbox.Postgres, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return apply(ctx, entOrders{entClient(tx)}, c)
	})
	return &entShop{db, box}
}

func (s *entShop) receive(ctx context.Context, ev *ecomtrade24.Event) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after the commit
	if err := entClient(tx).Delivery.Create().SetOrderID(ev.OrderID).Exec(ctx); err != nil {
		return err
	}
	if _, err := s.HandleTx(ctx, tx, ev); err != nil {
		return err
	}
	return tx.Commit()
}

// entClient returns a client whose statements all run in tx.
func entClient(tx *sql.Tx) *ent.Client {
	return ent.NewClient(ent.Driver(entTx{entsql.NewDriver(dialect.Postgres, entsql.Conn{ExecQuerier: tx})}))
}

// entTx ignores ent's request to begin a transaction, because it is already in one.
type entTx struct{ *entsql.Driver }

func (t entTx) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(t), nil }

type entOrders struct{ *ent.Client }

func (o entOrders) find(ctx context.Context, id string) (ecomtrade24.Order, error) {
	row, err := o.Order.Get(ctx, id)
	if ent.IsNotFound(err) {
		return ecomtrade24.Order{}, nil
	}
	if err != nil {
		return ecomtrade24.Order{}, err
	}
	return ecomtrade24.Order{ID: row.ID, Amount: ecomtrade24.Amount(row.Amount), Currency: row.Currency}, nil
}

func (o entOrders) pay(ctx context.Context, id string) (bool, error) {
	err := o.Order.UpdateOneID(id).Where(order.Paid(false)).SetPaid(true).Exec(ctx)
	if ent.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

func (o entOrders) review(ctx context.Context, c inbox.Change, why string) error {
	return o.Review.Create().SetID(c.Key).SetOrderID(c.Payment.OrderID).SetWhy(why).Exec(ctx)
}
