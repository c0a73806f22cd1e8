package inbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the SQLite driver

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// The servers of this package's tests.
var (
	postgres = &database.Shared{Start: database.StartPostgres}
	mariaDB  = &database.Shared{Start: database.StartMariaDB}
	bouncer  = &database.Shared{Start: func(ctx context.Context) (*database.Server, error) {
		behind, err := postgres.Get()
		if err != nil {
			return nil, err
		}
		return database.StartPgBouncer(ctx, behind)
	}}
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, server := range []*database.Shared{bouncer, mariaDB, postgres} {
		server.Remove()
	}
	os.Exit(code)
}

// store is one empty database with the tables of the merchant and the inbox.
type store struct {
	testing.TB

	dialect     inbox.Dialect
	driver, dsn string
	pgx         bool   // the inbox runs on pgx, without database/sql
	name        string // the database's name on its server
}

var databases atomic.Int64

// stores maps each kind of database to a function that opens an empty database.
var stores = map[string]func(testing.TB) *store{
	"PostgreSQL":           func(tb testing.TB) *store { tb.Helper(); return onServer(tb, inbox.Postgres, postgres) },
	"pgx":                  onPgx,
	"PgBouncer":            func(tb testing.TB) *store { tb.Helper(); return behindPgBouncer(tb, false) },
	"pgx behind PgBouncer": func(tb testing.TB) *store { tb.Helper(); return behindPgBouncer(tb, true) },
	"MariaDB":              func(tb testing.TB) *store { tb.Helper(); return onServer(tb, inbox.MySQL, mariaDB) },
	"SQLite":               onFile,
}

// onEach runs a test on an empty database of each kind.
func onEach(t *testing.T, test func(s *store)) {
	t.Helper()
	on(t, slices.Collect(maps.Keys(stores)), test)
}

// The helper function on(t, kinds, test) runs test on an empty database of each kind.
func on(t *testing.T, kinds []string, test func(s *store)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(stores[kind](t))
		})
	}
}

// makeTables creates the tables of the merchant and the inbox.
func (s *store) makeTables() *store {
	s.exec(`CREATE TABLE shop_log
(kind VARCHAR(20), order_id VARCHAR(100), status VARCHAR(20), payment VARCHAR(100))`)
	require.NoError(s, s.inbox(ignore).Migrate(s.Context()))
	return s
}

func ignore(context.Context, tx, inbox.Change) error { return nil }

func onServer(tb testing.TB, d inbox.Dialect, shared *database.Shared) *store {
	tb.Helper()
	server, err := shared.Get()
	database.Need(tb, err)
	name := fmt.Sprintf("shop%d", databases.Add(1))
	dsn, err := server.CreateDatabase(tb.Context(), name)
	require.NoError(tb, err)
	return (&store{TB: tb, dialect: d, driver: server.Driver, dsn: dsn, name: name}).makeTables()
}

func onPgx(tb testing.TB) *store {
	tb.Helper()
	s := onServer(tb, inbox.Postgres, postgres)
	s.pgx = true
	return s
}

// behindPgBouncer puts a PgBouncer between the inbox and its server. The test's own queries use it too.
func behindPgBouncer(tb testing.TB, pgx bool) *store {
	tb.Helper()
	s := onServer(tb, inbox.Postgres, postgres)
	server, err := bouncer.Get()
	database.Need(tb, err)
	s.dsn, s.pgx = server.DSN(s.name), pgx
	return s
}

func onFile(tb testing.TB) *store {
	tb.Helper()
	dsn := database.SQLiteDSN(filepath.Join(tb.TempDir(), "shop.db"))
	return (&store{TB: tb, dialect: inbox.SQLite, driver: "sqlite", dsn: dsn}).makeTables()
}

// open opens a separate pool, as another replica would.
func (s *store) open() *sql.DB {
	db, err := sql.Open(s.driver, s.dsn)
	require.NoError(s, err)
	s.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(10)
	if s.driver == "sqlite" {
		db.SetMaxOpenConns(1)
	}
	return db
}

// exec runs a statement with question marks as placeholders, on a separate pool.
func (s *store) exec(statement string, args ...any) {
	_, err := s.open().ExecContext(s.Context(), s.bind(statement), args...)
	require.NoError(s, err)
}

// replica returns an inbox on its own pool, whose Func records each change in the same transaction.
func (s *store) replica(opts ...inbox.Option) box { return s.inbox(s.logChange, opts...) }

func (s *store) logChange(ctx context.Context, tx tx, c inbox.Change) error {
	p := c.Payment
	return tx.exec(ctx, s.bind(`INSERT INTO shop_log (kind, order_id, status, payment) VALUES (?, ?, ?, ?)`),
		string(c.Kind), p.OrderID, string(p.Status), fmt.Sprintf("S%s %s %s %s", p.SessionID, p.TxID, p.Amount, p.Currency))
}

// log returns the kind and status of each change that logChange stored, such as "paid paid".
func (s *store) log() []string { return s.texts(`SELECT kind, status FROM shop_log`) }

// payments is like log, with the payment's fields instead of the status: "paid_again S2 tx-2 49.95 USD".
func (s *store) payments() []string { return s.texts(`SELECT kind, payment FROM shop_log`) }

// texts returns the rows of a query for two text columns.
func (s *store) texts(query string) (log []string) {
	rows, err := database.Pairs(s.Context(), s.open(), query)
	require.NoError(s, err)
	for _, row := range rows {
		log = append(log, row[0]+" "+row[1])
	}
	return log
}

func (s *store) count(table string) int {
	var n int
	require.NoError(s, s.open().QueryRowContext(s.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n))
	return n
}

// bind rewrites a statement's placeholders for PostgreSQL.
func (s *store) bind(query string) string {
	if s.driver != "pgx" {
		return query
	}
	for n := 1; strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", fmt.Sprintf("$%d", n), 1)
	}
	return query
}
