package ecomtrade24_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestClient_Checkout_asksOnceForManyCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(int32, *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) //nolint:forbidigo // inside the bubble: a slow gateway
			return response(200, `{}`), nil
		})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				_, err := c.Checkout(t.Context(), params())
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, asked.Load())
	})
}

// meClock returns a client with answers as its responses from me.php, and the number of requests so far.
func meClock(
	t *testing.T, answers func(n int32, r *http.Request) (*http.Response, error), opts ...ecomtrade24.Option,
) (*ecomtrade24.Client, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	return talk(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/me.php") {
			return answers(asked.Add(1), r)
		}
		return response(200, sessionJSON), nil
	}).client(t, opts...), &asked
}

func TestClient_Checkout_remembersForTheTTL(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]int32{5 * time.Minute: 2, time.Minute: 6, 0: 2} { // 0 means 5 minutes
		synctest.Test(t, func(t *testing.T) {
			c, asked := meClock(t, func(int32, *http.Request) (*http.Response, error) { return response(200, `{}`), nil },
				ecomtrade24.WithMerchantTTL(ttl))
			for range 11 { // every half a minute, for five minutes
				_, err := c.Checkout(t.Context(), params())
				require.NoError(t, err)
				time.Sleep(30 * time.Second) //nolint:forbidigo // the bubble's clock
			}
			assert.Equal(t, want, asked.Load(), ttl)
		})
	}
}

func TestClient_Checkout_usesAnOldPlanIfTheRefreshFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
			if n > 1 {
				return response(500, "down"), nil
			}
			return response(200, `{}`), nil
		})
		for range 12 { // the second minute after the TTL: a refresh every 30 seconds, not for every buyer
			_, err := c.Checkout(t.Context(), params())
			require.NoError(t, err)
			time.Sleep(30 * time.Second) //nolint:forbidigo // the bubble's clock
			_, err = c.Checkout(t.Context(), params())
			require.NoError(t, err)
		}
		synctest.Wait()
		assert.EqualValues(t, 1+3, asked.Load())
	})
}

// While me.php hangs, a shop that knows its plan keeps selling, and no buyer waits.
func TestClient_Checkout_refreshesInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, r *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(200, smartJSON), nil
			}
			return hangs(r)
		})
		p := params()
		p.Method = "card"
		_, err := c.Checkout(t.Context(), p)
		require.NoError(t, err)
		time.Sleep(6 * time.Minute) //nolint:forbidigo // the bubble's time: the plan gets old
		start := time.Now()
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.Checkout(ctx, p)
			require.NoError(t, err)
			cancel()
		}
		assert.Zero(t, time.Since(start), "no buyer waited")
		synctest.Wait()
		assert.EqualValues(t, 2, asked.Load(), "one request, without a wait for the buyer")
		time.Sleep(time.Minute) //nolint:forbidigo // the request ends after the client's own timeout and leaves no goroutine
	})
}

// The first request belongs to no caller: its caller may leave, and the others still get the response.
func TestClient_Checkout_canceledCallerFailsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(_ int32, r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(10 * time.Second):
				return response(200, `{}`), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		first, giveUp := context.WithCancel(t.Context())
		results := make(chan error, 2)
		go func() { _, err := c.Checkout(first, params()); results <- err }()
		synctest.Wait()
		go func() { _, err := c.Checkout(t.Context(), params()); results <- err }()
		synctest.Wait()
		giveUp()
		require.ErrorIs(t, <-results, context.Canceled)
		require.NoError(t, <-results)
		assert.EqualValues(t, 1, asked.Load())
	})
}

// Checkout remembers the result of Me. The caller's later changes to that result do not affect it.
func TestClient_Me_isRemembered(t *testing.T) {
	t.Parallel()
	c, asked := meClock(t, func(int32, *http.Request) (*http.Response, error) { return response(200, smartJSON), nil })
	m, err := c.Me(t.Context())
	require.NoError(t, err)
	p := params()
	p.Method = "card"
	m.Methods[0].ID, m.Mode = "changed", ecomtrade24.ModeHostedCheckout
	_, err = c.Checkout(t.Context(), p)
	require.NoError(t, err)
	assert.EqualValues(t, 1, asked.Load())
}

// A late response does not replace one whose request started later.
func TestClient_Me_olderResponseIsNotRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				time.Sleep(10 * time.Second) //nolint:forbidigo // the bubble's clock
				return response(200, `{"integration_mode":"smart_routing","methods":["upi"]}`), nil
			}
			return response(200, smartJSON), nil
		})
		var slow sync.WaitGroup
		slow.Go(func() {
			_, err := c.Me(t.Context())
			assert.NoError(t, err)
		})
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		_, err := c.Me(t.Context())
		require.NoError(t, err)
		slow.Wait()
		p := params()
		p.Method = "card"
		_, err = c.Checkout(t.Context(), p)
		require.NoError(t, err)
		assert.EqualValues(t, 2, asked.Load())
	})
}

// A timeout of the gateway fails every waiting caller, instead of one caller after another sending a new request.
func TestClient_Checkout_timeoutIsForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(_ int32, r *http.Request) (*http.Response, error) { return hangs(r) })
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_, err := c.Checkout(t.Context(), params())
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, asked.Load())
	})
}

func TestClient_Checkout_waiterKeepsItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := meClock(t, func(int32, *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Second) //nolint:forbidigo // the bubble's clock
			return nil, errors.New("unreachable")
		})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Checkout(t.Context(), params())
			assert.Error(t, err)
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Checkout(ctx, params())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		wg.Wait()
	})
}

func TestClient_Checkout_survivesAPanickingTransport(t *testing.T) {
	t.Parallel()
	c, asked := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			panic("a transport of the merchant's own")
		}
		return response(200, `{}`), nil
	})
	_, err := c.Checkout(t.Context(), params())
	require.ErrorContains(t, err, "ecomtrade24: me: panic: a transport of the merchant's own")
	_, err = c.Checkout(t.Context(), params())
	require.NoError(t, err, "the next caller is not left waiting")
	assert.EqualValues(t, 2, asked.Load())
}

// A transport that ends the goroutine, as FailNow in a merchant's test does, fails the call too.
func TestClient_Checkout_survivesATransportThatExits(t *testing.T) {
	t.Parallel()
	c, asked := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			runtime.Goexit()
		}
		return response(200, `{}`), nil
	})
	_, err := c.Checkout(t.Context(), params())
	require.ErrorContains(t, err, "ended the goroutine")
	_, err = c.Checkout(t.Context(), params())
	require.NoError(t, err)
	assert.EqualValues(t, 2, asked.Load())
}

// Plan calls the gateway no more often than Checkout does. Changes to its result do not affect Checkout.
func TestClient_Plan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := talk(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/me.php") {
				asked++
				return response(200, smartJSON), nil
			}
			return response(200, sessionJSON), nil
		}).client(t)
		for range 3 {
			m, err := c.Plan(t.Context())
			require.NoError(t, err)
			require.True(t, m.Offers("card"))
			m.Methods[0].Available, m.Mode = false, ecomtrade24.ModeHostedCheckout
		}
		p := params()
		p.Method = "card"
		_, err := c.Checkout(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, 1, asked)
		time.Sleep(time.Hour) //nolint:forbidigo // the bubble's clock
		_, err = c.Plan(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, 2, asked, "in the background")
	})
	c := talk(t, says(401, `{"ok":false,"error":"unauthorized"}`)).client(t)
	_, err := c.Plan(t.Context())
	require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
}
