package inboxtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// What an event costs beside the transaction that a merchant would write by hand for it, on the same database in the
// same run: docs/reliability.md has the figures.

// handWritten is that transaction: the event's key, the order's state, which never goes back, and the merchant's row.
func (s *store) handWritten(ctx context.Context, db *sql.DB, ev *ecomtrade24.Event) error {
	insert, state := `INSERT INTO own_keys VALUES (?) ON CONFLICT DO NOTHING`, `INSERT INTO own_orders VALUES (?, ?)
ON CONFLICT (id) DO UPDATE SET st_rank = excluded.st_rank WHERE own_orders.st_rank < excluded.st_rank`
	if s.driver == "mysql" {
		insert, state = `INSERT IGNORE INTO own_keys VALUES (?)`, `INSERT INTO own_orders VALUES (?, ?)
ON DUPLICATE KEY UPDATE st_rank = GREATEST(st_rank, VALUES(st_rank))`
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	result, err := tx.ExecContext(ctx, s.bind(insert), ev.Key())
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.bind(state), ev.OrderID, ev.Status.Rank()); err != nil {
		return err
	}
	if err := s.ship(ctx, sqlTx{tx}, ev.OrderID); err != nil {
		return err
	}
	return tx.Commit()
}

// ship is the merchant's row.
func (s *store) ship(ctx context.Context, tx tx, orderID string) error {
	return tx.exec(ctx, s.bind(`INSERT INTO own_shipments (order_id) VALUES (?)`), orderID)
}

func (s *store) makeOwnTables(tb testing.TB, db *sql.DB) {
	tb.Helper()
	for _, statement := range []string{
		`CREATE TABLE own_keys (event_key VARCHAR(64) NOT NULL PRIMARY KEY)`,
		`CREATE TABLE own_orders (id VARCHAR(100) NOT NULL PRIMARY KEY, st_rank INT NOT NULL)`,
		`CREATE TABLE own_shipments (order_id VARCHAR(100) NOT NULL)`,
	} {
		_, err := db.ExecContext(tb.Context(), statement)
		require.NoError(tb, err)
	}
}

// BenchmarkEvent is a paid event of a new order, 16 at once.
func BenchmarkEvent(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL", "pgx", "MariaDB"} {
		for _, who := range []string{"by hand", "inbox"} {
			if name == "pgx" && who == "by hand" {
				continue
			}
			b.Run(strings.ReplaceAll(name+"/"+who, " ", "_"), func(b *testing.B) {
				s := stores[name](b)
				db := s.open(b)
				s.makeOwnTables(b, db)
				box := s.inbox(b, func(ctx context.Context, tx tx, c inbox.Change) error {
					return s.ship(ctx, tx, c.Payment.OrderID)
				})
				handle := box.Handle
				if who == "by hand" {
					handle = func(ctx context.Context, ev *ecomtrade24.Event) error { return s.handWritten(ctx, db, ev) }
				}
				var n atomic.Int64
				b.SetParallelism(8)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						ev := paidEvent(int(n.Add(1)))
						if err := handle(b.Context(), ev); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}

// paidEvent is that of the n-th order of a shop whose order ids grow.
func paidEvent(n int) *ecomtrade24.Event {
	return &ecomtrade24.Event{Payment: ecomtrade24.Payment{
		OrderID: fmt.Sprintf("ORDER-%08d", n), SessionID: strconv.Itoa(n), Status: ecomtrade24.StatusPaid,
		Amount: "49.95", Currency: "USD", TxID: fmt.Sprintf("tx-%d", n),
	}}
}

// BenchmarkEvent_ofOneOrder is a further payment of an order id that has had so many: a page for donations.
func BenchmarkEvent_ofOneOrder(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL", "pgx", "MariaDB"} {
		for _, before := range []int{10, 1000} {
			b.Run(fmt.Sprintf("%s/%d_before", name, before), func(b *testing.B) {
				s := stores[name](b)
				box := s.inbox(b, ignore)
				handle := func(n int) {
					ev := paidEvent(n)
					ev.OrderID = "DONATIONS"
					require.NoError(b, box.Handle(b.Context(), ev))
				}
				for n := range before {
					handle(n)
				}
				b.ResetTimer()
				for n := range b.N {
					handle(before + n)
				}
			})
		}
	}
}

// BenchmarkEvent_amongOthers is a paid event of a new order in tables that hold so many older orders.
func BenchmarkEvent_amongOthers(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		for _, older := range []int{0, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d_older", name, older), func(b *testing.B) {
				s := stores[name](b)
				db := s.open(b)
				for _, insert := range []string{
					`INSERT INTO ecomtrade24_orders (account, order_key, paid, was_paid, seen@)
SELECT '', printf('ORDER-%08d', n), 1, 0, 1# FROM older`,
					`INSERT INTO ecomtrade24_facts
(account, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, due_at)
SELECT '', printf('ORDER-%08d', n), '' || n, '', 30, 'tx-' || n, '49.95', 'USD', '', 1, 0 FROM older`,
				} {
					_, err := db.ExecContext(b.Context(), s.seed(insert, older))
					require.NoError(b, err)
				}
				box := s.inbox(b, ignore)
				b.ResetTimer()
				for n := range b.N {
					require.NoError(b, box.Handle(b.Context(), paidEvent(older+n+1)))
				}
			})
		}
	}
}

// seed is a statement with a table of the numbers of older orders, as the database has it.
func (s *store) seed(insert string, older int) string {
	if s.driver == "pgx" {
		insert = strings.NewReplacer(
			"printf('ORDER-%08d', n)", "'ORDER-' || lpad(n::text, 8, '0')", "@", "", "#", "").Replace(insert)
		return strings.Replace(insert, "FROM older", fmt.Sprintf("FROM generate_series(1, %d) n", older), 1)
	}
	insert = strings.NewReplacer("@", ", mark", "#", ", ''").Replace(insert)
	return strings.Replace(insert, "\nSELECT", fmt.Sprintf(
		"\nWITH RECURSIVE older (n) AS (SELECT 1 WHERE %[1]d > 0 UNION ALL SELECT n + 1 FROM older WHERE n < %[1]d) SELECT",
		older), 1)
}

// What an event reads of an order is found by its session, however much else is known of the order.
func TestInbox_Handle_readsItsSessionOnly(t *testing.T) {
	t.Parallel()
	s := stores["SQLite"](t)
	var id, parent, unused int
	var plan string
	row := s.open(t).QueryRowContext(t.Context(), "EXPLAIN QUERY PLAN "+ledger.SQLite().Read, "1", "", "ORDER-1")
	require.NoError(t, row.Scan(&id, &parent, &unused, &plan))
	assert.Contains(t, plan, "PRIMARY KEY (account=? AND order_key=? AND session_id=?)")
}
