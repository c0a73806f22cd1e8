package inbox_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// age sets a session's age, and schedules its next check for now.
func (s *store) age(session string, age time.Duration) {
	now := time.Now()
	s.exec(`UPDATE ecomtrade24_facts SET since = ?, next_check = ? WHERE session_id = ?`,
		now.Add(-age).UnixMilli(), now.UnixMilli(), session)
}

// schedule returns a session's stored times.
func (s *store) schedule(session string) (since, next, lease time.Time) {
	var times [3]int64
	row := s.open().QueryRowContext(s.Context(), s.bind(
		`SELECT since, next_check, lease_until FROM ecomtrade24_facts WHERE session_id = ? AND fact = ''`), session)
	require.NoError(s, row.Scan(&times[0], &times[1], &times[2]))
	return time.UnixMilli(times[0]), time.UnixMilli(times[1]), time.UnixMilli(times[2])
}

// next returns the time until a session's next check, or 0 if no check is scheduled.
func (s *store) next(session string) time.Duration {
	_, next, _ := s.schedule(session)
	if next.UnixMilli() <= 0 {
		return 0
	}
	return time.Until(next).Round(time.Minute)
}

// A session is looked up often while it is new, seldom later, and finally not at all.
func TestInbox_Reconcile_spacing(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		client := statuses(s, map[string]string{
			"1": `"order_id":"A","status":"pending"`, "2": `"order_id":"B","status":"expired"`,
		})
		expect(s, box, "1", "A")
		assert.Equal(s, 2*time.Minute, s.next("1"))
		for age, want := range map[time.Duration]time.Duration{
			0: 2 * time.Minute, 50 * time.Minute: 2 * time.Minute, 2 * time.Hour: time.Hour, 71 * time.Hour: time.Hour,
			73 * time.Hour: 0,
		} {
			s.age("1", age)
			require.NoError(s, box.Reconcile(s.Context(), client))
			assert.Equal(s, want, s.next("1"), age)
		}
		expect(s, box, "2", "B")
		for _, row := range []struct{ age, want time.Duration }{
			{0, time.Hour},
			{time.Hour, 5 * time.Hour},
			{6 * time.Hour, 18 * time.Hour},
			{24 * time.Hour, 48 * time.Hour},
			{72 * time.Hour, 0},
		} {
			s.age("2", row.age)
			require.NoError(s, box.Reconcile(s.Context(), client))
			assert.Equal(s, row.want, s.next("2"), row.age)
		}
		assert.Equal(s, []string{"progress pending", "progress expired"}, s.log())
	})
}

// A webhook counts even if it arrives before Expect runs; a later webhook changes the schedule. In both cases a paid
// session is not looked up, and an ended session is looked up later than open sessions.
func TestInbox_Expect_andTheWebhook(t *testing.T) {
	t.Parallel()
	rows := []struct {
		status string
		want   time.Duration
	}{{"pending", 2 * time.Minute}, {"review", 2 * time.Minute}, {"expired", time.Hour}, {"paid", 0}}
	onEach(t, func(s *store) {
		box := s.replica()
		for n, row := range rows {
			ev := eventOf(s, "ORDER-"+row.status, fmt.Sprintf(`"session_id":%d,"status":%q`, n+1, row.status))
			require.NoError(s, box.Handle(s.Context(), ev))
			for range 2 {
				expect(s, box, ev.SessionID, ev.OrderID)
			}
			assert.Equal(s, row.want, s.next(ev.SessionID), "%s before Expect", row.status)

			ev = eventOf(s, "ORDER-1"+row.status, fmt.Sprintf(`"session_id":%d,"status":%q`, n+11, row.status))
			expect(s, box, ev.SessionID, ev.OrderID)
			require.NoError(s, box.Handle(s.Context(), ev))
			assert.Equal(s, row.want, s.next(ev.SessionID), "%s after Expect", row.status)
		}
	})
}

// If the merchant's transaction rolls back, Expect has stored nothing.
func TestInbox_Expect_rolledBack(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		tx, err := box.begin(s.Context())
		require.NoError(s, err)
		require.NoError(s, box.expect(s.Context(), tx, "1", "A"))
		require.NoError(s, tx.rollback(s.Context()))
		assert.Zero(s, s.count("ecomtrade24_facts"))
	})
}

// Two replicas share 40 sessions, and their lookups are cut off. The replicas never look up the same session at the
// same time, and no session is looked up a second time before every session has been looked up once. A lookup that is
// cut off counts.
func TestInbox_Reconcile_sharedBetweenReplicas(t *testing.T) {
	t.Parallel()
	const sessions = 40
	onEach(t, func(s *store) {
		boxes := []box{s.replica(rightAway()), s.replica(rightAway())}
		for i := range sessions {
			expect(s, boxes[0], strconv.Itoa(i+1), "A")
		}
		var mu sync.Mutex
		times, running := map[string]int{}, map[string]bool{}
		client := gateway(s, func(w http.ResponseWriter, r *http.Request) {
			session := r.URL.Query().Get("session_id")
			mu.Lock()
			assert.False(s, running[session], "session %s is looked up twice at the same time", session)
			running[session] = true
			if times[session]++; times[session] == 2 {
				assert.Len(s, times, sessions, "session %s is looked up twice before all were looked up once", session)
			}
			mu.Unlock()
			<-time.After(300 * time.Millisecond)
			mu.Lock()
			running[session] = false
			mu.Unlock()
			_, _ = fmt.Fprint(w, `{"ok":true,"order_id":"A","status":"pending"}`)
		})
		looked := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(times)
		}
		for looked() < sessions {
			ctx, cancel := context.WithTimeout(s.Context(), time.Second)
			at(len(boxes), func(i int) { _ = boxes[i].Reconcile(ctx, client) })
			cancel()
			<-time.After(400 * time.Millisecond) // wait for the server's handlers to end
		}
	})
}

// After a failed lookup even an old session stays scheduled, and the next Reconcile finds the payment.
func TestInbox_Reconcile_failsAndRecovers(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box, failing := s.replica(), true
		expect(s, box, "1", "ORDER-1")
		s.age("1", 96*time.Hour)
		client := gateway(s, func(w http.ResponseWriter, _ *http.Request) {
			if failing {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			_, _ = fmt.Fprint(w, `{"ok":true,`+paidStatus+`}`)
		})
		require.ErrorIs(s, box.Reconcile(s.Context(), client), ecomtrade24.ErrUnavailable)
		failing = false
		require.NoError(s, box.Reconcile(s.Context(), client))
		assert.Equal(s, []string{"paid paid"}, s.log())
		assert.Zero(s, s.next("1"))
	})
}

// A stored time far in the future does not delay a lookup.
func TestInbox_Reconcile_wrongClock(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		client := statuses(s, map[string]string{"1": `"order_id":"A","status":"pending"`})
		expect(s, box, "1", "A")
		year := time.Now().AddDate(1, 0, 0)
		s.exec(`UPDATE ecomtrade24_facts SET since = ?, next_check = ?, lease_until = ?`,
			year.UnixMilli(), year.Add(2*time.Minute).UnixMilli(), year.UnixMilli())
		require.NoError(s, box.Reconcile(s.Context(), client))
		assert.Equal(s, []string{"progress pending"}, s.log())
		assert.Equal(s, 2*time.Minute, s.next("1"))
	})
}

// The end of a session starts a new schedule, even if the session is old.
func TestInbox_Handle_endBeginsASchedule(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		expect(s, box, "1", "ORDER-1")
		require.NoError(s, box.Handle(s.Context(), event(s, `"status":"pending"`)))
		s.age("1", 50*time.Hour)
		require.NoError(s, box.Handle(s.Context(), event(s, `"status":"expired"`)))
		since, next, _ := s.schedule("1")
		assert.Equal(s, time.Hour, next.Sub(since))
		assert.WithinDuration(s, time.Now(), since, time.Minute)
	})
}

// A lookup that outlasts its lease changes neither the schedule nor another process's newer lease.
func TestInbox_Reconcile_losesItsLease(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica(rightAway())
		expect(s, box, "1", "ORDER-1")
		db, other := s.open(), time.Now().Add(2*time.Minute).UnixMilli()
		client := gateway(s, func(w http.ResponseWriter, r *http.Request) {
			_, err := db.ExecContext(r.Context(), s.bind(`UPDATE ecomtrade24_facts SET lease_until = ?`), other)
			assert.NoError(s, err)
			_, _ = fmt.Fprint(w, `{"ok":true,"order_id":"ORDER-1","status":"test"}`)
		})
		_, before, _ := s.schedule("1")
		require.NoError(s, box.Reconcile(s.Context(), client))
		_, next, lease := s.schedule("1")
		assert.Equal(s, other, lease.UnixMilli())
		assert.Equal(s, before, next)
	})
}

// The return page's lookup is applied like a webhook, and the late webhook changes nothing.
func TestInbox_Ask(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		box := s.replica()
		expect(s, box, "1", "ORDER-1")
		answer, err := box.Ask(s.Context(), statuses(s, map[string]string{"1": paidStatus}), "1", "ORDER-1")
		require.NoError(s, err)
		assert.True(s, answer.Paid())
		require.NoError(s, box.Handle(s.Context(), event(s, paid)))
		assert.Equal(s, []string{"paid paid"}, s.log())
		assert.Zero(s, s.next("1"))
	})
}

// A payment with missing fields is looked up immediately, even if Expect was not called for its session.
func TestInbox_Reconcile_completes(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		var changes []inbox.Change
		box := s.inbox(func(_ context.Context, _ tx, c inbox.Change) error {
			changes = append(changes, c)
			return nil
		})
		require.NoError(s, box.Handle(s.Context(), event(s, paid+`,"amount":null`)))
		require.NoError(s, box.Handle(s.Context(), event(s, `"status":"paid","txid":"tx-9","amount":null`)))
		require.NoError(s, box.Reconcile(s.Context(), statuses(s, map[string]string{"1": paidStatus})))
		require.Len(s, changes, 3)
		assert.Equal(s, inbox.Paid, changes[2].Kind)
		assert.Equal(s, []string{changes[0].Key}, changes[2].Completes, "expected Completes to name only the first payment")
		assert.NotZero(s, s.next("1"), "expected another lookup to be scheduled")
	})
}
