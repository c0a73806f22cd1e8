package inbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
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
	box     box
	calls   []call
	keys    map[string]int // the message of each Incomplete
	message int
	orders  int // so far: each gets an id of its own
	told    int // messages so far
}

func newModel(t *testing.T, s *store, db *sql.DB) *model {
	t.Helper()
	m := &model{store: s, db: db}
	m.box = s.inboxOn(db, m.apply)
	if s.pgx {
		m.box = s.inbox(t, m.apply)
	}
	require.NoError(t, m.box.Migrate(t.Context()))
	return m
}

func (m *model) apply(_ context.Context, _ tx, c inbox.Change) error {
	p := c.Payment
	one := call{message: m.message, kind: c.Kind, payment: payment{p.SessionID, p.TxID, string(p.Amount), p.Currency}}
	for _, key := range c.Completes {
		n, ok := m.keys[key]
		if !ok {
			return fmt.Errorf("it completes %q, which was not told", key)
		}
		one.completes = append(one.completes, n)
	}
	slices.Sort(one.completes)
	if c.Kind == inbox.Incomplete {
		m.keys[c.Key] = m.message
	}
	m.calls = append(m.calls, one)
	return nil
}

// tell hands the messages to the inbox in this order and says what is wrong with the calls, "" if nothing is.
func (m *model) tell(t *testing.T, order []message) string {
	t.Helper()
	m.orders++
	id := fmt.Sprintf("ORDER-%d", m.orders)
	m.calls, m.keys = nil, make(map[string]int)
	for i, message := range order {
		m.message = i
		require.NoError(t, m.box.Handle(t.Context(), message.event(id)))
		m.told++
	}
	want := judge(order)
	if diff := cmp.Diff(want, m.calls, cmp.AllowUnexported(call{}, payment{})); diff != "" {
		return "calls (-want +got):\n" + diff
	}
	var paid int
	query := m.store.bind(`SELECT paid FROM ecomtrade24_orders WHERE order_key = ?`)
	require.NoError(t, m.db.QueryRowContext(t.Context(), query, id).Scan(&paid))
	if (paid == 1) != (len(paymentsOf(order)) > 0) {
		return fmt.Sprintf("the order's paid is %d", paid)
	}
	return ""
}

// run tells sets of messages: small ones in every order, large ones in a number of random orders.
func (m *model) run(t *testing.T, seed uint64, sets, small, orders int) {
	t.Helper()
	start := time.Now()
	for set := range sets {
		random := rand.New(rand.NewPCG(seed, uint64(set)))
		size := 1 + random.IntN(small)
		if set%2 == 1 {
			size = small + 1 + random.IntN(12)
		}
		messages := invent(random, size)
		for order := range inOrders(random, messages, small, orders) {
			if wrong := m.tell(t, order); wrong != "" {
				t.Fatalf("INBOX_MODEL_SEED=%d, set %d: %s\nmessages\n%v\ncalls\n%v",
					seed, set, wrong, lines(order), lines(m.calls))
			}
		}
	}
	t.Logf("%d sets of messages, told in %d orders by %d messages, in %v; INBOX_MODEL_SEED=%d repeats it",
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

// Whatever the order in which an order's messages come, the calls are those of the rule.
func TestInbox_Handle_model(t *testing.T) {
	t.Parallel()
	t.Run("SQLite in memory", func(t *testing.T) {
		t.Parallel()
		s := &store{dialect: inbox.SQLite, driver: "sqlite", dsn: "file::memory:?_txlock=immediate"}
		newModel(t, s, s.open(t)).run(t, modelSeed(t), 300, 5, 30)
	})
	for _, name := range []string{"PostgreSQL", "pgx", "MariaDB"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stores[name](t)
			newModel(t, s, s.open(t)).run(t, modelSeed(t), 60, 4, 5)
		})
	}
}
