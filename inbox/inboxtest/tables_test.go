package inboxtest_test

import (
	"strings"
	"testing"
	"time"

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
			for _, table := range []string{"ecomtrade24_events", "ecomtrade24_orders"} {
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
			_, err := db.ExecContext(t.Context(), `DROP TABLE ecomtrade24_events`)
			require.NoError(t, err)
			for statement := range strings.SplitSeq(s.dialect.Schema(), ";\n") {
				if statement != "" {
					_, err := db.ExecContext(t.Context(), statement)
					require.NoError(t, err)
				}
			}
			require.NoError(t, s.replica(t).Handle(t.Context(), event(t, `"status":"paid"`)))
			assert.Equal(t, []string{"advanced paid"}, s.log(t))
		})
	}
}

// Old keys go, in more than one batch; the order's state stays, and still keeps a late event from un-paying the order.
func TestInbox_Prune(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box, db := s.replica(t), s.open(t)
			require.NoError(t, box.Handle(t.Context(), event(t, `"status":"paid","txid":"tx-1"`)))
			aMonthAgo := s.bind(`UPDATE ecomtrade24_events SET received_at = received_at - ?`)
			_, err := db.ExecContext(t.Context(), aMonthAgo, 31*24*3600)
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), `INSERT INTO ecomtrade24_events (event_key, claimed, received_at)
WITH RECURSIVE fifty (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM fifty WHERE n < 50)
SELECT CONCAT(a.n, ' and ', b.n), 1, 0 FROM fifty a, fifty b`)
			require.NoError(t, err)
			require.NoError(t, box.Handle(t.Context(), event(t, `"status":"invented"`)), "a young event")

			require.NoError(t, box.Prune(t.Context(), 30*24*time.Hour))
			assert.Equal(t, 1, s.count(t, "ecomtrade24_events"))
			assert.Equal(t, 1, s.count(t, "ecomtrade24_orders"))
			for _, late := range []string{`"status":"paid","txid":"tx-1"`, `"status":"expired"`, `"status":"invented"`} {
				require.NoError(t, box.Handle(t.Context(), event(t, late)))
			}
			assert.Equal(t, []string{"advanced paid", "unknown invented"}, s.log(t))
		})
	}
}
