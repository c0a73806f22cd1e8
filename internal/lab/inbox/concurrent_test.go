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

// serve runs a replica behind HTTP.
func serve(t *testing.T, box box) string {
	t.Helper()
	verifier, err := webhook.NewVerifier("secret")
	require.NoError(t, err)
	server := httptest.NewServer(webhook.NewHandler(verifier, box.Handle))
	t.Cleanup(server.Close)
	return server.URL
}

// post delivers a body and returns the response's status.
func post(t *testing.T, url, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Signature", webhook.Sign("secret", []byte(body)))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if !assert.NoError(t, err) {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// at runs f n times concurrently.
func at(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func TestInbox_Handle_sixteenCopiesAtOnce(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			replicas := []string{serve(t, s.replica(t)), serve(t, s.replica(t))}
			for order := range 5 {
				at(16, func(i int) {
					body := fmt.Sprintf(`{"event":"payment.completed","session_id":%d,"order_id":"ORDER-%d","status":"paid",`+
						`"amount":"1.00","currency":"USD","sent_at":"2026-05-23T16:43:%d+00:00"}`, order+1, order, 10+i)
					assert.Equal(t, http.StatusOK, post(t, replicas[i%2], body))
				})
			}
			assert.Equal(t, 5, len(s.log(t)), "one Paid for each order: %v", s.log(t))
		})
	}
}

// All of an order's events arrive together. In whatever sequence they are handled, the payment is reported exactly
// once.
func TestInbox_Handle_allEventsAtOnce(t *testing.T) {
	t.Parallel()
	statuses := []string{"pending", "processing", "failed", "expired", "paid", "paid", "cancelled", "review"}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			replicas := []string{serve(t, s.replica(t)), serve(t, s.replica(t))}
			at(32, func(i int) {
				body := fmt.Sprintf(`{"session_id":%d,"order_id":"ORDER-%d","status":%q,"amount":"1.00","currency":"USD"}`,
					i%4+1, i%4, statuses[i/4])
				assert.Equal(t, http.StatusOK, post(t, replicas[i%2], body))
			})
			var paid int
			for _, line := range s.log(t) {
				if line == "paid paid" {
					paid++
				}
				assert.NotContains(t, line, "paid_again")
			}
			assert.Equal(t, 4, paid)
		})
	}
}

// If a duplicate responded before the first copy's transaction ended, the event would be lost if that transaction
// failed.
func TestInbox_Handle_duplicateWaits(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			running, release := make(chan struct{}), make(chan struct{})
			failing := s.inbox(t, func(ctx context.Context, tx tx, c inbox.Change) error {
				close(running)
				<-release
				return errors.Join(s.logChange(ctx, tx, c), errors.New("out of stock"))
			})
			first, copies := make(chan error, 1), make(chan error, 3)
			go func() { first <- failing.Handle(context.WithoutCancel(t.Context()), event(t, `"status":"paid"`)) }()
			<-running
			for range cap(copies) {
				box := s.replica(t)
				go func() { copies <- box.Handle(context.WithoutCancel(t.Context()), event(t, `"status":"paid"`)) }()
			}
			s.waitsFor(t, cap(copies))
			assert.Empty(t, copies, "expected the copy to wait")
			close(release)
			require.ErrorContains(t, <-first, "out of stock")
			for range cap(copies) {
				require.NoError(t, <-copies)
			}
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}

// Two Funcs of one order never overlap, so whatever one reads of the order stays true until it commits.
func TestInbox_Handle_oneFuncOfAnOrderAtATime(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			require.NoError(t, s.replica(t).Handle(t.Context(), event(t, `"status":"paid"`)))
			var running atomic.Int64
			box := s.inbox(t, func(ctx context.Context, tx tx, c inbox.Change) error {
				assert.EqualValues(t, 1, running.Add(1))
				err := s.logChange(ctx, tx, c)
				running.Add(-1)
				return err
			})
			at(8, func(i int) {
				ev := event(t, fmt.Sprintf(`"session_id":%d,"status":"paid"`, i+2))
				assert.NoError(t, box.Handle(t.Context(), ev))
			})
			assert.Len(t, s.log(t), 9)
		})
	}
}

// waitsFor returns once the server runs the statements of n copies, which wait for the first. SQLite cannot report
// that, so there the copies may arrive later, which must work too.
func (s *store) waitsFor(t *testing.T, n int) {
	t.Helper()
	query := map[string]string{
		"pgx": `SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
		"mysql": `SELECT COUNT(*) FROM information_schema.processlist
WHERE info LIKE 'INSERT INTO ecomtrade24_orders%' AND db = DATABASE()`,
	}[s.driver]
	if query == "" {
		return
	}
	db := s.open(t)
	for waiting := 0; waiting < n; {
		require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&waiting))
	}
}

func TestInbox_Handle_failingFuncLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			broken := errors.New("out of stock")
			for name, f := range map[string]applyFunc{
				"error": func(ctx context.Context, tx tx, c inbox.Change) error {
					return errors.Join(s.logChange(ctx, tx, c), broken)
				},
				"panic": func(ctx context.Context, tx tx, c inbox.Change) error {
					panic(errors.Join(s.logChange(ctx, tx, c), broken))
				},
				"error swallowed in the transaction": func(ctx context.Context, tx tx, c inbox.Change) error {
					_ = tx.exec(ctx, `INSERT INTO no_such_table VALUES (1)`)
					return errors.Join(s.logChange(ctx, tx, c), broken)
				},
			} {
				err := s.inbox(t, f).Handle(t.Context(), event(t, `"status":"paid"`))
				require.ErrorContains(t, err, broken.Error(), name)
				for _, table := range []string{"ecomtrade24_orders", "shop_log"} {
					assert.Zero(t, s.count(t, table), "%s: %s", name, table)
				}
			}
			require.NoError(t, s.replica(t).Handle(t.Context(), event(t, `"status":"paid"`)), "the redelivery")
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}

// The gateway hangs up while the Func runs, as it would on each delivery if the Func takes longer than the gateway
// waits. The work is still committed, and the redelivery finds it done.
func TestInbox_Handle_gatewayHangsUp(t *testing.T) {
	t.Parallel()
	type hungUp struct{}
	const body = `{"session_id":1,"order_id":"A","status":"paid","amount":"1.00","currency":"USD"}`
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, entered := open(t), make(chan struct{})
			box := s.inbox(t, func(ctx context.Context, tx tx, c inbox.Change) error {
				close(entered) // panics if the Func runs twice
				<-ctx.Value(hungUp{}).(<-chan struct{})
				return s.logChange(ctx, tx, c)
			})
			verifier, err := webhook.NewVerifier("secret")
			require.NoError(t, err)
			hook := webhook.NewHandler(verifier, box.Handle)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hook.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), hungUp{}, r.Context().Done())))
			}))
			t.Cleanup(server.Close)

			impatient, hangUp := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(impatient, http.MethodPost, server.URL, strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("X-Signature", webhook.Sign("secret", []byte(body)))
			go func() { <-entered; hangUp() }()
			_, err = http.DefaultTransport.RoundTrip(r)
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, http.StatusOK, post(t, server.URL, body))
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}

// The handler's time is over, or the program ends, while the Func runs.
func TestInbox_Handle_cancelledInside(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			ctx, cancel := context.WithCancel(t.Context())
			box := s.inbox(t, func(ctx context.Context, tx tx, c inbox.Change) error {
				err := s.logChange(ctx, tx, c)
				cancel()
				return err
			})
			require.ErrorIs(t, box.Handle(ctx, event(t, `"status":"paid"`)), context.Canceled)
			assert.Empty(t, s.log(t))
			require.NoError(t, box.Handle(t.Context(), event(t, `"status":"paid"`)), "the redelivery")
			assert.Equal(t, []string{"paid paid"}, s.log(t))
		})
	}
}

// Two Funcs lock the same rows in opposite sequence: the database rolls back one of them, and it runs again.
func TestInbox_Handle_deadlock(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if s.driver == "sqlite" {
				return // one writer at a time: no deadlock is possible
			}
			s.addStock(t)
			var both sync.WaitGroup
			both.Add(2)
			var runs atomic.Int64
			at(2, func(i int) {
				var once sync.Once
				box := s.inbox(t, func(ctx context.Context, tx tx, _ inbox.Change) error {
					runs.Add(1)
					if err := s.take(ctx, tx, i); err != nil {
						return err
					}
					once.Do(func() { both.Done(); both.Wait() })
					return s.take(ctx, tx, 1-i)
				})
				ev := event(t, `"status":"paid"`)
				ev.OrderID = strconv.Itoa(i)
				assert.NoError(t, box.Handle(t.Context(), ev))
			})
			assert.Greater(t, runs.Load(), int64(2), "expected a deadlock, so more than two runs")
			assert.Equal(t, 2, s.count(t, "ecomtrade24_orders"))
		})
	}
}

// addStock adds two rows for take to lock one by one.
func (s *store) addStock(t *testing.T) {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO shop_log (kind, order_id, status) VALUES ('', 'stock-0', ''), ('', 'stock-1', '')`,
		`CREATE INDEX shop_log_order ON shop_log (order_id)`,
	} {
		_, err := s.open(t).ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

func (s *store) take(ctx context.Context, tx tx, stock int) error {
	query := s.bind(`UPDATE shop_log SET status = 'taken' WHERE order_id = ?`)
	return tx.exec(ctx, query, fmt.Sprintf("stock-%d", stock))
}

// A delivery that is interrupted at a random moment stores everything or nothing. The redelivery handles both cases.
func TestInbox_Handle_brokenOffAtRandom(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const orders = 40
			s := open(t)
			replicas := []box{s.replica(t), s.replica(t)}
			var broken atomic.Int64
			at(8, func(i int) {
				for n := i; n < orders; n += 8 {
					ev := event(t, paid)
					ev.OrderID = fmt.Sprintf("ORDER-%d", n)
					for patience := 200 * time.Microsecond; ; patience = min(patience+patience/4, 10*time.Second) {
						ctx, cancel := context.WithTimeout(t.Context(), rand.N(patience))
						err := replicas[n%2].Handle(ctx, ev)
						cancel()
						if err == nil {
							break
						}
						broken.Add(1)
						<-time.After(time.Millisecond) // a server with too many connections rejects one immediately
					}
				}
			})
			assert.NotZero(t, broken.Load())
			told := map[string]int{}
			for _, line := range s.texts(t, `SELECT kind, order_id FROM shop_log`) {
				told[line]++
			}
			assert.Len(t, told, orders)
			for line, n := range told {
				assert.Equal(t, 1, n, line)
			}
		})
	}
}
