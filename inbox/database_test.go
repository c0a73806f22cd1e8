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
// breaks. What the statements do is tested on real databases, in internal/lab/inbox.
type database struct {
	mu        sync.Mutex
	steps     []string             // "begin", each statement in full, "commit" and "rollback"
	fail      func(step int) error // of the steps before the end of a transaction, from 0
	committed int
	undone    bool // the mark is gone when the transaction ends
	expected  []string
	asked     map[string]int64 // when each expected session is due again
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

// Prepare fails, and then the inbox does without.
func (c *connection) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c *connection) Close() error                        { return nil }
func (c *connection) Begin() (driver.Tx, error)           { return nil, errors.New("BeginTx instead") }

func (c *connection) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return c, c.step("begin")
}

func (c *connection) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	switch {
	case strings.HasPrefix(query, "UPDATE ecomtrade24_facts"): // a session is marked as asked
		c.mu.Lock()
		c.asked[args[3].Value.(string)] = args[0].Value.(int64)
		c.mu.Unlock()
	case strings.HasPrefix(query, "INSERT INTO ecomtrade24_facts") && len(args) == 11 && args[10].Value == int64(0):
		c.mu.Lock()
		if c.asked != nil {
			c.asked[args[2].Value.(string)] = 0 // never again
		}
		c.mu.Unlock()
	}
	return driver.RowsAffected(1), c.step(query)
}

// QueryContext finds a new order, its mark, the expected sessions that are due, and nothing else.
func (c *connection) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	found := &rows{columns: 9}
	switch {
	case strings.HasPrefix(query, "INSERT INTO ecomtrade24_orders"): // seen once, not paid
		found = &rows{2, [][]driver.Value{{int64(1), int64(0)}}}
		if strings.Contains(query, "txid_current") {
			found = &rows{3, [][]driver.Value{{int64(1), int64(0), int64(77)}}}
		}
	case strings.HasPrefix(query, "SELECT 1 FROM ecomtrade24_orders") && !c.undone:
		found = &rows{1, [][]driver.Value{{int64(1)}}}
	case strings.HasPrefix(query, "SELECT order_key"):
		found.columns, found.left = 4, c.due(args[1].Value.(int64))
	}
	return found, c.step(query)
}

func (c *connection) due(now int64) [][]driver.Value {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil {
		c.asked = make(map[string]int64)
	}
	var due [][]driver.Value
	for _, id := range c.expected {
		if at, ok := c.asked[id]; !ok || at > 0 && at <= now {
			if due = append(due, []driver.Value{"ORDER-" + id, id, now, now}); len(due) == 16 {
				break
			}
		}
	}
	return due
}

type rows struct {
	columns int
	left    [][]driver.Value
}

func (r *rows) Columns() []string { return make([]string, r.columns) }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(values []driver.Value) error {
	if len(r.left) == 0 {
		return io.EOF
	}
	copy(values, r.left[0])
	r.left = r.left[1:]
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
