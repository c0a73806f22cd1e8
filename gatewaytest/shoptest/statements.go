package shoptest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// Statements counts the statements of the shop's database and makes one fail, so that scenarios can interrupt a webhook
// at any point. The zero value is ready to use: open the database with Open instead of sql.Open, and set
// Shop.Statements.
//
//	var statements shoptest.Statements
//	db, err := statements.Open("sqlite", dsn)
//
// A begin counts once, and so does each statement. A commit counts twice, since it can fail before or after it takes
// effect.
type Statements struct {
	mu    sync.Mutex
	count int
	fails int // the number of the statement that fails; 0 means none
}

// ErrStatement is the error of a statement that a scenario makes fail.
var ErrStatement = errors.New("shoptest: this statement fails on purpose")

// Open opens a database like sql.Open, and counts the database's statements.
func (s *Statements) Open(driverName, dsn string) (*sql.DB, error) {
	db, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	d := db.Driver()
	if err := db.Close(); err != nil {
		return nil, err
	}
	opener, ok := d.(driver.DriverContext)
	if !ok {
		return sql.OpenDB(s.Connector(plainConnector{d, dsn})), nil
	}
	c, err := opener.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(s.Connector(c)), nil
}

// Connector wraps a connector, for a database that is opened with sql.OpenDB.
func (s *Statements) Connector(c driver.Connector) driver.Connector { return connector{c, s} }

// Next counts a statement and returns ErrStatement if the statement must fail. If your database has no database/sql
// driver, call Next before each statement.
func (s *Statements) Next() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if s.count == s.fails {
		return ErrStatement
	}
	return nil
}

// counter implements exam.Statements.
type counter struct{ *Statements }

func (c counter) FailNth(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count, c.fails = 0, n
}

func (c counter) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// plainConnector opens connections of a driver without connectors.
type plainConnector struct {
	driver driver.Driver
	dsn    string
}

func (c plainConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c plainConnector) Driver() driver.Driver                        { return c.driver }

type connector struct {
	driver.Connector

	s *Statements
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn{inner, c.s}, nil
}

// conn is a connection that counts statements. If the driver lacks a method, conn leaves the work to database/sql.
type conn struct {
	driver.Conn

	s *Statements
}

func (c conn) PrepareContext(ctx context.Context, query string) (inner driver.Stmt, err error) {
	if p, ok := c.Conn.(driver.ConnPrepareContext); ok {
		inner, err = p.PrepareContext(ctx, query)
	} else {
		inner, err = c.Prepare(query)
	}
	if err != nil {
		return nil, err
	}
	return stmt{inner, c}, nil
}

func (c conn) BeginTx(ctx context.Context, opts driver.TxOptions) (inner driver.Tx, err error) {
	if err := c.s.Next(); err != nil {
		return nil, err
	}
	if b, ok := c.Conn.(driver.ConnBeginTx); ok {
		inner, err = b.BeginTx(ctx, opts)
	} else {
		inner, err = c.Begin() // the driver has no newer method
	}
	if err != nil {
		return nil, err
	}
	return tx{inner, c.s}, nil
}

func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	e, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.s.Next(); err != nil {
		return nil, err
	}
	return e.ExecContext(ctx, query, args)
}

func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	q, ok := c.Conn.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.s.Next(); err != nil {
		return nil, err
	}
	return q.QueryContext(ctx, query, args)
}

func (c conn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

func (c conn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c conn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

func (c conn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.Conn.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// stmt is a prepared statement that counts each execution.
type stmt struct {
	driver.Stmt

	conn conn
}

func (s stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.s.Next(); err != nil {
		return nil, err
	}
	if e, ok := s.Stmt.(driver.StmtExecContext); ok {
		return e.ExecContext(ctx, args)
	}
	return s.Exec(values(args))
}

func (s stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.conn.s.Next(); err != nil {
		return nil, err
	}
	if q, ok := s.Stmt.(driver.StmtQueryContext); ok {
		return q.QueryContext(ctx, args)
	}
	return s.Query(values(args))
}

func (s stmt) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := s.Stmt.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return s.conn.CheckNamedValue(v)
}

func (s stmt) ColumnConverter(i int) driver.ValueConverter {
	if c, ok := s.Stmt.(driver.ColumnConverter); ok { //nolint:staticcheck // the driver has no newer method
		return c.ColumnConverter(i)
	}
	return driver.DefaultParameterConverter
}

func values(args []driver.NamedValue) (plain []driver.Value) {
	for _, arg := range args {
		plain = append(plain, arg.Value)
	}
	return plain
}

type tx struct {
	driver.Tx

	s *Statements
}

// Commit can fail before or after it takes effect.
func (t tx) Commit() error {
	if err := t.s.Next(); err != nil {
		return errors.Join(err, t.Rollback())
	}
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	return t.s.Next()
}
