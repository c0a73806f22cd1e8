package ecomtrade24_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const smartJSON = `{"integration_mode":"smart_routing",` +
	`"methods":{"card":{"available":true},"upi":{"available":false},"pix":1}}`

// shop responds to me.php with the text me, and to session.php with a session.
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
		`{"integration_mode":"SMART_ROUTİNG"}`, // a dotted İ, which is not an ASCII I
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
	require.NoError(t, buy(t, c, "card"))
	assert.Contains(t, g.seen()[1].Body, `"method":"card"`)

	for method, text := range map[string]string{
		"":     "needs a method",
		"upi":  `"upi" is not available: choose one of card, pix`, // listed, but not available
		"cash": `"cash" is not available`,
	} {
		err := buy(t, c, method)
		wrong := as[*ecomtrade24.MethodError](t, err)
		assert.Equal(t, method, wrong.Method)
		assert.Equal(t, []string{"card", "pix"}, wrong.Available)
		require.ErrorContains(t, err, text)
	}
	assert.Len(t, g.seen(), 2, "one request to me.php, one to session.php, and none for an unavailable method")
}

func TestClient_Checkout_noMethodAtAll(t *testing.T) {
	t.Parallel()
	_, err := talk(t, shop(`{"integration_mode":"smart_routing","methods":[]}`)).client(t).Checkout(t.Context(), params())
	require.ErrorAs(t, err, new(*ecomtrade24.MethodError))
	require.ErrorContains(t, err, "no method is available")
}

func TestClient_Checkout_validatesFirst(t *testing.T) {
	t.Parallel()
	g := talk(t, shop(smartJSON))
	_, err := g.client(t).Checkout(t.Context(), ecomtrade24.SessionParams{})
	require.ErrorAs(t, err, new(*ecomtrade24.ValidationError))
	assert.Empty(t, g.seen())
}

func TestClient_Checkout_failsWithMe(t *testing.T) {
	t.Parallel()
	g := talk(t, says(401, `{"ok":false,"error":"unauthorized"}`))
	c := g.client(t)
	for range 2 { // the client does not remember an error
		_, err := c.Checkout(t.Context(), params())
		require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	}
	assert.Len(t, g.seen(), 2, "no session request after Me failed")
}

// If the gateway adds a method, a buyer can choose it immediately, though the remembered plan lacks it.
func TestClient_Checkout_refreshesBeforeItRejectsAMethod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		more := strings.Replace(smartJSON, `"upi":{"available":false}`, `"upi":true`, 1)
		c, asked := planned(t, says(200, smartJSON), says(200, more), hangs)
		var wrong *ecomtrade24.MethodError
		require.NoError(t, buy(t, c, "card"))
		require.ErrorAs(t, buy(t, c, "upi"), &wrong)
		assert.EqualValues(t, 1, asked.Load(), "the plan is too new to refresh")
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		require.NoError(t, buy(t, c, "upi"))
		for range 100 { // a shop that sends a wrong method does not cause a request for each buyer
			require.ErrorAs(t, buy(t, c, "cash"), &wrong)
		}
		assert.EqualValues(t, 2, asked.Load())
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		start := time.Now()
		require.ErrorAs(t, buy(t, c, "cash"), &wrong)
		assert.Equal(t, []string{"card", "upi", "pix"}, wrong.Available, "what was known")
		assert.LessOrEqual(t, time.Since(start), 15*time.Second, "it waits for at most one attempt")
	})
}

// Buyers who choose an unavailable method do not each repeat a failed refresh, and nobody waits for its retries.
func TestClient_Checkout_limitsFailedRefreshes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plans := []roundTrip{says(200, smartJSON), says(404, ""), says(404, ""), hangs}
		c, asked := plannedShop(t, says(200, sessionJSON), plans, withRetries())
		var wrong *ecomtrade24.MethodError
		for range 3 {
			for range 100 {
				require.ErrorAs(t, buy(t, c, "cash"), &wrong)
			}
			time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		}
		assert.EqualValues(t, 3, asked.Load(), "one refresh every five seconds")
		start := time.Now()
		require.ErrorAs(t, buy(t, c, "cash"), &wrong)
		assert.Equal(t, 15*time.Second, time.Since(start), "one attempt")
		time.Sleep(time.Hour) //nolint:forbidigo // no goroutine is left
	})
}

// After a change from Smart Routing to hosted checkout, Checkout no longer requires a method.
func TestClient_Checkout_refreshesBeforeItRequiresAMethod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := planned(t, says(200, smartJSON), says(200, `{"integration_mode":"hosted_checkout"}`))
		require.ErrorAs(t, buy(t, c, ""), new(*ecomtrade24.MethodError))
		time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
		require.NoError(t, buy(t, c, ""))
	})
}

// planRefusals lists rejections of a session request, and says for each whether the plan may have caused it.
var planRefusals = map[string]struct {
	status int
	body   string
	plan   bool
}{
	"the method":                              {422, `{"ok":false,"error":"method_not_available"}`, true},
	"a rejected method in a 200":              {200, `{"ok":false,"error":"invalid_method"}`, true},
	"a rejected plan in a 403":                {403, `{"ok":false,"error":"plan_required"}`, true},
	"without a code":                          {400, `{"ok":false,"message":"A payment method is required"}`, true},
	"the mode":                                {422, `{"ok":false,"error":"hosted_checkout_only"}`, true},
	"the router":                              {400, `{"ok":false,"error":"smart_router_disabled"}`, true},
	"a 404 for an unknown route":              {404, `{"ok":false,"error":"route_unknown"}`, true},
	"something else":                          {422, `{"ok":false,"error":"amount_too_small"}`, true},
	"a 400 with neither a code nor a message": {400, `{"ok":false}`, true},
	"a 404 alone":                             {404, `{"ok":false}`, true},
	"a 403 with a sentence as its code":       {403, `{"ok":false,"error":"Smart Router is disabled for this plan"}`, true},
	"a 401 with a message and no code":        {401, `{"ok":false,"message":"hosted checkout only"}`, true},
	"a redirect":                              {301, ``, false},
	"the wallet":                              {422, `{"ok":false,"error":"missing_merchant_payout_wallet"}`, false},
	"the code rate_limited in a 400":          {400, `{"ok":false,"error":"rate_limited"}`, false},
	"the domain":                              {422, `{"ok":false,"error":"invalid_domain"}`, false},
	"the buyer's address":                     {422, `{"ok":false,"error":"valid_customer_email_required"}`, false},
	"the key":                                 {401, `{"ok":false,"error":"unauthorized"}`, false},
	"the rate":                                {429, ``, false},
	"a 500 from the gateway":                  {500, `{"ok":false,"error":"boom"}`, false},
	"a proxy's page":                          {403, `<html>method not allowed`, false},
}

// A rejection that the plan may have caused makes the client refresh the plan. Any other rejection does not.
func TestClient_Checkout_refreshesAfterAnUnexplainedRejection(t *testing.T) {
	t.Parallel()
	for name, row := range planRefusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, asked := plannedShop(t, says(row.status, row.body), []roundTrip{says(200, smartJSON)})
				p := params()
				p.Method = "card"
				for want := range 3 { // no refresh while the plan is new, then one in each round
					for range 3 {
						require.Error(t, buy(t, c, "card"))
					}
					if !row.plan {
						want = 0
					}
					assert.EqualValues(t, 1+want, asked.Load())
					time.Sleep(5 * time.Second) //nolint:forbidigo // the bubble's clock
					_, err := c.CreateSession(t.Context(), p)
					require.Error(t, err)
				}
			})
		})
	}
}

// If the gateway rejects a method because the plan has changed, the next buyer's session follows the new plan.
func TestClient_Checkout_followsTheNewPlanAfterARejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		changed := false
		session := func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			if changed && strings.Contains(string(body), `"method"`) {
				return response(422, `{"ok":false,"error":"method_not_allowed"}`), nil
			}
			return response(200, sessionJSON), nil
		}
		c, asked := plannedShop(t, session,
			[]roundTrip{says(200, smartJSON), says(200, `{"integration_mode":"hosted_checkout"}`)})
		require.NoError(t, buy(t, c, "card"))
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		changed = true
		require.Error(t, buy(t, c, "card"))
		for range 3 {
			require.NoError(t, buy(t, c, "card"))
			time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		}
		assert.EqualValues(t, 2, asked.Load(), "the plan is no longer in doubt")
	})
}

// Even if the gateway rejects a session and me.php hangs, the shop keeps selling with the known plan.
func TestClient_Checkout_rejectionsDoNotStopTheShop(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"valid_customer_email_required", "method_not_available"} {
		synctest.Test(t, func(t *testing.T) {
			session := func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				if strings.Contains(string(body), "OTHER") {
					return response(422, `{"ok":false,"error":"`+code+`"}`), nil
				}
				return response(200, sessionJSON), nil
			}
			c, _ := plannedShop(t, session, []roundTrip{says(200, smartJSON), hangs}, withRetries())
			require.NoError(t, buy(t, c, "card"))
			time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
			other := params()
			other.Method, other.OrderID = "card", "OTHER"
			_, err := c.Checkout(t.Context(), other)
			require.Error(t, err)
			start := time.Now()
			for range 20 {
				require.NoError(t, buy(t, c, "card"))
			}
			assert.LessOrEqual(t, time.Since(start), 5*time.Minute, "no buyer waits for longer than an attempt")
			if code == "valid_customer_email_required" {
				assert.Zero(t, time.Since(start))
			}
			time.Sleep(time.Hour) //nolint:forbidigo // no goroutine is left
		})
	}
}

// If a buyer's own deadline passes, the error says so and is not about the method.
func TestClient_Checkout_ownDeadlineDuringARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := planned(t, says(200, smartJSON), hangs)
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
