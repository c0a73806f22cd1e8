package ledger_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestEngine_Reconcile_makesFourLookupsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most, asked atomic.Int64
		g := gateway(func(session string) *http.Response {
			asked.Add(1)
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-time.After(time.Second)
			now.Add(-1)
			return paidStatus(session)
		})
		b := scheduled(t, 20)
		start := time.Now()
		require.NoError(t, b.Reconcile(t.Context(), g.client(t)))
		assert.EqualValues(t, 4, most.Load())
		assert.EqualValues(t, 20, asked.Load())
		assert.Len(t, b.kinds(), 20)
		assert.Equal(t, 19*time.Second/4+time.Second, time.Since(start))
	})
}

// A Retry-After stops every worker: each may still get one 429, but then no worker makes a lookup until the Retry-After
// has passed.
func TestEngine_Reconcile_retryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 12)
		start, asked, limited := time.Now(), atomic.Int64{}, atomic.Int64{}
		g := gateway(func(session string) *http.Response {
			if asked.Add(1) > 4 && time.Since(start) < time.Minute {
				limited.Add(1)
				return tooMany(60)
			}
			<-time.After(time.Second)
			return paidStatus(session)
		})
		require.ErrorIs(t, b.Reconcile(t.Context(), g.client(t)), ecomtrade24.ErrRateLimited)
		assert.Len(t, b.kinds(), 12, "a session whose lookup got a 429 is looked up again")
		assert.NotZero(t, limited.Load())
		assert.LessOrEqual(t, limited.Load(), int64(4))
	})
}

// A Retry-After may last longer than a call of Reconcile. Then the next call makes no lookups either, and the session
// that got the 429 still comes first.
func TestEngine_Reconcile_retryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		g := gateway(func(session string) *http.Response {
			asked = append(asked, session)
			if len(asked) > 1 {
				return paidStatus(session)
			}
			return tooMany(3600)
		})
		b := scheduled(t, 3)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := b.Reconcile(ctx, g.client(t))
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "the gateway asks to wait")
			<-time.After(time.Minute)
		}
		assert.Equal(t, []string{"1"}, asked)
		<-time.After(time.Hour)
		require.NoError(t, b.Reconcile(t.Context(), g.client(t)))
		assert.Equal(t, []string{"1", "1", "2", "3"}, asked)
	})
}

// The gateway allows 60 requests a minute, and buyers need 20 of them. Buyers get a few 429s while Reconcile adjusts
// its pace, and hardly any after that.
func TestEngine_Reconcile_leavesTheBuyersTheirShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := scheduled(t, 3000)
		start, used, minute, asked := time.Now(), 0, -1, atomic.Int64{}
		var mu sync.Mutex
		take := func() (left time.Duration, ok bool) {
			mu.Lock()
			defer mu.Unlock()
			if now := int(time.Since(start) / time.Minute); now != minute {
				minute, used = now, 0
			}
			used++
			return time.Minute - time.Since(start)%time.Minute, used <= 60
		}
		g := gateway(func(session string) *http.Response {
			left, ok := take()
			if ok {
				asked.Add(1)
				return status(session, "pending")
			}
			return tooMany(int(left/time.Second) + 1)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		go func() { _ = b.Reconcile(ctx, g.client(t)) }()
		limited, bought := 0, 0
		for range 20 * 60 {
			<-time.After(3 * time.Second)
			bought++
			if _, ok := take(); !ok {
				limited++
			}
		}
		cancel()
		synctest.Wait()
		t.Logf("%d of %d buyers got a 429, %d lookups got a response", limited, bought, asked.Load())
		assert.Less(t, limited, bought/10)
		assert.Greater(t, asked.Load(), int64(1000))
	})
}

// The code rate_limited slows Reconcile down, regardless of the HTTP status.
func TestEngine_Reconcile_rateLimitedByCode(t *testing.T) {
	t.Parallel()
	for _, code := range []int{200, 400, 403, 429} {
		synctest.Test(t, func(t *testing.T) {
			b, lookups := scheduled(t, 3), 0
			client := gateway(func(string) *http.Response {
				lookups++
				return response(code, `{"ok":false,"error":"rate_limited"}`)
			}).client(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			require.ErrorIs(t, b.Reconcile(ctx, client), ecomtrade24.ErrRateLimited)
			assert.Less(t, lookups, 30, code)
			assert.NotZero(t, b.next(t, "1"))
		})
	}
}

// Ask respects the Retry-After from any lookup. A 429 for Ask does not slow Reconcile down.
func TestEngine_Ask_retryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, lookups, limited := scheduled(t, 20), 0, true
		client := gateway(func(session string) *http.Response {
			lookups++
			if !limited {
				return paidStatus(session)
			}
			return tooMany(30)
		}).client(t)
		_, err := b.Ask(t.Context(), client, "1", "ORDER-1")
		require.ErrorIs(t, err, ecomtrade24.ErrRateLimited)
		_, err = b.Ask(t.Context(), client, "1", "ORDER-1")
		require.ErrorContains(t, err, "the gateway asks to wait 30s")
		require.ErrorIs(t, err, ecomtrade24.ErrRateLimited)
		assert.Equal(t, 1, lookups)
		<-time.After(30 * time.Second)
		limited = false
		start := time.Now()
		require.NoError(t, b.Reconcile(t.Context(), client))
		assert.Less(t, time.Since(start), 6*time.Second)
	})
}
