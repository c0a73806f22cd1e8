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
	onEach(t, func(s *store) {
		s.exec(`DROP TABLE ecomtrade24_facts`)
		s.exec(`DROP TABLE ecomtrade24_orders`)
		at(8, func(int) { assert.NoError(s, s.replica().Migrate(s.Context())) })
		require.NoError(s, s.replica().Handle(s.Context(), event(s, `"status":"paid"`)))
		at(8, func(int) { assert.NoError(s, s.replica().Migrate(s.Context())) })
		assert.Equal(s, 1, s.count("ecomtrade24_orders"), "an order's state was lost")
	})
}

// The schema for the merchant's own migration tool creates the same tables as Migrate.
func TestDialect_Schema(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		s.exec(`DROP TABLE ecomtrade24_facts`)
		for _, statement := range s.dialect.Schema() {
			s.exec(statement)
		}
		require.NoError(s, s.replica().Handle(s.Context(), event(s, `"status":"paid"`)))
		assert.Equal(s, []string{"paid paid"}, s.log())
	})
}

// A server with a statement-based binary log rejects the inbox's isolation level on each event (error 1665). Migrate
// returns the error before the first event.
func TestInbox_Migrate_binaryLog(t *testing.T) {
	t.Parallel()
	for format, fine := range map[string]bool{"STATEMENT": false, "MIXED": true, "ROW": true} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			server, err := database.StartMariaDBWith(t.Context(), "--log-bin=binlog", "--binlog-format="+format)
			database.Need(t, err)
			t.Cleanup(server.Remove)
			dsn, err := server.CreateDatabase(t.Context(), "shop")
			require.NoError(t, err)
			s := &store{TB: t, dialect: inbox.MySQL, driver: server.Driver, dsn: dsn}
			box := s.inbox(ignore)
			if !fine {
				require.ErrorContains(t, box.Migrate(t.Context()), "set it to MIXED or ROW")
				return
			}
			require.NoError(t, box.Migrate(t.Context()))
			require.NoError(t, box.Handle(t.Context(), event(t, paid)))
		})
	}
}

// If the tables exist, Migrate does not wait for transactions that write or read them. It also needs no permission to
// create tables.
func TestInbox_Migrate_takesNoLock(t *testing.T) {
	t.Parallel()
	on(t, []string{"PostgreSQL", "pgx"}, func(s *store) {
		writer := s.replica()
		tx, err := writer.begin(s.Context())
		require.NoError(s, err)
		defer func() { _ = tx.rollback(context.WithoutCancel(s.Context())) }()
		_, err = writer.handleTx(s.Context(), tx, event(s, paid))
		require.NoError(s, err)
		require.NoError(s, s.replica().Migrate(s.Context()))
		require.NoError(s, tx.commit(s.Context()))

		role := "reader_" + s.name
		s.exec(`CREATE ROLE ` + role + ` LOGIN`)
		s.exec(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
		s.exec(`GRANT SELECT, INSERT, UPDATE, DELETE ON ecomtrade24_orders, ecomtrade24_facts TO ` + role)
		poor := *s
		poor.dsn = strings.Replace(s.dsn, "user=postgres", "user="+role, 1)
		box := poor.inbox(ignore)
		require.NoError(s, box.Migrate(s.Context()))
		require.NoError(s, box.Handle(s.Context(), eventOf(s, "ORDER-2", paid)))
	})
}

// Migrate returns an error for tables of another version, before the first payment fails.
func TestInbox_Migrate_otherTables(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		s.exec(`ALTER TABLE ecomtrade24_facts RENAME COLUMN event_key TO old_key`)
		require.ErrorContains(s, s.replica().Migrate(s.Context()), "not those of this version")
	})
}

// The inbox finds its tables in a schema outside the search path.
func TestWithSchema(t *testing.T) {
	t.Parallel()
	on(t, []string{"PostgreSQL", "pgx"}, func(s *store) {
		for _, statement := range []string{
			`CREATE SCHEMA "Payments"`, `DROP TABLE ecomtrade24_orders`, `DROP TABLE ecomtrade24_facts`,
		} {
			s.exec(statement)
		}
		box := s.replica(inbox.WithSchema(`"Payments"`), rightAway())
		for range 2 {
			require.NoError(s, box.Migrate(s.Context()))
		}
		expect(s, box, "1", "ORDER-1")
		require.NoError(s, box.Handle(s.Context(), event(s, paid+`,"amount":null`)))
		require.NoError(s, box.Reconcile(s.Context(), statuses(s, map[string]string{"1": paidStatus})))
		require.NoError(s, box.Handle(s.Context(), event(s, paid)))
		assert.Equal(s, []string{"incomplete paid", "paid paid"}, s.log())
	})
}

// Two shops in one database can have the same order IDs and session IDs.
func TestWithNamespace(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		one := s.replica(inbox.WithNamespace("one"), rightAway())
		two := s.replica(inbox.WithNamespace("two"), rightAway())
		for _, box := range []box{one, two, one, two} {
			require.NoError(s, box.Handle(s.Context(), event(s, paid)))
		}
		assert.Equal(s, []string{"paid paid", "paid paid"}, s.log())
		expect(s, one, "7", "ORDER-7")
		client := statuses(s, map[string]string{"7": `"order_id":"ORDER-7","status":"expired"`})
		require.NoError(s, two.Reconcile(s.Context(), client))
		assert.Len(s, s.log(), 2, "expected no change for the other shop's session")
		require.NoError(s, one.Reconcile(s.Context(), client))
		assert.Len(s, s.log(), 3)
	})
}
