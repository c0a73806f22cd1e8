package ecomtrade24_test

import (
	"context"
	"errors"
	"io"
	"net/http"
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

const smartJSON = `{"integration_mode":"smart_routing",` +
	`"methods":{"card":{"available":true},"upi":{"available":false},"pix":1}}`

// shop answers me.php with me and session.php with a session.
func shop(me string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/me.php") {
			_, _ = io.WriteString(w, me)
			return
		}
		_, _ = io.WriteString(w, sessionJSON)
	}
}

func TestClient_Checkout_hostedDropsTheMethod(t *testing.T) {
	t.Parallel()
	for _, me := range []string{
		`{"integration_mode":"hosted_checkout","methods":["card"]}`,
		`{}`,
		`{"integration_mode":"new"}`,
		`{"integration_mode":"SMART_ROUTİNG"}`, // not the letter I
	} {
		g := serve(t, shop(me))
		p := params()
		p.Method = "card"
		s, err := g.client(t).Checkout(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, "12345", s.ID)
		assert.NotContains(t, g.seen()[1].Body, "method")
		assert.Equal(t, "card", p.Method, "the caller's own")
	}
}

func TestClient_Checkout_smartRouting(t *testing.T) {
	t.Parallel()
	g := serve(t, shop(smartJSON))
	c := g.client(t)
	p := params()
	p.Method = "card"
	_, err := c.Checkout(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, g.seen()[1].Body, `"method":"card"`)

	for method, text := range map[string]string{
		"":     "needs a method",
		"upi":  `"upi" is not available: choose one of card, pix`, // listed, but not available
		"cash": `"cash" is not available`,
	} {
		p.Method = method
		_, err := c.Checkout(t.Context(), p)
		var wrong *ecomtrade24.MethodError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, method, wrong.Method)
		assert.Equal(t, []string{"card", "pix"}, wrong.Available)
		require.ErrorContains(t, err, text)
	}
	assert.Len(t, g.seen(), 2, "me.php once, one session, nothing for the refused ones")
}

func TestClient_Checkout_noMethodAtAll(t *testing.T) {
	t.Parallel()
	_, err := serve(t, shop(`{"integration_mode":"smart_routing","methods":[]}`)).client(t).Checkout(t.Context(), params())
	var wrong *ecomtrade24.MethodError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "no method is available")
}

func TestClient_Checkout_validatesFirst(t *testing.T) {
	t.Parallel()
	g := serve(t, shop(smartJSON))
	_, err := g.client(t).Checkout(t.Context(), ecomtrade24.SessionParams{})
	var invalid *ecomtrade24.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Empty(t, g.seen())
}

func TestClient_Checkout_failsWithMe(t *testing.T) {
	t.Parallel()
	g := serve(t, answer(401, `{"ok":false,"error":"unauthorized"}`))
	c := g.client(t)
	for range 2 { // an error is not remembered
		_, err := c.Checkout(t.Context(), params())
		require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	}
	assert.Len(t, g.seen(), 2, "no session without a mode")
}

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

// meClock returns a client whose requests to me.php are answered by answers, and the number of them so far.
func meClock(
	t *testing.T, answers func(n int32, r *http.Request) (*http.Response, error), opts ...ecomtrade24.Option,
) (*ecomtrade24.Client, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	return offline(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/me.php") {
			return answers(asked.Add(1), r)
		}
		return response(200, sessionJSON), nil
	}, opts...), &asked
}

func TestClient_Checkout_remembersForTheTTL(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]int32{5 * time.Minute: 2, time.Minute: 6, 0: 11} {
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

func TestClient_Checkout_staleAnswerServesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
			if n > 1 {
				return response(500, "down"), nil
			}
			return response(200, `{}`), nil
		})
		for range 12 { // the second minute past the TTL: asked again every half a minute, not for every buyer
			_, err := c.Checkout(t.Context(), params())
			require.NoError(t, err)
			time.Sleep(30 * time.Second) //nolint:forbidigo // the bubble's clock
			_, err = c.Checkout(t.Context(), params())
			require.NoError(t, err)
		}
		assert.EqualValues(t, 1+3, asked.Load())
	})
}

func TestClient_Checkout_nextCallerTakesOver(t *testing.T) {
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
		require.NoError(t, <-results, "another caller's end is not this one's")
		assert.EqualValues(t, 2, asked.Load())
	})
}

// A caller who gives up on the refresh of an old answer uses it, and leaves the refresh to the next one.
func TestClient_Checkout_staleAnswerIsNotKeptByAHurriedCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, r *http.Request) (*http.Response, error) {
			if n == 2 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return response(200, `{}`), nil
		})
		_, err := c.Checkout(t.Context(), params())
		require.NoError(t, err)
		time.Sleep(6 * time.Minute) //nolint:forbidigo // the bubble's time: the answer grows old
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Checkout(hurried, params())
		require.ErrorIs(t, err, context.DeadlineExceeded, "no time is left for the session")
		_, err = c.Checkout(t.Context(), params())
		require.NoError(t, err)
		assert.EqualValues(t, 3, asked.Load(), "the next caller asked")
	})
}

// A caller in a hurry asks me.php, is told to come back later, and has no time to: whoever waits behind it has.
func TestClient_Checkout_shortDeadlineFailsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
			if n == 1 {
				return response(503, "", "Retry-After", "20"), nil
			}
			return response(200, `{}`), nil
		}, ecomtrade24.WithRetry(ecomtrade24.DefaultRetry))
		hurried, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Checkout(hurried, params())
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorIs(t, err, ecomtrade24.ErrUnavailable)
			assert.NoError(t, hurried.Err(), "it returned before its time")
		})
		synctest.Wait()
		for range 2 {
			wg.Go(func() {
				_, err := c.Checkout(t.Context(), params())
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 2, asked.Load(), "one of them asked again, for both")
	})
}

// The gateway's silence is no deadline of the caller's: those who wait fail with it, and do not ask one after another.
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
	assert.Panics(t, func() { _, _ = c.Checkout(t.Context(), params()) })
	_, err := c.Checkout(t.Context(), params())
	require.NoError(t, err, "the next caller is not left waiting")
	assert.EqualValues(t, 2, asked.Load())
}
