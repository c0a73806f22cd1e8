package inbox_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// While the database is down, the gateway gets 500 and keeps the event. Once the database is back, the same process
// accepts the event.
func TestInbox_Handle_databaseRestarts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dialect inbox.Dialect
		pgx     bool
		start   func(context.Context) (*database.Server, error)
	}{
		"PostgreSQL": {inbox.Postgres, false, database.StartPostgres},
		"pgx":        {inbox.Postgres, true, database.StartPostgres},
		"MariaDB":    {inbox.MySQL, false, database.StartMariaDB},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := tt.start(t.Context())
			database.Need(t, err)
			t.Cleanup(server.Remove)
			dsn, err := server.CreateDatabase(t.Context(), "shop")
			require.NoError(t, err)
			s := &store{TB: t, dialect: tt.dialect, driver: server.Driver, dsn: dsn, pgx: tt.pgx}
			box := s.inbox(ignore)
			require.NoError(t, box.Migrate(t.Context()))
			url := serve(t, box)
			deliver := func(status string) int {
				return post(t, url, `{"session_id":1,"order_id":"ORDER-1","status":"`+status+`","amount":"1.00","currency":"USD"}`)
			}

			assert.Equal(t, http.StatusOK, deliver("pending"))
			server.Crash()
			assert.Equal(t, http.StatusInternalServerError, deliver("paid"))
			require.NoError(t, server.Start(t.Context()))
			assert.Equal(t, http.StatusOK, deliver("paid"))
			assert.Equal(t, 1, s.count("ecomtrade24_orders"))
			assert.Equal(t, 1, s.count("ecomtrade24_facts"))
		})
	}
}
