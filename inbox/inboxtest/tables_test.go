package inboxtest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// The text for the merchant's own migration tool makes the tables that Migrate makes.
func TestDialect_Schema(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			db := s.open(t)
			_, err := db.ExecContext(t.Context(), `DROP TABLE ecomtrade24_facts`)
			require.NoError(t, err)
			for statement := range strings.SplitSeq(s.dialect.Schema(), ";\n") {
				if statement != "" {
					_, err := db.ExecContext(t.Context(), statement)
					require.NoError(t, err)
				}
			}
			require.NoError(t, s.replica(t).Handle(t.Context(), event(t, `"status":"paid"`)))
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}
