package inbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

func TestInbox_Migrate_manyReplicas(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			db := s.open(t)
			for _, table := range []string{"ecomtrade24_facts", "ecomtrade24_orders"} {
				_, err := db.ExecContext(t.Context(), `DROP TABLE `+table)
				require.NoError(t, err)
			}
			at(8, func(int) { assert.NoError(t, s.replica(t).Migrate(t.Context())) })
			require.NoError(t, s.replica(t).Handle(t.Context(), event(t, `"status":"paid"`)))
			at(8, func(int) { assert.NoError(t, s.replica(t).Migrate(t.Context())) })
			assert.Equal(t, 1, s.count(t, "ecomtrade24_orders"), "an order's state was lost")
		})
	}
}

// The schema for the merchant's own migration tool creates the same tables as Migrate.
func TestDialect_Schema(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			db := s.open(t)
			_, err := db.ExecContext(t.Context(), `DROP TABLE ecomtrade24_facts`)
			require.NoError(t, err)
			for _, statement := range s.dialect.Schema() {
				_, err := db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			require.NoError(t, s.replica(t).Handle(t.Context(), event(t, `"status":"paid"`)))
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}

// A server with a statement-based binary log rejects the inbox's isolation level on each event (error 1665). Migrate
// returns the error before the first event.
func TestInbox_Migrate_binaryLog(t *testing.T) {
	t.Parallel()
	for format, fine := range map[string]bool{"STATEMENT": false, "MIXED": true, "ROW": true} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			server, err := database.StartMariaDBWith(t.Context(), "--log-bin=binlog", "--binlog-format="+format)
			skipMissing(t, err)
			require.NoError(t, err)
			t.Cleanup(server.Remove)
			dsn, err := server.CreateDatabase(t.Context(), "shop")
			require.NoError(t, err)
			s := &store{dialect: inbox.MySQL, driver: server.Driver, dsn: dsn}
			box := s.inbox(t, ignore)
			if !fine {
				require.ErrorContains(t, box.Migrate(t.Context()), "set it to MIXED or ROW")
				return
			}
			require.NoError(t, box.Migrate(t.Context()))
			require.NoError(t, box.Handle(t.Context(), event(t, paid)))
		})
	}
}

// If the tables exist, Migrate waits for no transaction, neither one that wrote to the tables nor one that reads them.
// It needs no right to create tables either.
func TestInbox_Migrate_takesNoLock(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "pgx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testMigrateTakesNoLock(t, stores[name](t))
		})
	}
}

func testMigrateTakesNoLock(t *testing.T, s *store) {
	t.Helper()
	db, writer := s.open(t), s.replica(t)
	tx, err := writer.begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.rollback(context.WithoutCancel(t.Context())) }()
	_, err = writer.handleTx(t.Context(), tx, event(t, paid))
	require.NoError(t, err)
	require.NoError(t, s.replica(t).Migrate(t.Context()))
	require.NoError(t, tx.commit(t.Context()))

	var name string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT current_database()`).Scan(&name))
	role := "reader_" + name
	for _, statement := range []string{
		`CREATE ROLE ` + role + ` LOGIN`, `REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ecomtrade24_orders, ecomtrade24_facts TO ` + role,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	poor := *s
	poor.dsn = strings.Replace(s.dsn, "user=postgres", "user="+role, 1)
	box := poor.inbox(t, ignore)
	require.NoError(t, box.Migrate(t.Context()))
	ev := event(t, paid)
	ev.OrderID = "ORDER-2"
	require.NoError(t, box.Handle(t.Context(), ev))
}

// Tables of another version are an error at the start, and not on the first payment.
func TestInbox_Migrate_otherTables(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			_, err := s.open(t).ExecContext(t.Context(), `ALTER TABLE ecomtrade24_facts RENAME COLUMN event_key TO old_key`)
			require.NoError(t, err)
			require.ErrorContains(t, s.replica(t).Migrate(t.Context()), "not those of this version")
		})
	}
}

// The tables in a schema that is not in the search path.
func TestWithSchema(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "pgx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testWithSchema(t, stores[name](t))
		})
	}
}

func testWithSchema(t *testing.T, s *store) {
	t.Helper()
	db := s.open(t)
	for _, statement := range []string{
		`CREATE SCHEMA "Payments"`, `DROP TABLE ecomtrade24_orders`, `DROP TABLE ecomtrade24_facts`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	box := s.inbox(t, s.logChange, inbox.WithSchema(`"Payments"`), rightAway())
	for range 2 {
		require.NoError(t, box.Migrate(t.Context()))
	}
	expect(t, box, "1", "ORDER-1")
	client := statuses(t, map[string]string{
		"1": `"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"`,
	})
	require.NoError(t, box.Handle(t.Context(), event(t, paid+`,"amount":null`)))
	require.NoError(t, box.Reconcile(t.Context(), client))
	require.NoError(t, box.Handle(t.Context(), event(t, paid)))
	assert.Equal(t, []string{"incomplete paid", "paid paid"}, s.log(t))
}
