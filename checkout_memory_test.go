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
		c, asked := planned(t, slowly(time.Second, says(200, `{}`)))
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { assert.NoError(t, buy(t, c, "")) })
		}
		wg.Wait()
		assert.EqualValues(t, 1, asked.Load())
	})
}

// planned returns a client and a counter of its requests to me.php. Each of these requests gets the next plan; the last
// plan repeats. Every session request succeeds.
func planned(t *testing.T, plans ...roundTrip) (*ecomtrade24.Client, *atomic.Int32) {
	t.Helper()
	return plannedShop(t, says(200, sessionJSON), plans)
}

// plannedShop is like planned, but also takes client options and the response to session requests.
func plannedShop(
	t *testing.T, session roundTrip, plans []roundTrip, opts ...ecomtrade24.Option,
) (*ecomtrade24.Client, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	return talk(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/me.php") {
			return plans[min(int(asked.Add(1)), len(plans))-1](r)
		}
		return session(r)
	}).client(t, opts...), &asked
}

// slowly returns a transport that responds after a delay, even if the request is canceled.
func slowly(after time.Duration, then roundTrip) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		time.Sleep(after) //nolint:forbidigo // the bubble's clock
		return then(r)
	}
}

// buy calls Checkout with a payment method.
func buy(t *testing.T, c *ecomtrade24.Client, method string) error {
	t.Helper()
	p := params()
	p.Method = method
	_, err := c.Checkout(t.Context(), p)
	return err
}

func TestClient_Checkout_remembersForTheTTL(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]int32{5 * time.Minute: 2, time.Minute: 6, 0: 2} { // 0 means 5 minutes
		synctest.Test(t, func(t *testing.T) {
			c, asked := plannedShop(t, says(200, sessionJSON), []roundTrip{says(200, `{}`)}, ecomtrade24.WithMerchantTTL(ttl))
			for range 11 { // every 30 seconds, for five minutes
				require.NoError(t, buy(t, c, ""))
				time.Sleep(30 * time.Second) //nolint:forbidigo // the bubble's clock
			}
			assert.Equal(t, want, asked.Load(), ttl)
		})
	}
}

func TestClient_Checkout_usesAnOldPlanIfTheRefreshFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := planned(t, says(200, `{}`), says(500, "down"))
		for range 12 { // after the TTL, a failed refresh is repeated every 30 seconds, not for every buyer
			require.NoError(t, buy(t, c, ""))
			time.Sleep(30 * time.Second) //nolint:forbidigo // the bubble's clock
			require.NoError(t, buy(t, c, ""))
		}
		synctest.Wait()
		assert.EqualValues(t, 1+3, asked.Load())
	})
}

// While me.php hangs, a shop that knows its plan keeps selling, and no buyer waits.
func TestClient_Checkout_refreshesInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := planned(t, says(200, smartJSON), hangs)
		require.NoError(t, buy(t, c, "card"))
		p := params()
		p.Method = "card"
		time.Sleep(6 * time.Minute) //nolint:forbidigo // the bubble's clock: the plan becomes too old
		start := time.Now()
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.Checkout(ctx, p)
			require.NoError(t, err)
			cancel()
		}
		assert.Zero(t, time.Since(start), "no buyer waited")
		synctest.Wait()
		assert.EqualValues(t, 2, asked.Load(), "expected one request that no buyer waits for")
		time.Sleep(time.Minute) //nolint:forbidigo // the request ends after the client's own timeout and leaves no goroutine
	})
}

// If the caller that started the first request is canceled, the other callers still get the response.
func TestClient_Checkout_canceledCallerFailsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := planned(t, func(r *http.Request) (*http.Response, error) {
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
		go func() { results <- buy(t, c, "") }()
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
	c, asked := planned(t, says(200, smartJSON))
	m, err := c.Me(t.Context())
	require.NoError(t, err)
	m.Methods[0].ID, m.Mode = "changed", ecomtrade24.ModeHostedCheckout
	require.NoError(t, buy(t, c, "card"))
	assert.EqualValues(t, 1, asked.Load())
}

// A late response does not replace the result of a request that started later.
func TestClient_Me_olderResponseIsNotRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old := says(200, `{"integration_mode":"smart_routing","methods":["upi"]}`)
		c, asked := planned(t, slowly(10*time.Second, old), says(200, smartJSON))
		var slow sync.WaitGroup
		slow.Go(func() {
			_, err := c.Me(t.Context())
			assert.NoError(t, err)
		})
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		_, err := c.Me(t.Context())
		require.NoError(t, err)
		slow.Wait()
		require.NoError(t, buy(t, c, "card"))
		assert.EqualValues(t, 2, asked.Load())
	})
}

// If a request times out, all waiting callers get the error. They do not each send a new request.
func TestClient_Checkout_timeoutFailsAllWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := planned(t, hangs)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { assert.ErrorIs(t, buy(t, c, ""), context.DeadlineExceeded) })
		}
		wg.Wait()
		assert.EqualValues(t, 1, asked.Load())
	})
}

func TestClient_Checkout_waiterKeepsItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := planned(t, slowly(10*time.Second, fails(errors.New("unreachable"))))
		var wg sync.WaitGroup
		wg.Go(func() { assert.Error(t, buy(t, c, "")) })
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

// If a transport panics, or ends the goroutine as FailNow in a merchant's test does, only that call fails.
func TestClient_Checkout_survivesTheTransport(t *testing.T) {
	t.Parallel()
	for want, end := range map[string]func(){
		"ecomtrade24: me: panic: a bug in the merchant's transport": func() { panic("a bug in the merchant's transport") },
		"ended the goroutine": runtime.Goexit,
	} {
		c, asked := planned(t, func(*http.Request) (*http.Response, error) {
			end()
			return nil, nil // not reached
		}, says(200, `{}`))
		require.ErrorContains(t, buy(t, c, ""), want)
		require.NoError(t, buy(t, c, ""), "the next caller must not wait forever")
		assert.EqualValues(t, 2, asked.Load())
	}
}

// Plan calls the gateway no more often than Checkout does. Changes to its result do not affect Checkout.
func TestClient_Plan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := planned(t, says(200, smartJSON))
		for range 3 {
			m, err := c.Plan(t.Context())
			require.NoError(t, err)
			require.True(t, m.Offers("card"))
			m.Methods[0].Available, m.Mode = false, ecomtrade24.ModeHostedCheckout
		}
		require.NoError(t, buy(t, c, "card"))
		assert.EqualValues(t, 1, asked.Load())
		time.Sleep(time.Hour) //nolint:forbidigo // the bubble's clock
		_, err := c.Plan(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		assert.EqualValues(t, 2, asked.Load(), "in the background")
	})
	c := talk(t, says(401, `{"ok":false,"error":"unauthorized"}`)).client(t)
	_, err := c.Plan(t.Context())
	require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
}
