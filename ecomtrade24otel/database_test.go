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

// database is a database/sql driver whose statements all succeed, so each event is the first of its order.
// internal/lab/inbox tests the inbox on real databases.
type database struct {
	known  atomic.Bool  // makes every event a duplicate
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

func (c connection) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return c, nil }

// ExecContext affects two rows if the lock counts a known order.
func (c connection) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	switch locks := strings.HasPrefix(query, "INSERT INTO ecomtrade24_orders"); {
	case locks && c.broken.Add(-1) >= 0:
		return nil, errors.New("Error 1213: deadlock")
	case locks && c.known.Load():
		return driver.RowsAffected(2), nil
	}
	return driver.RowsAffected(1), nil
}

// QueryContext returns a new order and its mark or, for a known event, an order with its fact.
func (c connection) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	found := &rows{row: []driver.Value{int64(1)}}
	switch seen := int64(1); {
	case strings.HasPrefix(query, "INSERT INTO ecomtrade24_orders"): // seen, paid, and in PostgreSQL the transaction
		if c.known.Load() {
			seen = 2
		}
		found.row = []driver.Value{seen, seen - 1}
		if strings.Contains(query, "txid_current") {
			found.row = append(found.row, int64(77))
		}
	case strings.Contains(query, "session_id IN"): // paid, session, fact, rank, txid, amount, currency, event, next check
		found.row = []driver.Value{int64(1), "12345", "", int64(30), "tx-1", "49.95", "USD", "", int64(0)}
	}
	return found, nil
}

type rows struct {
	row  []driver.Value
	read bool
}

func (r *rows) Columns() []string { return make([]string, len(r.row)) }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(values []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read = true
	copy(values, r.row)
	return nil
}
