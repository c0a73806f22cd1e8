package inbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// These benchmarks compare the inbox with a hand-written transaction, on the same database in the same run.
// docs/reliability.md has the figures.

// handWritten handles an event without the inbox. It stores the event's key, the merchant's row, and the order's state,
// whose rank never falls.
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

func (s *store) ship(ctx context.Context, tx tx, orderID string) error {
	return tx.exec(ctx, s.bind(`INSERT INTO own_shipments (order_id) VALUES (?)`), orderID)
}

// BenchmarkEvent handles paid events of new orders, 16 concurrently. The hand-written transaction and the inbox
// alternate every 500 events, so that a change in the machine's speed favors neither.
func BenchmarkEvent(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL", "pgx", "MariaDB"} {
		b.Run(name, func(b *testing.B) {
			s := stores[name](b)
			db := s.open()
			s.exec(`CREATE TABLE own_keys (event_key VARCHAR(64) NOT NULL PRIMARY KEY)`)
			s.exec(`CREATE TABLE own_orders (id VARCHAR(100) NOT NULL PRIMARY KEY, st_rank INT NOT NULL)`)
			s.exec(`CREATE TABLE own_shipments (order_id VARCHAR(100) NOT NULL)`)
			box := s.inbox(func(ctx context.Context, tx tx, c inbox.Change) error {
				return s.ship(ctx, tx, c.Payment.OrderID)
			})
			var byHand, byInbox time.Duration
			var n atomic.Int64
			for b.Loop() {
				byHand += inParallel(b, &n, func(ev *ecomtrade24.Event) error { return s.handWritten(b.Context(), db, ev) })
				byInbox += inParallel(b, &n, func(ev *ecomtrade24.Event) error { return box.Handle(b.Context(), ev) })
			}
			report(b, eventsInTurn, "by-hand", byHand, "inbox", byInbox)
		})
	}
}

const eventsInTurn = 500

// inParallel handles events of new orders, 16 concurrently, and returns how long they took.
func inParallel(b *testing.B, n *atomic.Int64, handle func(*ecomtrade24.Event) error) time.Duration {
	b.Helper()
	var left atomic.Int64
	left.Store(eventsInTurn)
	var workers sync.WaitGroup
	start := time.Now()
	for range 16 {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if err := handle(paidEvent(int(n.Add(1)))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	return time.Since(start)
}

// paidEvent returns the paid event of the n-th order. Order IDs grow with n.
func paidEvent(n int) *ecomtrade24.Event {
	return &ecomtrade24.Event{Payment: ecomtrade24.Payment{
		OrderID: fmt.Sprintf("ORDER-%08d", n), SessionID: strconv.Itoa(n), Status: ecomtrade24.StatusPaid,
		Amount: "49.95", Currency: "USD", TxID: fmt.Sprintf("tx-%d", n),
	}}
}

// BenchmarkEvent_ofOneOrder compares how long a payment takes for an order with a thousand payments, like a donation
// page, and for an order with ten payments.
func BenchmarkEvent_ofOneOrder(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL", "pgx", "MariaDB"} {
		b.Run(name, func(b *testing.B) {
			box := stores[name](b).inbox(ignore)
			n := 0
			pay := func(order string, times int) time.Duration {
				start := time.Now()
				for range times {
					n++
					ev := paidEvent(n)
					ev.OrderID = order
					require.NoError(b, box.Handle(b.Context(), ev))
				}
				return time.Since(start)
			}
			pay("DONATIONS", 1000)
			var few, many time.Duration
			for turn := 0; b.Loop(); turn++ {
				order := fmt.Sprintf("ORDER-%d", turn)
				pay(order, 10)
				few += pay(order, 20)
				many += pay("DONATIONS", 20)
			}
			report(b, 20, "after-10", few, "after-1000", many)
		})
	}
}

// BenchmarkEvent_amongOthers compares the time of a new order's paid event in tables with a million older orders and in
// empty tables.
func BenchmarkEvent_amongOthers(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			const older, inTurn = 1_000_000, 100
			empty, full := stores[name](b).inbox(ignore), stores[name](b)
			for _, insert := range []string{
				`INSERT INTO ecomtrade24_orders (namespace, order_key, paid, was_paid, seen@)
SELECT '', printf('ORDER-%08d', n), 1, 0, 1# FROM older`,
				`INSERT INTO ecomtrade24_facts
(namespace, order_key, session_id, fact, st_rank, txid, amount, currency, event_key, since, next_check, lease_until)
SELECT '', printf('ORDER-%08d', n), '' || n, '', 30, 'tx-' || n, '49.95', 'USD', '', 1, 0, 0 FROM older`,
			} {
				full.exec(full.seed(insert, older))
			}
			n := older
			pay := func(box box) time.Duration {
				start := time.Now()
				for i := range inTurn {
					require.NoError(b, box.Handle(b.Context(), paidEvent(n+i)))
				}
				return time.Since(start)
			}
			among := full.inbox(ignore)
			var alone, crowded time.Duration
			for b.Loop() {
				n += inTurn
				alone += pay(empty)
				crowded += pay(among)
			}
			report(b, inTurn, "empty", alone, "a-million", crowded)
		})
	}
}

// report reports the time per event in both cases, and the second time as a multiple of the first.
func report(b *testing.B, inTurn int, one string, first time.Duration, other string, second time.Duration) {
	b.Helper()
	events := float64(inTurn * b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(first.Seconds()*1e6/events, "µs/"+one)
	b.ReportMetric(second.Seconds()*1e6/events, "µs/"+other)
	b.ReportMetric(second.Seconds()/first.Seconds(), "times")
}

// seed returns a statement that inserts numbered older orders, in the database's SQL.
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

// An event's query finds its session by index, even if the order has many facts.
func TestInbox_Handle_readsItsSessionOnly(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		var id, parent, unused int
		var plan string
		row := stores["SQLite"](t).open().QueryRowContext(t.Context(),
			"EXPLAIN QUERY PLAN "+ledger.Standard("").Read, "1", "", "ORDER-1")
		require.NoError(t, row.Scan(&id, &parent, &unused, &plan))
		assert.Contains(t, plan, "PRIMARY KEY (namespace=? AND order_key=? AND session_id=?)")
	})
	// PostgreSQL makes the plan below for empty tables, and keeps it until the tables are analyzed.
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		conn, err := stores["PostgreSQL"](t).open().Conn(t.Context())
		require.NoError(t, err)
		defer conn.Close()
		for _, statement := range []string{
			"SET plan_cache_mode = force_generic_plan", "PREPARE own (text, text, text) AS " + ledger.Postgres().Read,
		} {
			_, err := conn.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		rows, err := conn.QueryContext(t.Context(), "EXPLAIN EXECUTE own ('1', '', 'ORDER-1')")
		require.NoError(t, err)
		defer rows.Close()
		var plan strings.Builder
		for rows.Next() {
			var line string
			require.NoError(t, rows.Scan(&line))
			plan.WriteString(line + "\n")
		}
		require.NoError(t, rows.Err())
		const byIndex = "Index Cond: ((namespace = $2) AND (order_key = $3) AND (session_id = "
		assert.Equal(t, 2, strings.Count(plan.String(), byIndex), plan.String())
	})
}
