package databases

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// sqlxShop uses sqlx. A *sqlx.Tx around the inbox's *sql.Tx scans into structs, but does not know the driver's name. So
// number the parameters as the database expects, or let the *sqlx.DB replace names and question marks.
type sqlxShop struct {
	db *sqlx.DB
	*inbox.Inbox
}

func newSQLXShop(db *sqlx.DB) *sqlxShop {
	box := inbox.New(db.DB, inbox.Postgres, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		return apply(ctx, sqlxOrders{db, &sqlx.Tx{Tx: tx, Mapper: db.Mapper}}, c)
	})
	return &sqlxShop{db, box}
}

func (s *sqlxShop) receive(ctx context.Context, ev *ecomtrade24.Event) error {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after the commit
	const insert = `INSERT INTO deliveries (order_id) VALUES (:order_id)`
	if _, err := tx.NamedExecContext(ctx, insert, map[string]any{"order_id": ev.OrderID}); err != nil {
		return err
	}
	if _, err := s.HandleTx(ctx, tx.Tx, ev); err != nil {
		return err
	}
	return tx.Commit()
}

type sqlxOrders struct {
	db *sqlx.DB // used only to bind names, because its statements would run outside the transaction
	tx *sqlx.Tx
}

type sqlxReview struct {
	EventKey string `db:"event_key"`
	OrderID  string `db:"order_id"`
	Why      string `db:"why"`
}

func (o sqlxOrders) find(ctx context.Context, id string) (due ecomtrade24.Order, err error) {
	err = o.tx.GetContext(ctx, &due, `SELECT id, amount, currency FROM orders WHERE id = $1`, id)
	return noneIsZero(due, err)
}

func (o sqlxOrders) pay(ctx context.Context, id string) (bool, error) {
	result, err := o.tx.ExecContext(ctx, `UPDATE orders SET paid = TRUE WHERE id = $1 AND NOT paid`, id)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func (o sqlxOrders) review(ctx context.Context, c inbox.Change, why string) error {
	const insert = `INSERT INTO reviews (event_key, order_id, why) VALUES (:event_key, :order_id, :why)`
	query, args, err := o.db.BindNamed(insert, sqlxReview{c.Key, c.Payment.OrderID, why})
	if err != nil {
		return err
	}
	_, err = o.tx.ExecContext(ctx, query, args...)
	return err
}
