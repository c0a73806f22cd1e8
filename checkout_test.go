package ecomtrade24_test

import (
	"context"
	"errors"
	"io"
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

const smartJSON = `{"integration_mode":"smart_routing",` +
	`"methods":{"card":{"available":true},"upi":{"available":false},"pix":1}}`

// shop responds to me.php with me and to session.php with a session.
func shop(me string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/me.php") {
			return response(200, me), nil
		}
		return response(200, sessionJSON), nil
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
		g := talk(t, shop(me))
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
	g := talk(t, shop(smartJSON))
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
	_, err := talk(t, shop(`{"integration_mode":"smart_routing","methods":[]}`)).client(t).Checkout(t.Context(), params())
	var wrong *ecomtrade24.MethodError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "no method is available")
}

func TestClient_Checkout_validatesFirst(t *testing.T) {
	t.Parallel()
	g := talk(t, shop(smartJSON))
	_, err := g.client(t).Checkout(t.Context(), ecomtrade24.SessionParams{})
	var invalid *ecomtrade24.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Empty(t, g.seen())
}

func TestClient_Checkout_failsWithMe(t *testing.T) {
	t.Parallel()
	g := talk(t, says(401, `{"ok":false,"error":"unauthorized"}`))
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
		synctest.Wait()
		assert.EqualValues(t, 1+3, asked.Load())
	})
}

// While me.php hangs, a shop that knows its plan goes on selling, and no buyer waits.
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
		time.Sleep(6 * time.Minute) //nolint:forbidigo // the bubble's time: the response grows old
		start := time.Now()
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.Checkout(ctx, p)
			require.NoError(t, err)
			cancel()
		}
		assert.Zero(t, time.Since(start), "nobody waited")
		synctest.Wait()
		assert.EqualValues(t, 2, asked.Load(), "asked once, and not for as long as a buyer stays")
		time.Sleep(time.Minute) //nolint:forbidigo // the request ends by the client's own timeout, and no goroutine is left
	})
}

// The first request is nobody's own: whoever asked for it may leave, and the others get its response.
func TestClient_Checkout_aCallerWhoLeavesFailsNobody(t *testing.T) {
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

// The gateway adds a method: it can be chosen at once, though the remembered plan lacks it.
func TestClient_Checkout_asksAgainBeforeItRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, asked := meClock(t, func(n int32, r *http.Request) (*http.Response, error) {
			switch n {
			case 1:
				return response(200, smartJSON), nil
			case 2:
				return response(200, strings.Replace(smartJSON, `"upi":{"available":false}`, `"upi":true`, 1)), nil
			default:
				return hangs(r)
			}
		})
		buy := func(method string) error {
			p := params()
			p.Method = method
			_, err := c.Checkout(t.Context(), p)
			return err
		}
		var wrong *ecomtrade24.MethodError
		require.NoError(t, buy("card"))
		require.ErrorAs(t, buy("upi"), &wrong)
		assert.EqualValues(t, 1, asked.Load(), "the response is too young to ask again")
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		require.NoError(t, buy("upi"))
		for range 100 { // a shop that sends a wrong method does not ask for each buyer
			require.ErrorAs(t, buy("cash"), &wrong)
		}
		assert.EqualValues(t, 2, asked.Load())
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		start := time.Now()
		require.ErrorAs(t, buy("cash"), &wrong)
		assert.Equal(t, []string{"card", "upi", "pix"}, wrong.Available, "what was known")
		assert.LessOrEqual(t, time.Since(start), 15*time.Second, "it waits no longer than for one attempt")
	})
}

// A refresh that fails is not tried again for each buyer of a method that is not there, and nobody waits for its
// retries.
func TestClient_Checkout_asksAgainNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hanging atomic.Bool
		c, asked := meClock(t, func(n int32, r *http.Request) (*http.Response, error) {
			switch {
			case n == 1:
				return response(200, smartJSON), nil
			case hanging.Load():
				return hangs(r)
			default:
				return response(404, ""), nil
			}
		}, ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}))
		p := params()
		p.Method = "cash"
		var wrong *ecomtrade24.MethodError
		for range 3 {
			for range 100 {
				_, err := c.Checkout(t.Context(), p)
				require.ErrorAs(t, err, &wrong)
			}
			time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		}
		assert.EqualValues(t, 3, asked.Load(), "once for each five seconds")
		hanging.Store(true)
		start := time.Now()
		_, err := c.Checkout(t.Context(), p)
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, 15*time.Second, time.Since(start), "one attempt")
		time.Sleep(time.Hour) //nolint:forbidigo // no goroutine is left
	})
}

// A plan that goes from Smart Routing to hosted checkout needs no method any more.
func TestClient_Checkout_asksAgainBeforeItDemandsAMethod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := meClock(t, func(n int32, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return response(200, smartJSON), nil
			}
			return response(200, `{"integration_mode":"hosted_checkout"}`), nil
		})
		var wrong *ecomtrade24.MethodError
		_, err := c.Checkout(t.Context(), params())
		require.ErrorAs(t, err, &wrong)
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		_, err = c.Checkout(t.Context(), params())
		require.NoError(t, err)
	})
}

// What Me reads, Checkout knows; what the caller then does to it, Checkout does not.
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

// planRefusals are refusals of a session, and whether they are about the plan.
var planRefusals = map[string]struct {
	status int
	body   string
	plan   bool
}{
	"the method":             {422, `{"ok":false,"error":"method_not_available"}`, true},
	"the method, with a 200": {200, `{"ok":false,"error":"invalid_method"}`, true},
	"the plan, with a 403":   {403, `{"ok":false,"error":"plan_required"}`, true},
	"without a code":         {400, `{"ok":false,"message":"A payment method is required"}`, true},
	"the mode":               {422, `{"ok":false,"error":"hosted_checkout_only"}`, true},
	"the router":             {400, `{"ok":false,"error":"smart_router_disabled"}`, true},
	"a method, with a 404":   {404, `{"ok":false,"error":"route_unknown"}`, true},
	"something else":         {422, `{"ok":false,"error":"amount_too_small"}`, true},
	"no word about why":      {400, `{"ok":false}`, true},
	"a 404 alone":            {404, `{"ok":false}`, true},
	"a 403 with a sentence":  {403, `{"ok":false,"error":"Smart Router is disabled for this plan"}`, true},
	"a 401 with a message":   {401, `{"ok":false,"message":"hosted checkout only"}`, true},
	"a redirect":             {301, ``, false},
	"the wallet":             {422, `{"ok":false,"error":"missing_merchant_payout_wallet"}`, false},
	"the rate, by its code":  {400, `{"ok":false,"error":"rate_limited"}`, false},
	"the domain":             {422, `{"ok":false,"error":"invalid_domain"}`, false},
	"the buyer's address":    {422, `{"ok":false,"error":"valid_customer_email_required"}`, false},
	"the key":                {401, `{"ok":false,"error":"unauthorized"}`, false},
	"the rate":               {429, ``, false},
	"the gateway is failing": {500, `{"ok":false,"error":"boom"}`, false},
	"a proxy's page":         {403, `<html>method not allowed`, false},
}

// A refusal that the plan may have caused makes the client ask for it anew; any other one does not.
func TestClient_Checkout_doubtsAPlanThatIsRefused(t *testing.T) {
	t.Parallel()
	for name, row := range planRefusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				c := talk(t, func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/me.php") {
						asked++
						return response(200, smartJSON), nil
					}
					return response(row.status, row.body), nil
				}).client(t)
				p := params()
				p.Method = "card"
				for want := range 3 { // the first response is young; each later one is doubted once
					for range 3 {
						_, err := c.Checkout(t.Context(), p)
						require.Error(t, err)
					}
					if !row.plan {
						want = 0
					}
					assert.Equal(t, 1+want, asked)
					time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
					_, err := c.CreateSession(t.Context(), p)
					require.Error(t, err)
				}
			})
		})
	}
}

// The plan has changed, and the gateway refuses the method: the next buyer's session is made as the new plan wants it.
func TestClient_Checkout_learnsFromARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan, asked := smartJSON, 0
		c := talk(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/me.php") {
				asked++
				return response(200, plan), nil
			}
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			if plan != smartJSON && strings.Contains(string(body), `"method"`) {
				return response(422, `{"ok":false,"error":"method_not_allowed"}`), nil
			}
			return response(200, sessionJSON), nil
		}).client(t)
		p := params()
		p.Method = "card"
		_, err := c.Checkout(t.Context(), p)
		require.NoError(t, err)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		plan = `{"integration_mode":"hosted_checkout"}`
		_, err = c.Checkout(t.Context(), p)
		require.Error(t, err)
		for range 3 {
			_, err = c.Checkout(t.Context(), p)
			require.NoError(t, err)
			time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		}
		assert.Equal(t, 2, asked, "the doubt is over")
	})
}

// Nothing that one buyer does stops the shop: whatever is refused, and while me.php hangs, a plan that is known sells
// on.
func TestClient_Checkout_oneBuyersRefusalStopsNobody(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"valid_customer_email_required", "method_not_available"} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int32
			c := talk(t, func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/me.php") {
					if asked.Add(1) > 1 {
						return hangs(r)
					}
					return response(200, smartJSON), nil
				}
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				if strings.Contains(string(body), "ODD") {
					return response(422, `{"ok":false,"error":"`+code+`"}`), nil
				}
				return response(200, sessionJSON), nil
			}).client(t, ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}))
			good := params()
			good.Method = "card"
			_, err := c.Checkout(t.Context(), good)
			require.NoError(t, err)
			time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
			odd := good
			odd.OrderID = "ODD"
			_, err = c.Checkout(t.Context(), odd)
			require.Error(t, err)
			start := time.Now()
			for range 20 {
				_, err := c.Checkout(t.Context(), good)
				require.NoError(t, err)
			}
			assert.LessOrEqual(t, time.Since(start), 5*time.Minute, "no buyer waits for longer than an attempt")
			if code == "valid_customer_email_required" {
				assert.Zero(t, time.Since(start))
			}
			time.Sleep(time.Hour) //nolint:forbidigo // no goroutine is left
		})
	}
}

// A buyer whose own time is over gets that error, not one about the method.
func TestClient_Checkout_ownDeadlineWhileAskingAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := meClock(t, func(n int32, r *http.Request) (*http.Response, error) {
			if n > 1 {
				return hangs(r)
			}
			return response(200, smartJSON), nil
		})
		_, err := c.Me(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p := params()
		p.Method = "cash"
		_, err = c.Checkout(ctx, p)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Minute) //nolint:forbidigo // no goroutine is left
	})
}

// A response that comes late does not replace one that was asked for after it.
func TestClient_Me_olderAnswerIsNotRemembered(t *testing.T) {
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
	_, err := c.Checkout(t.Context(), params())
	require.ErrorContains(t, err, "ecomtrade24: me: panic: a transport of the merchant's own")
	_, err = c.Checkout(t.Context(), params())
	require.NoError(t, err, "the next caller is not left waiting")
	assert.EqualValues(t, 2, asked.Load())
}

// So does a transport that ends the goroutine, as FailNow in a merchant's test does.
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

// A page that lists the methods asks no more often than Checkout does, and cannot change what Checkout remembers.
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
