package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

func anyPage(ctx context.Context) *http.Request {
	return httptest.NewRequestWithContext(ctx, http.MethodGet, "/basket", nil)
}

// If the gateway hangs, only one page waits, for at most gatewayWaits, and all pages use the last known plan.
func TestWays_gatewayHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gatewaytest.New(t, gatewaytest.WithInMemory(), gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting))
		s := &shop{client: g.Client(), log: slog.New(slog.DiscardHandler)}
		before, err := s.ways(anyPage(t.Context()), "")
		require.NoError(t, err)
		require.True(t, before.Ask)
		time.Sleep(10 * time.Minute) // the known plan is now out of date
		g.SlowCalls(100, time.Hour)
		begin := time.Now()
		var pages sync.WaitGroup
		for range 10 {
			pages.Go(func() {
				now, err := s.ways(anyPage(t.Context()), "")
				assert.NoError(t, err)
				assert.Equal(t, before, now)
			})
		}
		pages.Wait()
		assert.LessOrEqual(t, time.Since(begin), gatewayWaits)
		synctest.Wait()
		assert.Len(t, g.Requests(), 2)
		time.Sleep(time.Hour) // hangs until the client has given up
	})
}

// Without a known plan, a page waits for the gateway for at most gatewayWaits, and stops waiting if its buyer leaves.
func TestWays_noKnownPlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gatewaytest.New(t, gatewaytest.WithInMemory())
		s := &shop{client: g.Client(), log: slog.New(slog.DiscardHandler)}
		g.SlowCalls(100, time.Hour)
		var pages sync.WaitGroup
		for _, patience := range []time.Duration{time.Second, time.Hour} {
			pages.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				begin := time.Now()
				_, err := s.ways(anyPage(ctx), "")
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, min(patience, gatewayWaits), time.Since(begin))
			})
		}
		pages.Wait()
		time.Sleep(time.Hour) // hangs until the client has given up
	})
}
