package inbox_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// database is a database/sql driver whose every statement succeeds, affecting one row, but for those that a test
// breaks. What the statements do is tested on real databases, in inboxtest.
type database struct {
	mu        sync.Mutex
	steps     []string             // "begin", each statement in full, "commit" and "rollback"
	fail      func(step int) error // of the steps before the end of a transaction, from 0
	committed int
	undone    bool // the claim is gone when it is checked
}

func openDatabase(tb testing.TB, d *database) *sql.DB {
	tb.Helper()
	db := sql.OpenDB(d)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (d *database) step(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, name)
	if name == "rollback" || d.fail == nil {
		return nil
	}
	return d.fail(len(d.steps) - 1)
}

func (d *database) commits() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.committed
}

func (d *database) Connect(context.Context) (driver.Conn, error) { return &connection{d}, nil }
func (d *database) Driver() driver.Driver                        { return nil }

type connection struct{ *database }

func (c *connection) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c *connection) Close() error                        { return nil }
func (c *connection) Begin() (driver.Tx, error)           { return nil, errors.New("BeginTx instead") }

func (c *connection) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return c, c.step("begin")
}

func (c *connection) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.step(query)
}

// QueryContext finds the claim, and no facts.
func (c *connection) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	if strings.HasPrefix(query, "SELECT claimed") && !c.undone {
		return &rows{columns: 1, left: 1}, c.step(query)
	}
	return &rows{columns: 5}, c.step(query)
}

// rows are of numbers, each 1.
type rows struct{ columns, left int }

func (r *rows) Columns() []string { return make([]string, r.columns) }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(values []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	for i := range values {
		values[i] = int64(1)
	}
	return nil
}

func (c *connection) Commit() error {
	err := c.step("commit")
	if err == nil {
		c.mu.Lock()
		c.committed++
		c.mu.Unlock()
	}
	return err
}

func (c *connection) Rollback() error { return c.step("rollback") }

func paidEvent() *ecomtrade24.Event {
	return &ecomtrade24.Event{Type: ecomtrade24.EventPaymentCompleted, Payment: ecomtrade24.Payment{
		SessionID: "12345", OrderID: "ORDER-10001", Status: ecomtrade24.StatusPaid,
		Amount: "49.95", Currency: "USD", TxID: "tx-1",
	}}
}
