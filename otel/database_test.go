package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
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

func (c connection) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	if c.known.Load() {
		return driver.RowsAffected(0), nil
	}
	return driver.RowsAffected(1), nil
}

// QueryContext finds the event that was claimed, and nothing of its order.
func (c connection) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	return &rows{found: strings.HasPrefix(query, "SELECT claimed")}, nil
}

type rows struct{ found bool }

func (r *rows) Columns() []string { return []string{"claimed"} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(values []driver.Value) error {
	if !r.found {
		return io.EOF
	}
	r.found, values[0] = false, int64(1)
	return nil
}
