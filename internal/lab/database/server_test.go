package database_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// Committed data survives a crash.
func TestServer(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(context.Context) (*database.Server, error){
		"PostgreSQL": database.StartPostgres,
		"MariaDB":    database.StartMariaDB,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := start(t.Context())
			database.Need(t, err)
			t.Cleanup(s.Remove)
			dsn, err := s.CreateDatabase(t.Context(), "shop")
			require.NoError(t, err)
			db, err := sql.Open(s.Driver, dsn)
			require.NoError(t, err)
			defer db.Close()
			_, err = db.ExecContext(t.Context(), "CREATE TABLE orders (id INT)")
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), "INSERT INTO orders VALUES (42)")
			require.NoError(t, err)

			s.Crash()
			require.Error(t, db.PingContext(t.Context()))
			require.NoError(t, s.Start(t.Context()))
			var id int
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT id FROM orders").Scan(&id))
			require.Equal(t, 42, id)
		})
	}
}
