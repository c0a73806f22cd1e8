package databases

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// gormShop uses gorm.
type gormShop struct {
	db *gorm.DB
	*inbox.Inbox
}

func newGormShop(db *gorm.DB) (*gormShop, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	box := inbox.New(pool, inbox.Postgres, func(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
		session := db.Session(&gorm.Session{NewDB: true, Context: ctx})
		session.Statement.ConnPool = tx // as gorm's own Begin does
		return apply(ctx, gormOrders{session}, c)
	})
	return &gormShop{db, box}, nil
}

func (s *gormShop) receive(ctx context.Context, ev *ecomtrade24.Event) error {
	return s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		if err := db.Create(&gormDelivery{OrderID: ev.OrderID}).Error; err != nil {
			return err
		}
		tx, err := gormTx(db)
		if err != nil {
			return err
		}
		_, err = s.HandleTx(ctx, tx, ev)
		return err
	})
}

// gormTx returns the transaction that db runs in.
func gormTx(db *gorm.DB) (*sql.Tx, error) {
	pool := db.Statement.ConnPool
	if prepared, ok := pool.(*gorm.PreparedStmtTX); ok { // if Config.PrepareStmt is set
		pool = prepared.Tx
	}
	if tx, ok := pool.(*sql.Tx); ok {
		return tx, nil
	}
	return nil, fmt.Errorf("%T is not a database/sql transaction", pool)
}

type gormOrder struct {
	ID, Amount, Currency string
	Paid                 bool
}

type gormReview struct {
	EventKey string `gorm:"primaryKey"`
	OrderID  string
	Why      string
}

type gormDelivery struct {
	ID      int64
	OrderID string
}

func (gormOrder) TableName() string    { return "orders" }
func (gormReview) TableName() string   { return "reviews" }
func (gormDelivery) TableName() string { return "deliveries" }

type gormOrders struct{ db *gorm.DB }

func (o gormOrders) find(_ context.Context, id string) (ecomtrade24.Order, error) {
	var row gormOrder
	err := o.db.Where("id = ?", id).Limit(1).Find(&row).Error
	return ecomtrade24.Order{ID: row.ID, Amount: ecomtrade24.Amount(row.Amount), Currency: row.Currency}, err
}

func (o gormOrders) pay(_ context.Context, id string) (bool, error) {
	result := o.db.Model(&gormOrder{}).Where("id = ? AND NOT paid", id).Update("paid", true)
	return result.RowsAffected == 1, result.Error
}

func (o gormOrders) review(_ context.Context, c inbox.Change, why string) error {
	return o.db.Create(&gormReview{EventKey: c.Key, OrderID: c.Payment.OrderID, Why: why}).Error
}
