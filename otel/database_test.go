package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
)

// database is a database/sql driver that says yes to everything, so that each event is the first of its order. What an
// inbox does on a real database is tested in inbox/inboxtest.
type database struct {
	known  atomic.Bool  // makes every event one that was recorded before
	broken atomic.Int32 // how many transactions lose a race
}

func openDatabase(d *database) *sql.DB { return sql.OpenDB(d) }

func (d *database) Connect(context.Context) (driver.Conn, error) { return connection{d}, nil }
func (d *database) Driver() driver.Driver                        { return nil }

type connection struct{ *database }

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (connection) Close() error                        { return nil }
func (connection) Begin() (driver.Tx, error)           { return nil, errors.New("BeginTx instead") }
func (connection) Commit() error                       { return nil }
func (connection) Rollback() error                     { return nil }

func (c connection) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	if c.broken.Add(-1) >= 0 {
		return nil, errors.New("Error 1213: deadlock")
	}
	return c, nil
}

func (connection) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

// QueryContext finds an order without facts, and for an event that is known, an order with any fact that it can have.
func (c connection) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &rows{left: 1, known: c.known.Load()}, nil
}

type rows struct {
	left  int
	known bool
}

func (r *rows) Columns() []string { return make([]string, 9) }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(values []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	if values[0] = int64(0); r.known {
		// paid, session, fact, rank, txid, amount, currency, event, due
		copy(values, []driver.Value{int64(1), "12345", "", int64(30), "tx-1", "49.95", "USD", "", int64(0)})
	}
	return nil
}
