package shoptest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// oldDriver implements only the required driver interfaces.
type oldDriver struct{ log *[]string }

func (d oldDriver) Open(string) (driver.Conn, error) { return oldConn(d), nil }

type oldConn struct{ log *[]string }

func (c oldConn) Prepare(query string) (driver.Stmt, error) { return oldStmt{c.log, query}, nil }
func (c oldConn) Close() error                              { return nil }
func (c oldConn) Begin() (driver.Tx, error)                 { return oldTx(c), nil }

type oldStmt struct {
	log   *[]string
	query string
}

func (s oldStmt) Close() error  { return nil }
func (s oldStmt) NumInput() int { return -1 }
func (s oldStmt) Exec([]driver.Value) (driver.Result, error) {
	*s.log = append(*s.log, s.query)
	return driver.RowsAffected(1), nil
}

func (s oldStmt) Query([]driver.Value) (driver.Rows, error) {
	*s.log = append(*s.log, s.query)
	return noRows{}, nil
}

type noRows struct{}

func (noRows) Columns() []string         { return []string{"a"} }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }

type oldTx struct{ log *[]string }

func (t oldTx) Commit() error   { *t.log = append(*t.log, "commit"); return nil }
func (t oldTx) Rollback() error { *t.log = append(*t.log, "rollback"); return nil }

// newConn implements all optional driver interfaces.
type newConn struct{ oldConn }

func (c newConn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return newStmt{oldStmt{c.log, query}}, nil
}

func (c newConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return c.Begin() }

func (c newConn) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	return oldStmt{c.log, query}.Exec(nil)
}

func (c newConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	return oldStmt{c.log, query}.Query(nil)
}

func (newConn) Ping(context.Context) error               { return nil }
func (newConn) ResetSession(context.Context) error       { return nil }
func (newConn) IsValid() bool                            { return true }
func (newConn) CheckNamedValue(*driver.NamedValue) error { return nil }

type newStmt struct{ oldStmt }

func (s newStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return s.Exec(nil)
}

func (s newStmt) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	return s.Query(nil)
}

// connects is a connector that opens a newConn.
type connects struct{ log *[]string }

func (c connects) Connect(context.Context) (driver.Conn, error) { return newConn{oldConn(c)}, nil }
func (c connects) Driver() driver.Driver                        { return oldDriver(c) }

// use runs seven counted steps: begin, two statements, a prepared statement twice, and commit, which counts twice.
func use(ctx context.Context, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, "insert", 1); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, "select")
	if err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	prepared, err := tx.PrepareContext(ctx, "update")
	if err != nil {
		return err
	}
	defer prepared.Close()
	if _, err := prepared.ExecContext(ctx, 1); err != nil {
		return err
	}
	if rows, err = prepared.QueryContext(ctx, 1); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return tx.Commit()
}

// With old and new drivers, each statement can be made to fail without affecting other statements.
func TestStatements(t *testing.T) {
	t.Parallel()
	var log []string
	sql.Register("shoptest-old", oldDriver{&log})
	var s shoptest.Statements
	old, err := s.Open("shoptest-old", "")
	require.NoError(t, err)
	_, err = s.Open("shoptest-none", "")
	require.Error(t, err)
	for _, db := range []*sql.DB{old, sql.OpenDB(s.Connector(connects{&log}))} {
		db.SetMaxOpenConns(1)
		shoptest.FailNth(&s, 0)
		require.NoError(t, use(t.Context(), db))
		n := shoptest.Count(&s)
		require.Equal(t, 7, n, "begin, four statements, and commit twice")
		for i := range n {
			log = nil
			shoptest.FailNth(&s, i+1)
			require.ErrorIs(t, use(t.Context(), db), shoptest.ErrStatement, i)
			if i > 0 && i < n-1 {
				assert.Equal(t, "rollback", log[len(log)-1], i)
			}
		}
		assert.Equal(t, "commit", log[len(log)-1], "the last one fails after the commit")
		require.NoError(t, db.Close())
	}
}
