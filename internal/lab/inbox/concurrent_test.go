package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// serve starts an HTTP server for a replica and returns its URL.
func serve(tb testing.TB, box box) string {
	tb.Helper()
	verifier, err := webhook.NewVerifier("secret")
	require.NoError(tb, err)
	server := httptest.NewServer(webhook.NewHandler(verifier, box.Handle))
	tb.Cleanup(server.Close)
	return server.URL
}

// post delivers a body and returns the response's status.
func post(tb testing.TB, url, body string) int {
	tb.Helper()
	resp, err := send(tb.Context(), url, body)
	if !assert.NoError(tb, err) {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func send(ctx context.Context, url, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Signature", webhook.Sign("secret", []byte(body)))
	return http.DefaultTransport.RoundTrip(r)
}

// The helper at invokes f n times concurrently, and waits.
func at(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func TestInbox_Handle_sixteenCopiesAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		replicas := []string{serve(s, s.replica()), serve(s, s.replica())}
		for order := range 5 {
			at(16, func(i int) {
				body := fmt.Sprintf(`{"event":"payment.completed","session_id":%d,"order_id":"ORDER-%d","status":"paid",`+
					`"amount":"1.00","currency":"USD","sent_at":"2026-05-23T16:43:%d+00:00"}`, order+1, order, 10+i)
				assert.Equal(s, http.StatusOK, post(s, replicas[i%2], body))
			})
		}
		assert.Equal(s, 5, len(s.log()), "expected one Paid for each order, got %v", s.log())
	})
}

// All of an order's events arrive together. The payment is reported exactly once, in any sequence of handling.
func TestInbox_Handle_allEventsAtOnce(t *testing.T) {
	t.Parallel()
	statuses := []string{"pending", "processing", "failed", "expired", "paid", "paid", "cancelled", "review"}
	onEach(t, func(s *store) {
		replicas := []string{serve(s, s.replica()), serve(s, s.replica())}
		at(32, func(i int) {
			body := fmt.Sprintf(`{"session_id":%d,"order_id":"ORDER-%d","status":%q,"amount":"1.00","currency":"USD"}`,
				i%4+1, i%4, statuses[i/4])
			assert.Equal(s, http.StatusOK, post(s, replicas[i%2], body))
		})
		log := strings.Join(s.log(), "\n")
		assert.Equal(s, 4, strings.Count(log, "paid paid"), log)
		assert.NotContains(s, log, "paid_again")
	})
}

// A duplicate waits for the first copy's transaction. Otherwise the event would be lost if that transaction failed.
func TestInbox_Handle_duplicateWaits(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		running, release := make(chan struct{}), make(chan struct{})
		failing := s.inbox(func(ctx context.Context, tx tx, c inbox.Change) error {
			close(running)
			<-release
			return errors.Join(s.logChange(ctx, tx, c), errors.New("out of stock"))
		})
		first, copies := make(chan error, 1), make(chan error, 3)
		go func() { first <- failing.Handle(context.WithoutCancel(s.Context()), event(s, `"status":"paid"`)) }()
		<-running
		for range cap(copies) {
			box := s.replica()
			go func() { copies <- box.Handle(context.WithoutCancel(s.Context()), event(s, `"status":"paid"`)) }()
		}
		s.waitsFor(cap(copies))
		assert.Empty(s, copies, "expected the copy to wait")
		close(release)
		require.ErrorContains(s, <-first, "out of stock")
		for range cap(copies) {
			require.NoError(s, <-copies)
		}
		assert.Equal(s, []string{"paid paid"}, s.log())
	})
}

// Two Funcs for one order never run at the same time. Therefore everything that a Func reads about the order stays true
// until the commit.
func TestInbox_Handle_oneFuncOfAnOrderAtATime(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		require.NoError(s, s.replica().Handle(s.Context(), event(s, `"status":"paid"`)))
		var running atomic.Int64
		box := s.inbox(func(ctx context.Context, tx tx, c inbox.Change) error {
			assert.EqualValues(s, 1, running.Add(1))
			err := s.logChange(ctx, tx, c)
			running.Add(-1)
			return err
		})
		at(8, func(i int) {
			assert.NoError(s, box.Handle(s.Context(), event(s, fmt.Sprintf(`"session_id":%d,"status":"paid"`, i+2))))
		})
		assert.Len(s, s.log(), 9)
	})
}

// waitsFor returns once n copies of an event wait in the database for the first copy. SQLite cannot report this, so
// with SQLite the copies may arrive later.
func (s *store) waitsFor(n int) {
	query := map[string]string{
		"pgx": `SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
		"mysql": `SELECT COUNT(*) FROM information_schema.processlist
WHERE info LIKE 'INSERT INTO ecomtrade24_orders%' AND db = DATABASE()`,
	}[s.driver]
	if query == "" {
		return
	}
	db := s.open()
	for waiting := 0; waiting < n; {
		require.NoError(s, db.QueryRowContext(s.Context(), query).Scan(&waiting))
	}
}

func TestInbox_Handle_failingFuncLeavesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		broken := errors.New("out of stock")
		for name, f := range map[string]applyFunc{
			"error": func(ctx context.Context, tx tx, c inbox.Change) error {
				return errors.Join(s.logChange(ctx, tx, c), broken)
			},
			"panic": func(ctx context.Context, tx tx, c inbox.Change) error {
				panic(errors.Join(s.logChange(ctx, tx, c), broken))
			},
			"a failed statement whose error is ignored": func(ctx context.Context, tx tx, c inbox.Change) error {
				_ = tx.exec(ctx, `INSERT INTO no_such_table VALUES (1)`)
				return errors.Join(s.logChange(ctx, tx, c), broken)
			},
		} {
			err := s.inbox(f).Handle(s.Context(), event(s, `"status":"paid"`))
			require.ErrorContains(s, err, broken.Error(), name)
			for _, table := range []string{"ecomtrade24_orders", "shop_log"} {
				assert.Zero(s, s.count(table), "%s: %s", name, table)
			}
		}
		require.NoError(s, s.replica().Handle(s.Context(), event(s, `"status":"paid"`)), "the redelivery")
		assert.Equal(s, []string{"paid paid"}, s.log())
	})
}

// The gateway hangs up while the Func runs, as it does after its timeout. The work is still committed, and the
// redelivery finds it done.
func TestInbox_Handle_gatewayHangsUp(t *testing.T) {
	t.Parallel()
	type hungUp struct{}
	const body = `{"session_id":1,"order_id":"A","status":"paid","amount":"1.00","currency":"USD"}`
	onEach(t, func(s *store) {
		entered := make(chan struct{})
		box := s.inbox(func(ctx context.Context, tx tx, c inbox.Change) error {
			close(entered) // close panics if the Func runs twice
			<-ctx.Value(hungUp{}).(<-chan struct{})
			return s.logChange(ctx, tx, c)
		})
		verifier, err := webhook.NewVerifier("secret")
		require.NoError(s, err)
		hook := webhook.NewHandler(verifier, box.Handle)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hook.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), hungUp{}, r.Context().Done())))
		}))
		s.Cleanup(server.Close)

		impatient, hangUp := context.WithCancel(s.Context())
		go func() { <-entered; hangUp() }()
		_, err = send(impatient, server.URL, body)
		require.ErrorIs(s, err, context.Canceled)
		assert.Equal(s, http.StatusOK, post(s, server.URL, body))
		assert.Equal(s, []string{"paid paid"}, s.log())
	})
}

// If the context ends while the Func runs, nothing is stored.
func TestInbox_Handle_cancelledInside(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		ctx, cancel := context.WithCancel(s.Context())
		box := s.inbox(func(ctx context.Context, tx tx, c inbox.Change) error {
			err := s.logChange(ctx, tx, c)
			cancel()
			return err
		})
		require.ErrorIs(s, box.Handle(ctx, event(s, `"status":"paid"`)), context.Canceled)
		assert.Empty(s, s.log())
		require.NoError(s, box.Handle(s.Context(), event(s, `"status":"paid"`)), "the redelivery")
		assert.Equal(s, []string{"paid paid"}, s.log())
	})
}

// Two Funcs lock the same rows in opposite sequence: the database rolls back one of them, and Handle runs that Func
// again.
func TestInbox_Handle_deadlock(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		if s.driver == "sqlite" {
			return // SQLite has one writer at a time, so no deadlock is possible
		}
		s.addStock()
		var both sync.WaitGroup
		both.Add(2)
		var runs atomic.Int64
		at(2, func(i int) {
			var once sync.Once
			box := s.inbox(func(ctx context.Context, tx tx, _ inbox.Change) error {
				runs.Add(1)
				if err := s.take(ctx, tx, i); err != nil {
					return err
				}
				once.Do(func() { both.Done(); both.Wait() })
				return s.take(ctx, tx, 1-i)
			})
			assert.NoError(s, box.Handle(s.Context(), eventOf(s, strconv.Itoa(i), paid)))
		})
		assert.Greater(s, runs.Load(), int64(2), "expected a deadlock, so more than two runs")
		assert.Equal(s, 2, s.count("ecomtrade24_orders"))
	})
}

// addStock adds two rows, which the method take locks one by one.
func (s *store) addStock() {
	s.exec(`INSERT INTO shop_log (kind, order_id, status) VALUES ('', 'stock-0', ''), ('', 'stock-1', '')`)
	s.exec(`CREATE INDEX shop_log_order ON shop_log (order_id)`)
}

func (s *store) take(ctx context.Context, tx tx, stock int) error {
	query := s.bind(`UPDATE shop_log SET status = 'taken' WHERE order_id = ?`)
	return tx.exec(ctx, query, fmt.Sprintf("stock-%d", stock))
}

// A delivery that is interrupted at a random moment stores everything or nothing. The redelivery handles both cases.
func TestInbox_Handle_brokenOffAtRandom(t *testing.T) {
	t.Parallel()
	onEach(t, func(s *store) {
		const orders = 40
		replicas := []box{s.replica(), s.replica()}
		var broken atomic.Int64
		at(8, func(i int) {
			for n := i; n < orders; n += 8 {
				ev := eventOf(s, fmt.Sprintf("ORDER-%d", n), paid)
				for patience := 200 * time.Microsecond; ; patience = min(patience+patience/4, 10*time.Second) {
					ctx, cancel := context.WithTimeout(s.Context(), rand.N(patience))
					err := replicas[n%2].Handle(ctx, ev)
					cancel()
					if err == nil {
						break
					}
					broken.Add(1)
					<-time.After(time.Millisecond) // pauses, since a server with too many connections fails immediately
				}
			}
		})
		assert.NotZero(s, broken.Load())
		told := map[string]int{}
		for _, line := range s.texts(`SELECT kind, order_id FROM shop_log`) {
			told[line]++
		}
		assert.Len(s, told, orders)
		for line, n := range told {
			assert.Equal(s, 1, n, line)
		}
	})
}
