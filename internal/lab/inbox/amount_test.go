package inbox_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// An Amount written to any exact column reads back as the same sum.
func TestAmount_columns(t *testing.T) {
	t.Parallel()
	amounts := []ecomtrade24.Amount{"49.95", "0.10", "50", "50.00", "0", "9007199254740993.01", "123456789012345678.99"}
	for name, columns := range map[string][]string{
		"PostgreSQL": {"NUMERIC", "NUMERIC(30, 2)", "DECIMAL(30, 4)", "TEXT", "VARCHAR(40)"},
		"MariaDB":    {"NUMERIC(30, 2)", "DECIMAL(30, 4)", "VARCHAR(40)"},
		"SQLite":     {"TEXT", "VARCHAR(40)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stores[name](t)
			for n, column := range columns {
				table := fmt.Sprintf("amounts%d", n)
				s.exec(`CREATE TABLE ` + table + ` (due ` + column + `)`)
				for _, want := range amounts {
					var got ecomtrade24.Amount
					require.NoError(t, s.writeAndRead(table, want, &got), column)
					assert.True(t, got.Equal(want), "%s: %s came back as %s", column, want, got)
				}
				var null sql.Null[ecomtrade24.Amount]
				require.NoError(t, s.writeAndRead(table, null, &null), column)
				assert.False(t, null.Valid)
			}
		})
	}
}

// writeAndRead makes value the only row of the table, and reads it into got.
func (s *store) writeAndRead(table string, value, got any) error {
	s.exec(`DELETE FROM ` + table)
	s.exec(`INSERT INTO `+table+` (due) VALUES (?)`, value)
	return s.open().QueryRowContext(s.Context(), `SELECT due FROM `+table).Scan(got)
}

// SQLite stores a DECIMAL as a float, and the other databases have a float type too. Reading a float returns an error,
// not an approximate amount. Writing an invalid amount returns an error too.
func TestAmount_columnsThatAreNotExact(t *testing.T) {
	t.Parallel()
	for name, column := range map[string]string{
		"PostgreSQL": "DOUBLE PRECISION", "MariaDB": "DOUBLE", "SQLite": "DECIMAL(10, 2)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stores[name](t)
			db := s.open()
			s.exec(`CREATE TABLE amounts (due ` + column + `)`)
			s.exec(`INSERT INTO amounts (due) VALUES (49.95)`)
			var got ecomtrade24.Amount
			err := db.QueryRowContext(t.Context(), `SELECT due FROM amounts`).Scan(&got)
			require.ErrorContains(t, err, "not exact")
			assert.Empty(t, got)
			_, err = db.ExecContext(t.Context(), s.bind(`INSERT INTO amounts (due) VALUES (?)`), ecomtrade24.Amount("1e3"))
			require.ErrorContains(t, err, "not a decimal literal")
		})
	}
}
