package databases

import (
	"context"
	"database/sql"
	_ "embed"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

//go:embed schema.sql
var schema string

// shop is a shop that uses one of the libraries.
type shop interface {
	Migrate(ctx context.Context) error
	Handle(ctx context.Context, ev *ecomtrade24.Event) error
	receive(ctx context.Context, ev *ecomtrade24.Event) error
}

// shops holds one function per library; each function opens a shop that uses the library.
var shops = map[string]func(t *testing.T, db *sql.DB, dsn string) shop{
	"sqlc on pgx": func(t *testing.T, _ *sql.DB, dsn string) shop {
		t.Helper()
		pool, err := pgxpool.New(t.Context(), dsn)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		return newSQLCPgxShop(pool)
	},
	"sqlx": func(_ *testing.T, db *sql.DB, _ string) shop { return newSQLXShop(sqlx.NewDb(db, "pgx")) },
	"gorm": func(t *testing.T, db *sql.DB, _ string) shop { t.Helper(); return onGorm(t, db, &gorm.Config{}) },
	"gorm with prepared statements": func(t *testing.T, db *sql.DB, _ string) shop {
		t.Helper()
		return onGorm(t, db, &gorm.Config{PrepareStmt: true})
	},
	"bun": func(_ *testing.T, db *sql.DB, _ string) shop { return newBunShop(bun.NewDB(db, pgdialect.New())) },
}

func onGorm(t *testing.T, db *sql.DB, config *gorm.Config) shop {
	t.Helper()
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), config)
	require.NoError(t, err)
	s, err := newGormShop(g)
	require.NoError(t, err)
	return s
}

var server = database.Shared{Start: database.StartPostgres}

func TestMain(m *testing.M) {
	code := m.Run()
	server.Remove()
	os.Exit(code)
}

// openDatabase opens an empty database with the shop's tables.
func openDatabase(t *testing.T) (db *sql.DB, dsn string) {
	t.Helper()
	dsn = server.New(t)
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = db.ExecContext(t.Context(), schema)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(),
		`INSERT INTO orders (id, amount, currency) VALUES ('A', '49.95', 'USD'), ('B', '49.95', 'USD')`)
	require.NoError(t, err)
	return db, dsn
}

func payment(session, order string) *ecomtrade24.Event {
	return &ecomtrade24.Event{Type: ecomtrade24.EventPaymentSession, Payment: ecomtrade24.Payment{
		SessionID: session, OrderID: order, Status: ecomtrade24.StatusPaid, Amount: "49.95", Currency: "USD",
	}}
}

// column returns the only column of a query.
func column[T any](t *testing.T, db *sql.DB, query string) (all []T) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var v T
		require.NoError(t, rows.Scan(&v))
		all = append(all, v)
	}
	require.NoError(t, rows.Err())
	return all
}

func TestShops(t *testing.T) {
	t.Parallel()
	for name, open := range shops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, dsn := openDatabase(t)
			s := open(t, db, dsn)
			require.NoError(t, s.Migrate(t.Context()))
			buy(t, db, s)
			undone(t, db, s)
		})
	}
}

// buy pays for order A twice, and for an order that does not exist.
func buy(t *testing.T, db *sql.DB, s shop) {
	t.Helper()
	require.NoError(t, s.Handle(t.Context(), payment("1", "A")))
	require.NoError(t, s.Handle(t.Context(), payment("1", "A")))
	assert.Equal(t, []string{"A"}, column[string](t, db, `SELECT id FROM orders WHERE paid`))
	assert.Empty(t, column[string](t, db, `SELECT why FROM reviews`))

	require.NoError(t, s.receive(t.Context(), payment("2", "A")))
	require.NoError(t, s.receive(t.Context(), payment("3", "NONE")))
	assert.Equal(t, []string{"A", "NONE"}, column[string](t, db, `SELECT order_id FROM reviews ORDER BY order_id`))
	assert.Equal(t, []string{"A", "NONE"}, column[string](t, db, `SELECT order_id FROM deliveries ORDER BY id`))
}

// undone checks that the shop and the inbox write in one transaction: the commit fails twice after all statements have
// run, and then succeeds.
func undone(t *testing.T, db *sql.DB, s shop) {
	t.Helper()
	refuse(t, db, true)
	ev := payment("4", "B")
	require.ErrorContains(t, s.Handle(t.Context(), ev), "refused at the commit")
	require.ErrorContains(t, s.receive(t.Context(), ev), "refused at the commit")
	assert.Equal(t, []string{"A"}, column[string](t, db, `SELECT id FROM orders WHERE paid`))

	refuse(t, db, false)
	require.NoError(t, s.receive(t.Context(), ev))
	assert.Equal(t, []string{"A", "B"}, column[string](t, db, `SELECT id FROM orders WHERE paid ORDER BY id`))
	assert.Equal(t, []string{"A", "NONE", "B"}, column[string](t, db, `SELECT order_id FROM deliveries ORDER BY id`))
	assert.Len(t, column[string](t, db, `SELECT why FROM reviews`), 2)
}

// refuse sets whether PostgreSQL rejects commits of transactions in which the inbox has written.
func refuse(t *testing.T, db *sql.DB, on bool) {
	t.Helper()
	statement := `DROP TRIGGER refuse ON ecomtrade24_orders`
	if on {
		statement = `CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON ecomtrade24_orders
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION refuse()`
	}
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}
