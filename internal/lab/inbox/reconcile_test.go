package inbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// gateway returns a client for a fake gateway.
func gateway(tb testing.TB, respond http.HandlerFunc) *ecomtrade24.Client {
	tb.Helper()
	server := httptest.NewServer(respond)
	tb.Cleanup(server.Close)
	client, err := ecomtrade24.NewClient(server.URL, "key-1234567890",
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
	require.NoError(tb, err)
	return client
}

// statuses returns a client for a fake gateway. sessions maps a session ID to the JSON members of the status response.
func statuses(tb testing.TB, sessions map[string]string) *ecomtrade24.Client {
	tb.Helper()
	return gateway(tb, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"ok":true,%s}`, sessions[r.URL.Query().Get("session_id")])
	})
}

// paidStatus holds the JSON members of the status response for session 1 once it is paid.
const paidStatus = `"session_id":1,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"`

// rightAway is an option for tests: each Reconcile looks up every session, even right after Expect.
func rightAway() inbox.Option {
	return inbox.WithSpacing(func(time.Duration, bool) time.Duration { return time.Nanosecond })
}

// expect stores an order's session with Expect.
func expect(tb testing.TB, box box, session, order string) {
	tb.Helper()
	tx, err := box.begin(tb.Context())
	require.NoError(tb, err)
	require.NoError(tb, box.expect(tb.Context(), tx, session, order))
	require.NoError(tb, tx.commit(tb.Context()))
}

// Reconcile reports only changes that no webhook has reported. A later webhook changes nothing.
func TestInbox_Reconcile(t *testing.T) {
	t.Parallel()
	const paid = `"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"`
	onEach(t, func(s *store) {
		box := s.replica(rightAway())
		client := statuses(s, map[string]string{
			"1": paid,
			"2": `"order_id":"ORDER-2","status":"paid","amount":"10.00","currency":"USD","txid":"tx-2"`,
			"3": `"order_id":"ORDER-3","status":"pending"`,
			"4": `"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-4"`,
			"5": `"order_id":"ORDER-1","status":"expired"`,
		})
		expect(s, box, "1", "ORDER-1")
		require.NoError(s, box.Handle(s.Context(), event(s, paid)), "the only webhook that arrived")
		for session, order := range map[string]string{"2": "ORDER-2", "3": "ORDER-3", "5": "ORDER-1"} {
			expect(s, box, session, order)
		}
		for range 2 {
			require.NoError(s, box.Reconcile(s.Context(), client))
		}
		assert.ElementsMatch(s, []string{"paid paid", "paid paid", "progress pending", "progress expired"}, s.log())

		expect(s, box, "4", "ORDER-1")
		require.NoError(s, box.Reconcile(s.Context(), client))
		require.NoError(s, box.Handle(s.Context(), event(s, `"session_id":4,`+paid[:len(paid)-2]+`4"`)))
		assert.Len(s, s.log(), 5)
		assert.Equal(s, "paid_again paid", s.log()[4])
	})
}

// Reconcile and the webhooks report the same payments at the same time, with different event types and different
// missing fields.
func TestInbox_Reconcile_racesWebhooks(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		const orders = 8
		answers, webhooks, ids := raceOf(orders)
		client, replicas := statuses(s, answers), []string{serve(s, s.replica()), serve(s, s.replica())}
		box := s.replica(rightAway())
		for i, id := range ids {
			expect(s, box, id, fmt.Sprintf("ORDER-%d", i/3))
		}
		at(8, func(i int) {
			if i < 2 {
				assert.NoError(s, box.Reconcile(s.Context(), client))
				return
			}
			for n := i - 2; n < len(webhooks); n += 6 {
				assert.Equal(s, http.StatusOK, post(s, replicas[n%2], webhooks[n]))
			}
		})
		calls := map[string]int{}
		for _, line := range s.texts(`SELECT kind, order_id FROM shop_log WHERE status = 'paid'`) {
			calls[line]++
		}
		for i := range orders {
			assert.Equal(s, 1, calls[fmt.Sprintf("paid ORDER-%d", i)], "order %d: %v", i, calls)
			assert.Equal(s, 1, calls[fmt.Sprintf("paid_again ORDER-%d", i)], "order %d: %v", i, calls)
		}
		assert.Equal(s, orders, s.count("ecomtrade24_orders"))
	})
}

// raceOf invents orders, each with two sessions that are paid and one that expires. It returns the gateway's responses
// by session, the webhooks, and the sessions' IDs.
func raceOf(orders int) (answers map[string]string, webhooks, ids []string) {
	answers = make(map[string]string)
	for i := range orders {
		for session := 3*i + 1; session <= 3*i+3; session++ {
			ids = append(ids, strconv.Itoa(session))
			members := fmt.Sprintf(`"order_id":"ORDER-%d","status":"paid","amount":"49.95","currency":"USD"`, i)
			if session%3 == 0 {
				members = fmt.Sprintf(`"order_id":"ORDER-%d","status":"expired"`, i)
			}
			answers[strconv.Itoa(session)] = fmt.Sprintf(`%s,"txid":"tx-%d"`, members, session)
			for _, more := range []string{
				`"txid":null`, `"amount":null`, `"currency":null`, `"event":"payment.completed"`,
				fmt.Sprintf(`"txid":"tx-%d"`, session),
			} {
				webhooks = append(webhooks, fmt.Sprintf(`{"session_id":%d,%s,%s}`, session, members, more))
			}
		}
	}
	return answers, webhooks, ids
}
