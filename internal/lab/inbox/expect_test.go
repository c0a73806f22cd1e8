package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/inbox/pgxinbox"
)

// age makes a session as old as that, and due now.
func (s *store) age(t *testing.T, session string, age time.Duration) {
	t.Helper()
	query := s.bind(`UPDATE ecomtrade24_facts SET since = ?, due_at = 1 WHERE session_id = ?`)
	_, err := s.open(t).ExecContext(t.Context(), query, time.Now().Add(-age).Unix(), session)
	require.NoError(t, err)
}

// dueIn is how long it is until a session is due, 0 for never.
func (s *store) dueIn(t *testing.T, session string) time.Duration {
	t.Helper()
	var due int64
	row := s.open(t).QueryRowContext(t.Context(),
		s.bind(`SELECT due_at FROM ecomtrade24_facts WHERE session_id = ? AND fact = ''`), session)
	require.NoError(t, row.Scan(&due))
	if due <= 0 {
		return 0
	}
	return time.Until(time.Unix(due, 0)).Round(time.Minute)
}

// A session is asked about often while it is young, seldom later, and in the end never.
func TestInbox_Reconcile_spacing(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			client := statuses(t, map[string]string{"1": `"order_id":"A","status":"pending"`})
			s.expect(t, box, "1", "A")
			for age, want := range map[time.Duration]time.Duration{
				0: 2 * time.Minute, 50 * time.Minute: 2 * time.Minute, 2 * time.Hour: time.Hour, 71 * time.Hour: time.Hour,
			} {
				s.age(t, "1", age)
				require.NoError(t, box.Reconcile(t.Context(), client))
				assert.Equal(t, want, s.dueIn(t, "1"), age)
			}
			s.age(t, "1", 73*time.Hour)
			require.NoError(t, box.Reconcile(t.Context(), client))
			assert.Zero(t, s.dueIn(t, "1"))
		})
	}
}

// A webhook that is faster than the gateway's response to CreateSession finds its place: Expect afterwards asks about
// what is under way, and not about what is over.
func TestInbox_Expect_afterTheWebhook(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for session, status := range []string{"pending", "review", "expired", "paid"} {
				ev := event(t, fmt.Sprintf(`"session_id":%d,"status":%q`, session+1, status))
				ev.OrderID = "ORDER-" + status
				require.NoError(t, box.Handle(t.Context(), ev))
				for range 2 {
					s.expect(t, box, ev.SessionID, ev.OrderID)
				}
			}
			var asked []string
			rows, err := s.open(t).QueryContext(t.Context(),
				`SELECT session_id FROM ecomtrade24_facts WHERE due_at > 0 ORDER BY session_id`)
			require.NoError(t, err)
			defer rows.Close()
			for rows.Next() {
				var id string
				require.NoError(t, rows.Scan(&id))
				asked = append(asked, id)
			}
			require.NoError(t, rows.Err())
			assert.Equal(t, []string{"1", "2"}, asked)
		})
	}
}

// What a webhook tells of an expected session ends the questions about it, or leaves them as they are.
func TestInbox_Expect_beforeTheWebhook(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for session, status := range []string{"pending", "review", "expired", "paid"} {
				ev := event(t, fmt.Sprintf(`"session_id":%d,"status":%q`, session+1, status))
				ev.OrderID = "ORDER-" + status
				s.expect(t, box, ev.SessionID, ev.OrderID)
				require.NoError(t, box.Handle(t.Context(), ev))
				assert.Equal(t, session < 2, s.dueIn(t, ev.SessionID) != 0, status)
			}
		})
	}
}

// What Expect remembers is rolled back with the merchant's row.
func TestInbox_Expect_rolledBack(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			tx, err := box.begin(t.Context())
			require.NoError(t, err)
			require.NoError(t, box.expect(t.Context(), tx, "1", "A"))
			require.NoError(t, tx.rollback(t.Context()))
			assert.Zero(t, s.count(t, "ecomtrade24_facts"))
		})
	}
}

// Four replicas share the questions: each due session is asked about once, by one of them.
func TestInbox_Reconcile_sharedBetweenReplicas(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for i := range 24 {
				s.expect(t, box, strconv.Itoa(i+1), "A")
			}
			var mu sync.Mutex
			asked := map[string]int{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				asked[r.URL.Query().Get("session_id")]++
				mu.Unlock()
				_, _ = fmt.Fprint(w, `{"ok":true,"order_id":"A","status":"pending"}`)
			}))
			t.Cleanup(server.Close)
			client, err := ecomtrade24.NewClient(server.URL, "key-1234567890")
			require.NoError(t, err)
			at(4, func(int) { assert.NoError(t, s.replica(t).Reconcile(t.Context(), client)) })
			assert.Len(t, asked, 24)
			for session, n := range asked {
				assert.Equal(t, 1, n, session)
			}
		})
	}
}

// A payment that lacks something is asked about at once, even if nobody expected its session.
func TestInbox_Reconcile_completes(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			var changes []inbox.Change
			box := s.inbox(t, func(_ context.Context, _ tx, c inbox.Change) error {
				changes = append(changes, c)
				return nil
			})
			client := statuses(t, map[string]string{
				"1": `"session_id":1,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"`,
			})
			require.NoError(t, box.Handle(t.Context(), event(t, paid+`,"amount":null`)))
			require.NoError(t, box.Handle(t.Context(), event(t, `"status":"paid","txid":"tx-9","amount":null`)))
			require.NoError(t, box.Reconcile(t.Context(), client))
			require.Len(t, changes, 3)
			assert.Equal(t, inbox.Paid, changes[2].Kind)
			assert.Equal(t, []string{changes[0].Key}, changes[2].Completes, "that of another transaction stays open")
			assert.NotZero(t, s.dueIn(t, "1"), "and is asked about again")
		})
	}
}

// The merchant's own transaction decides: what is rolled back was not handled, and what is committed is.
func TestInbox_HandleTx(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			run := func(end func(tx, context.Context) error) error {
				tx, err := box.begin(t.Context())
				require.NoError(t, err)
				return errors.Join(box.handleTx(t.Context(), tx, event(t, paid)), end(tx, t.Context()))
			}
			require.NoError(t, run(tx.rollback))
			assert.Empty(t, s.log(t))
			require.NoError(t, run(tx.commit))
			require.NoError(t, run(tx.commit), "a copy")
			require.NoError(t, box.Handle(t.Context(), event(t, paid)), "another one")
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}

// Two accounts with the same order ids and the same sessions, in one database.
func TestWithAccount(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			one := s.inbox(t, s.logChange, inbox.WithAccount("one"))
			two := s.inbox(t, s.logChange, inbox.WithAccount("two"))
			for _, box := range []box{one, two, one, two} {
				require.NoError(t, box.Handle(t.Context(), event(t, paid)))
			}
			assert.Equal(t, []string{"paid paid", "paid paid"}, s.log(t))
			s.expect(t, one, "7", "ORDER-7")
			client := statuses(t, map[string]string{"7": `"order_id":"ORDER-7","status":"expired"`})
			require.NoError(t, two.Reconcile(t.Context(), client))
			assert.Len(t, s.log(t), 2, "the other account's session")
			require.NoError(t, one.Reconcile(t.Context(), client))
			assert.Len(t, s.log(t), 3)
		})
	}
}

// On a single *pgx.Conn, which serves one statement at a time, all of it works one after the other.
func TestInbox_onOneConnection(t *testing.T) {
	t.Parallel()
	s := onPgx(t)
	conn, err := pgx.Connect(t.Context(), s.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	box := pgxinbox.New(conn, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
		return s.logChange(ctx, pgxTx{tx}, c)
	})
	require.NoError(t, box.Migrate(t.Context()))

	paid := map[string]string{}
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	for i := range 4 {
		session := strconv.Itoa(i)
		paid[session] = fmt.Sprintf(`"order_id":"ORDER-%d","status":"paid","amount":"1.00","currency":"USD"`, i)
		require.NoError(t, box.Expect(t.Context(), tx, session, "ORDER-"+session))
	}
	require.NoError(t, tx.Commit(t.Context()))
	for i := range 4 {
		s.age(t, strconv.Itoa(i), 0)
	}
	require.NoError(t, box.Reconcile(t.Context(), statuses(t, paid)))
	assert.Len(t, s.log(t), 4)
	require.NoError(t, box.Handle(t.Context(), event(t, `"session_id":1,"status":"paid"`)))
	assert.Len(t, s.log(t), 5)
}
