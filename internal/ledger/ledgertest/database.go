// Package ledgertest has a database without SQL, for the tests of the packages that use an inbox.
package ledgertest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Database is a database/sql driver. Every statement succeeds and affects one row, unless the test makes it fail.
// internal/lab/inbox tests the statements on real databases.
type Database struct {
	Steps     []string             // "begin", each statement in full, "commit" and "rollback"
	Fail      func(step int) error // returns the error of a step, counted from 0; rollbacks never fail
	Undone    bool                 // the mark is gone when the transaction ends
	Sessions  []string             // the scheduled sessions; leasing a session removes it
	Settings  [][]driver.Value
	Facts     [][]driver.Value              // the rows of a known order
	Silent    atomic.Pointer[chan struct{}] // a commit or rollback waits for this channel, if not nil
	Elsewhere bool                          // the tables are not in the first schema of the search path
	Prepares  bool                          // statements can be prepared

	mu        sync.Mutex
	committed int
}

// Open returns a pool of connections to d.
func (d *Database) Open(tb testing.TB) *sql.DB {
	tb.Helper()
	db := sql.OpenDB(d)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (d *Database) step(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Steps = append(d.Steps, name)
	if name == "rollback" || d.Fail == nil {
		return nil
	}
	return d.Fail(len(d.Steps) - 1)
}

// Commits returns how many transactions were committed.
func (d *Database) Commits() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.committed
}

// Connect returns a connection to d.
func (d *Database) Connect(context.Context) (driver.Conn, error) { return &connection{d}, nil }

// Driver returns nil, since nothing uses the driver.
func (d *Database) Driver() driver.Driver { return nil }

type connection struct{ *Database }

// Prepare fails unless Prepares is set. The inbox also works without prepared statements.
func (c *connection) Prepare(query string) (driver.Stmt, error) {
	if !c.Prepares {
		return nil, errors.New("not prepared")
	}
	return &statement{c, query}, nil
}

// statement is a prepared statement.
type statement struct {
	*connection

	query string
}

func (s *statement) Close() error  { return nil }
func (s *statement) NumInput() int { return -1 }

func (s *statement) Exec([]driver.Value) (driver.Result, error) {
	return nil, errors.New("ExecContext instead")
}

func (s *statement) Query([]driver.Value) (driver.Rows, error) {
	return nil, errors.New("QueryContext instead")
}

func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.connection.ExecContext(ctx, s.query, args)
}

func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.connection.QueryContext(ctx, s.query, args)
}

func (c *connection) Close() error              { return nil }
func (c *connection) Begin() (driver.Tx, error) { return nil, errors.New("BeginTx instead") }

func (c *connection) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return c, c.step("begin")
}

func (c *connection) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(query, "UPDATE ecomtrade24_facts SET lease_until") {
		c.mu.Lock()
		c.Sessions = slices.DeleteFunc(c.Sessions, func(id string) bool { return id == args[3].Value })
		c.mu.Unlock()
	}
	affected := driver.RowsAffected(1)
	if c.Facts != nil && strings.HasPrefix(query, "INSERT INTO ecomtrade24_orders") {
		affected = 2
	}
	return affected, c.step(query)
}

// QueryContext returns canned rows for the inbox's queries, and no rows for any other query.
func (c *connection) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	found := &rows{columns: 9}
	switch {
	case strings.HasPrefix(query, "INSERT INTO ecomtrade24_orders"): // the order was seen once and is not paid
		found = &rows{2, [][]driver.Value{{int64(1), int64(0)}}}
		if strings.Contains(query, "txid_current") {
			found = &rows{3, [][]driver.Value{{int64(1), int64(0), int64(77)}}}
		}
		if c.Facts != nil {
			found.left[0][0] = int64(2)
		}
	case strings.HasPrefix(query, "SELECT 0"), strings.HasPrefix(query, "SELECT o.was_paid"):
		found.left = slices.Clone(c.Facts)
	case strings.HasPrefix(query, "SELECT 1 FROM ecomtrade24_orders") && !c.Undone:
		found = &rows{1, [][]driver.Value{{int64(1)}}}
	case strings.HasPrefix(query, "SELECT") && strings.Contains(query, "order_key, session_id, st_rank"):
		found.columns, found.left = 7, c.checks()
	case strings.HasPrefix(query, "SELECT CAST((julianday"), strings.HasPrefix(query, "SELECT TIMESTAMPDIFF"),
		strings.HasPrefix(query, "SELECT (EXTRACT"):
		found = &rows{1, [][]driver.Value{{int64(1)}}}
	case strings.HasPrefix(query, "SELECT COUNT(*) FROM pg_catalog.pg_tables"):
		found = &rows{1, [][]driver.Value{{int64(2)}}}
		if c.Elsewhere {
			found.left[0][0] = int64(0)
		}
	case strings.HasPrefix(query, "SELECT name, setting"), strings.HasPrefix(query, "SHOW SESSION VARIABLES"):
		found = &rows{2, c.Settings}
	}
	return found, c.step(query)
}

func (c *connection) checks() [][]driver.Value {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all [][]driver.Value
	for _, id := range c.Sessions[:min(len(c.Sessions), 16)] {
		all = append(all, []driver.Value{int64(9), "ORDER-" + id, id, int64(0), int64(1), int64(2), int64(0)})
	}
	return all
}

// Count returns how many statements start with prefix.
func (d *Database) Count(prefix string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, step := range d.Steps {
		if strings.HasPrefix(step, prefix) {
			n++
		}
	}
	return n
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
	if silent := c.Silent.Load(); silent != nil {
		<-*silent
	}
	err := c.step("commit")
	if err == nil {
		c.mu.Lock()
		c.committed++
		c.mu.Unlock()
	}
	return err
}

func (c *connection) Rollback() error {
	if silent := c.Silent.Load(); silent != nil {
		<-*silent
	}
	return c.step("rollback")
}
