package inboxtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// model drives one inbox with orders of messages and writes down its calls.
type model struct {
	db      *sql.DB
	store   *store
	box     *inbox.Inbox
	calls   []call
	message int
	orders  int // so far: each gets an id of its own
	told    int // messages so far
}

func newModel(t *testing.T, s *store, db *sql.DB) *model {
	t.Helper()
	m := &model{store: s, db: db}
	m.box = inbox.New(db, s.dialect, m.apply)
	require.NoError(t, m.box.Migrate(t.Context()))
	return m
}

func (m *model) apply(_ context.Context, _ *sql.Tx, c inbox.Change) error {
	p := c.Payment
	m.calls = append(m.calls, call{
		m.message, c.Kind, p.Paid(), payment{p.SessionID, p.TxID, string(p.Amount), p.Currency},
	})
	return nil
}

// tell hands the messages to the inbox in this order and says what is wrong with the outcome, "" if nothing is.
func (m *model) tell(t *testing.T, truth *truth, order []message) string {
	t.Helper()
	m.orders++
	id := fmt.Sprintf("ORDER-%d", m.orders)
	m.calls = nil
	for i, message := range order {
		m.message = i
		require.NoError(t, m.box.Handle(t.Context(), message.event(id)))
		m.told++
	}
	if wrong := truth.judge(order, m.calls); wrong != "" {
		return wrong
	}
	if diff := cmp.Diff(truth.wantRows(), m.rows(t, id)); diff != "" {
		return "rows (-want +got):\n" + diff
	}
	var rank int
	query := m.store.bind(`SELECT st_rank FROM ecomtrade24_orders WHERE order_id = ?`)
	require.NoError(t, m.db.QueryRowContext(t.Context(), query, id).Scan(&rank))
	if (rank == 30) != (len(truth.payments) > 0) {
		return fmt.Sprintf("the order's rank is %d", rank)
	}
	return ""
}

// rows is what the database holds of an order.
func (m *model) rows(t *testing.T, id string) []string {
	t.Helper()
	query := `SELECT st_rank, session_id, txid, amount, currency FROM ecomtrade24_facts WHERE order_id = ?`
	found, err := m.db.QueryContext(t.Context(), m.store.bind(query), id)
	require.NoError(t, err)
	defer found.Close()
	var rows []string
	for found.Next() {
		var rank int
		var p payment
		require.NoError(t, found.Scan(&rank, &p.session, &p.txID, &p.amount, &p.currency))
		rows = append(rows, fmt.Sprint(rank, p.txID, "/", p.sum()))
	}
	require.NoError(t, found.Err())
	slices.Sort(rows)
	return rows
}

// run tells sets of facts: small ones in every order, large ones in a number of random orders.
func (m *model) run(t *testing.T, seed uint64, sets, small, orders int) {
	t.Helper()
	start := time.Now()
	for set := range sets {
		random := rand.New(rand.NewPCG(seed, uint64(set)))
		size := 1 + random.IntN(small)
		if set%2 == 1 {
			size = small + 1 + random.IntN(12)
		}
		truth := newTruth(random, size)
		for order := range inOrders(random, truth.messages, small, orders) {
			if wrong := m.tell(t, &truth, order); wrong != "" {
				t.Fatalf("INBOX_MODEL_SEED=%d, set %d: %s\npayments %q\nmessages\n%v\ncalls\n%v",
					seed, set, wrong, truth.payments, lines(order), lines(m.calls))
			}
		}
	}
	t.Logf("%d sets of facts, told in %d orders by %d messages, in %v; INBOX_MODEL_SEED=%d repeats it",
		sets, m.orders, m.told, time.Since(start).Round(time.Second), seed)
}

// inOrders yields every order of few messages, or some of many.
func inOrders(random *rand.Rand, messages []message, small, n int) func(func([]message) bool) {
	return func(yield func([]message) bool) {
		if len(messages) <= small {
			permute(slices.Clone(messages), 0, yield)
			return
		}
		for range n {
			order := slices.Clone(messages)
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			if !yield(order) {
				return
			}
		}
	}
}

func permute(order []message, from int, yield func([]message) bool) bool {
	if from >= len(order)-1 {
		return yield(order)
	}
	for i := from; i < len(order); i++ {
		order[from], order[i] = order[i], order[from]
		if !permute(order, from+1, yield) {
			return false
		}
		order[from], order[i] = order[i], order[from]
	}
	return true
}

func lines[T any](all []T) string {
	var text strings.Builder
	for _, one := range all {
		fmt.Fprintf(&text, "  %v\n", one)
	}
	return text.String()
}

// modelSeed is another one each time, unless the environment asks for one.
func modelSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("INBOX_MODEL_SEED")
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err)
	return seed
}

// Whatever the order in which an order's messages come, the rows are the same, every payment is handed on complete
// once, and nothing leaves paid.
func TestInbox_Handle_model(t *testing.T) {
	t.Parallel()
	t.Run("SQLite in memory", func(t *testing.T) {
		t.Parallel()
		s := &store{dialect: inbox.SQLite, driver: "sqlite", dsn: "file::memory:?_txlock=immediate"}
		newModel(t, s, s.open(t)).run(t, modelSeed(t), 300, 5, 30)
	})
	for _, name := range []string{"PostgreSQL", "MariaDB"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stores[name](t)
			newModel(t, s, s.open(t)).run(t, modelSeed(t), 60, 4, 5)
		})
	}
}
