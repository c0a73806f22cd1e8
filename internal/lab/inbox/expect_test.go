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

// age makes a session that old, and schedules its next check for now.
func (s *store) age(t *testing.T, session string, age time.Duration) {
	t.Helper()
	now := time.Now()
	query := s.bind(`UPDATE ecomtrade24_facts SET since = ?, next_check = ? WHERE session_id = ?`)
	_, err := s.open(t).ExecContext(t.Context(), query, now.Add(-age).UnixMilli(), now.UnixMilli(), session)
	require.NoError(t, err)
}

// next returns the time until a session's next check, or 0 for never.
func (s *store) next(t *testing.T, session string) time.Duration {
	t.Helper()
	var next int64
	row := s.open(t).QueryRowContext(t.Context(),
		s.bind(`SELECT next_check FROM ecomtrade24_facts WHERE session_id = ? AND fact = ''`), session)
	require.NoError(t, row.Scan(&next))
	if next <= 0 {
		return 0
	}
	return time.Until(time.UnixMilli(next)).Round(time.Minute)
}

// A session is looked up often while it is new, seldom later, and finally not at all.
func TestInbox_Reconcile_spacing(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			client := statuses(t, map[string]string{
				"1": `"order_id":"A","status":"pending"`, "2": `"order_id":"B","status":"expired"`,
			})
			expect(t, box, "1", "A")
			assert.Equal(t, 2*time.Minute, s.next(t, "1"))
			for age, want := range map[time.Duration]time.Duration{
				0: 2 * time.Minute, 50 * time.Minute: 2 * time.Minute, 2 * time.Hour: time.Hour, 71 * time.Hour: time.Hour,
				73 * time.Hour: 0,
			} {
				s.age(t, "1", age)
				require.NoError(t, box.Reconcile(t.Context(), client))
				assert.Equal(t, want, s.next(t, "1"), age)
			}
			expect(t, box, "2", "B")
			for _, row := range []struct{ age, want time.Duration }{
				{0, time.Hour},
				{time.Hour, 5 * time.Hour},
				{6 * time.Hour, 18 * time.Hour},
				{24 * time.Hour, 48 * time.Hour},
				{72 * time.Hour, 0},
			} {
				s.age(t, "2", row.age)
				require.NoError(t, box.Reconcile(t.Context(), client))
				assert.Equal(t, row.want, s.next(t, "2"), row.age)
			}
			assert.Equal(t, []string{"progress pending", "progress expired"}, s.log(t))
		})
	}
}

// A webhook that arrives before the gateway's response to CreateSession counts, and a later one changes the schedule.
// Either way a session that pays is not looked up, and a session that ended is looked up later than the others.
func TestInbox_Expect_andTheWebhook(t *testing.T) {
	t.Parallel()
	rows := []struct {
		status string
		want   time.Duration
	}{{"pending", 2 * time.Minute}, {"review", 2 * time.Minute}, {"expired", time.Hour}, {"paid", 0}}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			for n, row := range rows {
				ev := event(t, fmt.Sprintf(`"session_id":%d,"status":%q`, n+1, row.status))
				ev.OrderID = "ORDER-" + row.status
				require.NoError(t, box.Handle(t.Context(), ev))
				for range 2 {
					expect(t, box, ev.SessionID, ev.OrderID)
				}
				assert.Equal(t, row.want, s.next(t, ev.SessionID), "%s before Expect", row.status)

				ev = event(t, fmt.Sprintf(`"session_id":%d,"status":%q`, n+11, row.status))
				ev.OrderID = "ORDER-1" + row.status
				expect(t, box, ev.SessionID, ev.OrderID)
				require.NoError(t, box.Handle(t.Context(), ev))
				assert.Equal(t, row.want, s.next(t, ev.SessionID), "%s after Expect", row.status)
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

// Two replicas share 40 sessions, and their calls are cut off. Each session is looked up before any is looked up twice,
// and none by both replicas at the same time. A lookup that is cut off counts, and its session is found later.
func TestInbox_Reconcile_sharedBetweenReplicas(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			share(t, 40, s.replica(t, rightAway()), s.replica(t, rightAway()))
		})
	}
}

func share(t *testing.T, sessions int, boxes ...box) {
	t.Helper()
	for i := range sessions {
		expect(t, boxes[0], strconv.Itoa(i+1), "A")
	}
	var mu sync.Mutex
	times, running := map[string]int{}, map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session := r.URL.Query().Get("session_id")
		mu.Lock()
		assert.False(t, running[session], "session %s is looked up twice at the same time", session)
		running[session] = true
		if times[session]++; times[session] == 2 {
			assert.Len(t, times, sessions, "session %s is looked up twice before all were looked up once", session)
		}
		mu.Unlock()
		<-time.After(300 * time.Millisecond)
		mu.Lock()
		running[session] = false
		mu.Unlock()
		_, _ = fmt.Fprint(w, `{"ok":true,"order_id":"A","status":"pending"}`)
	}))
	t.Cleanup(server.Close)
	client, err := ecomtrade24.NewClient(server.URL, "key-1234567890")
	require.NoError(t, err)
	looked := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(times)
	}
	for looked() < sessions {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		at(len(boxes), func(i int) { _ = boxes[i].Reconcile(ctx, client) })
		cancel()
		<-time.After(400 * time.Millisecond) // the server's handlers end
	}
}

// A failed lookup leaves its session scheduled, however old that is, and the next call finds the payment.
func TestInbox_Reconcile_failsAndRecovers(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box, failing := s.replica(t), true
			expect(t, box, "1", "ORDER-1")
			s.age(t, "1", 96*time.Hour)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if failing {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				_, _ = fmt.Fprint(w, `{"ok":true,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD"}`)
			}))
			t.Cleanup(server.Close)
			client, err := ecomtrade24.NewClient(server.URL, "key-1234567890",
				ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
			require.NoError(t, err)
			require.ErrorIs(t, box.Reconcile(t.Context(), client), ecomtrade24.ErrUnavailable)
			failing = false
			require.NoError(t, box.Reconcile(t.Context(), client))
			assert.Equal(t, []string{"paid paid"}, s.log(t))
			assert.Zero(t, s.next(t, "1"))
		})
	}
}

// A time far in the future comes from a wrong clock.
func TestInbox_Reconcile_wrongClock(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			client := statuses(t, map[string]string{"1": `"order_id":"A","status":"pending"`})
			expect(t, box, "1", "A")
			year := time.Now().AddDate(1, 0, 0)
			_, err := s.open(t).ExecContext(t.Context(),
				s.bind(`UPDATE ecomtrade24_facts SET since = ?, next_check = ?, lease_until = ?`),
				year.UnixMilli(), year.Add(2*time.Minute).UnixMilli(), year.UnixMilli())
			require.NoError(t, err)
			require.NoError(t, box.Reconcile(t.Context(), client))
			assert.Equal(t, []string{"progress pending"}, s.log(t))
			assert.Equal(t, 2*time.Minute, s.next(t, "1"))
		})
	}
}

// The end of a session starts a new schedule, however old the session is.
func TestInbox_Handle_endBeginsASchedule(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			expect(t, box, "1", "ORDER-1")
			require.NoError(t, box.Handle(t.Context(), event(t, `"status":"pending"`)))
			s.age(t, "1", 50*time.Hour)
			require.NoError(t, box.Handle(t.Context(), event(t, `"status":"expired"`)))
			since, next, _ := s.schedule(t, "1")
			assert.Equal(t, time.Hour, next.Sub(since))
			assert.WithinDuration(t, time.Now(), since, time.Minute)
		})
	}
}

// schedule reads a session's times.
func (s *store) schedule(t *testing.T, session string) (since, next, lease time.Time) {
	t.Helper()
	var times [3]int64
	row := s.open(t).QueryRowContext(t.Context(), s.bind(
		`SELECT since, next_check, lease_until FROM ecomtrade24_facts WHERE session_id = ? AND fact = ''`), session)
	require.NoError(t, row.Scan(&times[0], &times[1], &times[2]))
	return time.UnixMilli(times[0]), time.UnixMilli(times[1]), time.UnixMilli(times[2])
}

// A lookup that took longer than its lease finds another process's lease, and leaves it and the schedule alone.
func TestInbox_Reconcile_losesItsLease(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t, rightAway())
			expect(t, box, "1", "ORDER-1")
			db, other := s.open(t), time.Now().Add(2*time.Minute).UnixMilli()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, err := db.ExecContext(r.Context(), s.bind(`UPDATE ecomtrade24_facts SET lease_until = ?`), other)
				assert.NoError(t, err)
				_, _ = fmt.Fprint(w, `{"ok":true,"order_id":"ORDER-1","status":"test"}`)
			}))
			t.Cleanup(server.Close)
			client, err := ecomtrade24.NewClient(server.URL, "key-1234567890")
			require.NoError(t, err)
			_, before, _ := s.schedule(t, "1")
			require.NoError(t, box.Reconcile(t.Context(), client))
			_, next, lease := s.schedule(t, "1")
			assert.Equal(t, other, lease.UnixMilli())
			assert.Equal(t, before, next)
		})
	}
}

// The return page's lookup is applied like a webhook, and the late webhook changes nothing.
func TestInbox_Ask(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			box := s.replica(t)
			expect(t, box, "1", "ORDER-1")
			client := statuses(t, map[string]string{
				"1": `"session_id":1,"order_id":"ORDER-1","status":"paid","amount":"49.95","currency":"USD","txid":"tx-1"`,
			})
			answer, err := box.Ask(t.Context(), client, "1", "ORDER-1")
			require.NoError(t, err)
			assert.True(t, answer.Paid())
			require.NoError(t, box.Handle(t.Context(), event(t, paid)))
			assert.Equal(t, []string{"paid paid"}, s.log(t))
			assert.Zero(t, s.next(t, "1"))
		})
	}
}

// A payment with missing fields is looked up immediately, even if its session was not expected.
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
			assert.NotZero(t, s.next(t, "1"), "and is looked up again")
		})
	}
}

// The merchant's transaction decides: a rolled-back event was not handled, a committed one was.
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
				_, err = box.handleTx(t.Context(), tx, event(t, paid))
				return errors.Join(err, end(tx, t.Context()))
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

// Two shops in one database have the same order IDs and sessions.
func TestWithNamespace(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			one := s.inbox(t, s.logChange, inbox.WithNamespace("one"), rightAway())
			two := s.inbox(t, s.logChange, inbox.WithNamespace("two"), rightAway())
			for _, box := range []box{one, two, one, two} {
				require.NoError(t, box.Handle(t.Context(), event(t, paid)))
			}
			assert.Equal(t, []string{"paid paid", "paid paid"}, s.log(t))
			expect(t, one, "7", "ORDER-7")
			client := statuses(t, map[string]string{"7": `"order_id":"ORDER-7","status":"expired"`})
			require.NoError(t, two.Reconcile(t.Context(), client))
			assert.Len(t, s.log(t), 2, "the other shop's session")
			require.NoError(t, one.Reconcile(t.Context(), client))
			assert.Len(t, s.log(t), 3)
		})
	}
}

// On a single *pgx.Conn, which runs one statement at a time, everything works one after another.
func TestInbox_onOneConnection(t *testing.T) {
	t.Parallel()
	s := onPgx(t)
	conn, err := pgx.Connect(t.Context(), s.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	box := pgxinbox.New(conn, func(ctx context.Context, tx pgx.Tx, c inbox.Change) error {
		return s.logChange(ctx, pgxTx{tx}, c)
	}, rightAway())
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
	require.NoError(t, box.Reconcile(t.Context(), statuses(t, paid)))
	assert.Len(t, s.log(t), 4)
	require.NoError(t, box.Handle(t.Context(), event(t, `"session_id":1,"status":"paid"`)))
	assert.Len(t, s.log(t), 5)
}
