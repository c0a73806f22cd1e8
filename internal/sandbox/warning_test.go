package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// The gateway accepts these requests with a warning, since the contract does not forbid them. Strict rejects them.
func TestCreate_warns(t *testing.T) {
	t.Parallel()
	for changes, want := range map[string]string{
		`{}`:                                          "",
		`{"method":"card"}`:                           "method is ignored",
		`{"amount":"9.99"}`:                           "amount is below 10.00 USD",
		`{"amount":"999","currency":"JPY"}`:           "",
		`{"amount":"9.99","currency":"usd"}`:          "amount is below 10.00 USD",
		`{"amount":"9.99","currency":"KWD"}`:          "",
		`{"currency":"us dollars"}`:                   "currency must be an upper-case code",
		`{"return_url":"/ok"}`:                        "return_url must be an absolute http or https URL",
		`{"cancel_url":"javascript:alert(1)"}`:        "cancel_url must be an absolute http or https URL",
		`{"amount":"100.50","currency":"JPY"}`:        "amount must be a whole number",
		`{"order_id":" A-1"}`:                         "order_id must not begin or end with white space",
		`{"customer_email":"Buyer <b@shop.example>"}`: "customer_email must be a bare address",
	} {
		g := start(t, sandbox.Config{})
		create(t, g, changes)
		got := g.Requests()[0]
		assert.Empty(t, got.Rejected)
		assert.Equal(t, "12345", got.SessionID)
		assert.Equal(t, g.Sessions()[0].OrderID, got.OrderID)
		assert.Contains(t, string(got.Response), `"session_id":12345`)
		if want == "" {
			assert.Empty(t, got.Warnings, changes)
			continue
		}
		assert.Contains(t, strings.Join(got.Warnings, "\n"), want, changes)
		strict := start(t, sandbox.Config{Strict: true})
		status, body := call(t, strict, http.MethodPost, "/gateway/session.php", session(changes))
		assert.Equal(t, http.StatusUnprocessableEntity, status)
		assert.Contains(t, body, want)
		assert.Contains(t, strict.Requests()[0].Rejected, want)
	}
}

// The gateway repeats an amount with at least two decimals.
func TestCreate_amount(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Deployment: ecomtrade24.EcomTrade24Pay})
	for amount, want := range map[string]ecomtrade24.Amount{
		`"50"`: "50.00", `"49.9"`: "49.90", `"49.95"`: "49.95", `"49.950"`: "49.950", `49.9`: "49.90", `"0.5"`: "0.50",
	} {
		create(t, g, `{"amount":`+amount+`}`)
		sessions := g.Sessions()
		assert.Equal(t, want, sessions[len(sessions)-1].Amount, amount)
	}
}

// Only EcomTrade24 Pay accepts a session without an order ID.
func TestCreate_withoutOrder(t *testing.T) {
	t.Parallel()
	for deployment, want := range map[ecomtrade24.Deployment]int{
		ecomtrade24.FiavexPay: http.StatusUnprocessableEntity, ecomtrade24.EcomTrade24Pay: http.StatusOK,
	} {
		g := start(t, sandbox.Config{Deployment: deployment})
		status, _ := call(t, g, http.MethodPost, "/gateway/session.php", session(`{"order_id":null}`))
		assert.Equal(t, want, status)
	}
}

// Webhooks are signed with their domain's secret.
func TestConfig_DomainSecrets(t *testing.T) {
	t.Parallel()
	g, m := withShop(t, sandbox.Config{DomainSecrets: map[string]string{"b.example": "secret-of-b"}})
	for _, domain := range []string{"a.example", "b.example"} {
		create(t, g, `{"domain":"`+domain+`"}`)
	}
	for i, s := range []string{secret, "secret-of-b"} {
		pay(t, g, g.Sessions()[i].SessionID)
		v := verifier(t, s)
		require.NoError(t, v.Verify(m.headers[i], []byte(m.bodies[i])))
		assert.NotContains(t, m.bodies[i], `"meta"`, "the session had no metadata")
	}
}

// The gateway ignores the letter case of the scheme Bearer.
func TestAPI_bearerInAnyCase(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	for scheme, want := range map[string]int{"Bearer": 200, "bearer": 200, "BEARER": 200, "Basic": 401, "Bear": 401} {
		resp, _ := do(t, g, http.MethodGet, "/gateway/me.php", "", http.Header{"Authorization": {scheme + " " + apiKey}})
		assert.Equal(t, want, resp.StatusCode, scheme)
	}
}

// Only the newest calls and deliveries are kept, with truncated bodies.
func TestConfig_Keep(t *testing.T) {
	t.Parallel()
	g, _ := withShop(t, sandbox.Config{Keep: 3, KeepBytes: 20})
	for range 10 {
		create(t, g, `{}`)
		sent(t)(g.SendTest())
	}
	calls, deliveries := g.Requests(), g.Deliveries()
	require.Len(t, calls, 3)
	require.Len(t, deliveries, 3)
	assert.Equal(t, 8, calls[0].Number)
	assert.Equal(t, 8, deliveries[0].Number)
	assert.LessOrEqual(t, len(calls[0].Body), 20+len("…"))
	assert.LessOrEqual(t, len(deliveries[0].Body), 20+len("…"))
	require.Error(t, g.RedeliverAttempt(7))
	require.NoError(t, g.RedeliverAttempt(8))
	g.Flush()
}

// With CutResponses a call takes effect, but only half of its response arrives.
func TestCutNext(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	g.CutResponses(1)
	req, err := http.NewRequest(http.MethodPost, "https://pay.example/gateway/session.php",
		strings.NewReader(session(`{}`)))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+apiKey)
	resp, err := g.Transport().RoundTrip(req)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Len(t, g.Sessions(), 1)
}
