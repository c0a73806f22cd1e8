package ledger_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// If the gateway rejects the key, the call of Reconcile ends. Any other rejection affects only one session.
func TestEngine_Reconcile_refusals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		code  int
		body  string
		paid  int
		about error // the sentinel that the error matches; nil if it matches none
	}{
		"the key": {401, `{"ok":false,"error":"unauthorized"}`, 0, ecomtrade24.ErrUnauthorized},
		"the key is rejected by a 401 without a code": {401, `{"ok":false}`, 0, ecomtrade24.ErrUnauthorized},
		"the key is rejected by a 403 without a code": {403, `{"ok":false}`, 0, ecomtrade24.ErrUnauthorized},
		"the key is rejected by the code in a 200":    {200, `{"ok":false,"error":"unauthorized"}`, 0, ecomtrade24.ErrUnauthorized},
		"the domain":                {403, `{"ok":false,"error":"domain_not_allowed"}`, 9, ecomtrade24.ErrInvalidDomain},
		"an unknown code":           {403, `{"ok":false,"error":"session_archived"}`, 9, nil},
		"an unknown session":        {404, `{"ok":false}`, 9, ecomtrade24.ErrNotFound},
		"another 404":               {404, `{"message":"no Route matched"}`, 9, ecomtrade24.ErrNotFound},
		"a CDN's page":              {403, `<html>blocked</html>`, 9, nil},
		"a server error":            {500, `{"ok":false}`, 9, ecomtrade24.ErrUnavailable},
		"a PHP warning in the body": {200, `<br /><b>Warning</b>`, 9, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := scheduled(t, 10)
				<-time.After(time.Second)
				fine := false
				g := gateway(func(session string) *http.Response {
					if session == "1" && !fine {
						return response(row.code, row.body)
					}
					return paidStatus(session)
				})
				err := b.Reconcile(t.Context(), g.client(t))
				require.ErrorContains(t, err, `session "1"`)
				if row.about != nil {
					require.ErrorIs(t, err, row.about)
				}
				assert.Len(t, b.kinds(), row.paid)
				// The next call looks up the other sessions first, even if the key was rejected.
				_ = b.Reconcile(t.Context(), g.client(t))
				assert.Len(t, b.kinds(), 9)
				fine = true
				<-time.After(2 * time.Minute) // the next check, since the 404 counted as a response
				require.NoError(t, b.Reconcile(t.Context(), g.client(t)))
				assert.Len(t, b.kinds(), 10)
			})
		})
	}
}

// A 404 moves the schedule only if it comes from the gateway and is about the session.
func TestEngine_Reconcile_otherNotFound(t *testing.T) {
	t.Parallel()
	for body, answer := range map[string]bool{
		`{"ok":false}`: true, `{"ok":false,"error":"session_not_found"}`: true, `{"ok":false,"error":"maintenance"}`: false,
		`{}`: false, ``: false, `{"message":"no Route matched with those values"}`: false, `{"ok":true}`: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := scheduled(t, 1)
			g := gateway(func(string) *http.Response { return response(404, body) })
			require.Error(t, b.Reconcile(t.Context(), g.client(t)))
			assert.Equal(t, answer, b.next(t, "1") > 0, body)
		})
	}
}

// A response about another order changes neither order, and the session is looked up again.
func TestEngine_Reconcile_otherOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 1)
		g := gateway(func(string) *http.Response {
			return response(200, `{"order_id":"ORDER-2","status":"paid","amount":"5.00","currency":"USD"}`)
		})
		require.ErrorContains(t, b.Reconcile(t.Context(), g.client(t)), `session "1": the response is about another order`)
		_, err := b.Ask(t.Context(), g.client(t), "1", "ORDER-1")
		require.ErrorContains(t, err, `session "1": the response is about another order`)
		assert.Empty(t, b.kinds())
		assert.LessOrEqual(t, b.next(t, "1"), time.Duration(0))
	})
}

// A lookup may take at most two thirds of its lease, so it ends before another process may look up the session.
func TestEngine_Reconcile_limitsALookup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 1)
		start := time.Now()
		c, err := ecomtrade24.NewClient("https://gateway.example", "key-1234567890", ecomtrade24.WithTimeout(time.Hour),
			ecomtrade24.WithHTTPClient(&http.Client{Transport: silent{}}))
		require.NoError(t, err)
		require.ErrorIs(t, b.Reconcile(t.Context(), c), context.DeadlineExceeded)
		assert.Equal(t, 2*time.Minute, time.Since(start))
	})
}

// silent is the transport of a gateway that never responds.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// Reconcile returns the errors with their session IDs, up to a limit.
func TestEngine_Reconcile_boundsItsErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 100)
		g := gateway(func(string) *http.Response { return response(500, `{"ok":false}`) })
		err := b.Reconcile(t.Context(), g.client(t))
		require.ErrorContains(t, err, "90 more failed")
		assert.Equal(t, 10, strings.Count(err.Error(), `session "`))
	})
}

// The end of ctx is the usual end of a call and not an error, even if it interrupts a lookup. The interrupted session
// stays scheduled and comes last.
func TestEngine_Reconcile_endsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 10)
		var asked []string
		g := gateway(func(session string) *http.Response {
			asked = append(asked, session)
			if len(asked) == 9 {
				<-time.After(time.Second)
			}
			return status(session, "pending")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 2100*time.Millisecond)
		defer cancel()
		require.NoError(t, b.Reconcile(ctx, g.client(t)))
		require.Len(t, asked, 9)
		require.NoError(t, b.Reconcile(t.Context(), g.client(t)))
		require.Len(t, asked, 11)
		assert.NotContains(t, asked[:9], asked[9])
		assert.Equal(t, asked[8], asked[10])
	})
}

func TestEngine_Reconcile_nothingToDo(t *testing.T) {
	t.Parallel()
	b := newBox()
	require.NoError(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)))
	require.ErrorContains(t, b.Reconcile(t.Context(), nil), "the client is nil")
}

// If any statement fails, the error names it, and a later call finds the payment.
func TestEngine_Reconcile_brokenDatabase(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for _, step := range []string{"scheduled", "lease", "begin", "look", "keep", "commit", "return"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := scheduled(t, 1)
				b.store.fail = func(name string) error {
					if name == step {
						return broken
					}
					return nil
				}
				require.ErrorIs(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)), broken)
				b.store.fail = nil
				<-time.After(3 * time.Minute) // the lease ends by itself, since Return failed
				require.NoError(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)))
				assert.Contains(t, b.kinds(), "paid paid")
			})
		})
	}
}

// Reconcile applies every status that the gateway reports, except a test.
func TestEngine_Reconcile_applies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"order_id":"ORDER-1","status":"pending"}`:          {"progress pending"},
		`{"order_id":"ORDER-1","status":"invented"}`:         {"unknown invented"},
		`{"order_id":"ORDER-1","status":"test"}`:             nil,
		`{"order_id":"ORDER-1","status":"paid","test":true}`: nil,
		`{"order_id":"ORDER-1","status":"expired"}`:          {"progress expired"},
		`{"order_id":"ORDER-1","status":"paid"}`:             {"incomplete paid"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := scheduled(t, 1)
			g := gateway(func(string) *http.Response { return response(200, body) })
			require.NoError(t, b.Reconcile(t.Context(), g.client(t)), body)
			assert.Equal(t, want, b.kinds(), body)
		})
	}
}

// A panic in the Func or in the merchant's transport makes the session's lookup fail but does not end the process.
func TestEngine_Reconcile_panics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 3)
		b.apply = func(c call) error {
			if c.payment.SessionID == "1" {
				panic("nil map")
			}
			return nil
		}
		g := gateway(func(session string) *http.Response {
			if session == "2" {
				panic("nil map")
			}
			return paidStatus(session)
		})
		err := b.Reconcile(t.Context(), g.client(t))
		require.ErrorContains(t, err, `session "1"`)
		require.ErrorContains(t, err, `session "2"`)
		assert.Zero(t, b.next(t, "3"))
		assert.NotZero(t, b.next(t, "1"), "both stay scheduled")
		assert.NotZero(t, b.next(t, "2"))
	})
}

// A replica that is killed during a lookup blocks the session only until its lease ends.
func TestEngine_Reconcile_takesOverAfterAKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 1)
		checks, err := b.store.Scheduled(t.Context())
		require.NoError(t, err)
		mine, err := b.store.Lease(t.Context(), checks[0], time.Now().Add(3*time.Minute).UnixMilli())
		require.NoError(t, err)
		require.True(t, mine)
		require.NoError(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)))
		assert.Empty(t, b.kinds())
		<-time.After(3 * time.Minute)
		require.NoError(t, b.Reconcile(t.Context(), gateway(paidStatus).client(t)))
		assert.Equal(t, []string{"paid paid"}, b.kinds())
	})
}

// Two replicas share 40 sessions, and their calls are cut off after a second. Whether lookups succeed, fail or are cut
// off, every session is looked up once before any is looked up twice, and two replicas never look up the same session
// at the same time.
func TestEngine_Reconcile_fair(t *testing.T) {
	t.Parallel()
	always := func(time.Duration, bool) time.Duration { return time.Nanosecond }
	for name, respond := range map[string]func(string) *http.Response{
		"answered": func(session string) *http.Response { return status(session, "pending") },
		"failing":  func(string) *http.Response { return response(500, `{}`) },
	} {
		for spaced, spacing := range map[string]func(time.Duration, bool) time.Duration{"by default": nil, "always": always} {
			t.Run(name+", "+spaced, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					one := scheduled(t, 40, func(o *ledger.Options) { o.Spacing = spacing })
					two := onStore(one.store, func(o *ledger.Options) { o.Spacing = spacing })
					fair(t, 40, respond, one, two)
				})
			})
		}
	}
}

func fair(t *testing.T, sessions int, respond func(string) *http.Response, boxes ...*box) {
	t.Helper()
	var mu sync.Mutex
	times, running := map[string]int{}, map[string]bool{}
	g := gateway(func(session string) *http.Response {
		mu.Lock()
		assert.False(t, running[session], "session %s is looked up twice at the same time", session)
		running[session] = true
		times[session]++
		if times[session] == 2 {
			assert.Len(t, times, sessions, "session %s is looked up twice before all were looked up once", session)
		}
		mu.Unlock()
		<-time.After(300 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		running[session] = false
		return respond(session)
	})
	client := g.client(t)
	for range 12 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		var group sync.WaitGroup
		for _, b := range boxes {
			group.Go(func() { _ = b.Reconcile(ctx, client) })
		}
		group.Wait()
		cancel()
		<-time.After(time.Second)
	}
	assert.Len(t, times, sessions)
}

// If a webhook changes the schedule during a lookup, the lookup does not overwrite the webhook's schedule.
func TestEngine_Reconcile_webhookDuringTheLookup(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]time.Duration{"paid": 0, "expired": time.Hour, "processing": 2 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			b := scheduled(t, 1)
			g := gateway(func(session string) *http.Response {
				assert.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", word)))
				return status(session, "pending")
			})
			require.NoError(t, b.Reconcile(t.Context(), g.client(t)))
			assert.Equal(t, want, b.next(t, "1"), word)
		})
	}
}

func TestEngine_Ask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox()
		b.expect(t, "1")
		word := "processing"
		g := gateway(func(session string) *http.Response { return status(session, word) })
		client := g.client(t)
		for range 2 {
			s, err := b.Ask(t.Context(), client, "1", "ORDER-1")
			require.NoError(t, err)
			assert.Equal(t, ecomtrade24.StatusProcessing, s.Status)
			assert.Equal(t, "ORDER-1", s.OrderID)
		}
		assert.Equal(t, 2*time.Minute, b.next(t, "1"), "the lookup must not change the schedule")
		word = "paid"
		s, err := b.Ask(t.Context(), client, "1", "ORDER-1")
		require.NoError(t, err)
		assert.True(t, s.Paid())
		require.NoError(t, b.Handle(t.Context(), event("1", "ORDER-1", "paid")), "the webhook, late")
		assert.Equal(t, []string{"progress processing", "paid paid"}, b.kinds())
		assert.Zero(t, b.next(t, "1"))
	})
}

// If Ask cannot apply a status, it returns an error and no status.
func TestEngine_Ask_fails(t *testing.T) {
	t.Parallel()
	b := newBox()
	broken := errors.New("out of stock")
	b.apply = func(call) error { return broken }
	_, err := b.Ask(t.Context(), nil, "1", "ORDER-1")
	require.ErrorContains(t, err, "the client is nil")
	s, err := b.Ask(t.Context(), gateway(paidStatus).client(t), "1", "ORDER-1")
	require.ErrorIs(t, err, broken)
	assert.Nil(t, s)
	_, err = b.Ask(t.Context(), gateway(paidStatus).client(t), "", "ORDER-1")
	require.ErrorContains(t, err, "sessionID")
	g := gateway(func(string) *http.Response { return response(404, `{"ok":false}`) })
	_, err = b.Ask(t.Context(), g.client(t), "1", "ORDER-1")
	require.ErrorIs(t, err, ecomtrade24.ErrNotFound)
	require.ErrorContains(t, err, `session "1"`)
}

// askedAfter calls Reconcile every minute for the given duration, and returns the time of each lookup, measured from
// the start. Lookups at the same time are returned once.
func (b *box) askedAfter(t *testing.T, lasts time.Duration, word string) []time.Duration {
	t.Helper()
	return slices.Compact(b.askedUntil(t, lasts, nil, func(session string) *http.Response {
		return status(session, word)
	}))
}

// askedUntil is like askedAfter, with the responses of g, the error that Reconcile must return, and all lookups.
func (b *box) askedUntil(t *testing.T, lasts time.Duration, want error, g gateway) []time.Duration {
	t.Helper()
	b.Workers = 1 // one worker suffices for one session and is much faster
	start, asked := time.Now(), []time.Duration(nil)
	client := gateway(func(session string) *http.Response {
		asked = append(asked, time.Since(start))
		return g(session)
	}).client(t)
	for time.Since(start) < lasts {
		if err := b.Reconcile(t.Context(), client); err != nil {
			require.ErrorIs(t, err, want)
		}
		<-time.After(time.Minute)
	}
	return asked
}
