package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// drive sends a request as a program would, with JSON instead of a form, and decodes the JSON response.
func drive(tb testing.TB, g *sandbox.Gateway, method, path, body string) (int, map[string]any) {
	tb.Helper()
	resp, text := do(tb, g, method, path, body, http.Header{"Content-Type": {"application/json"}})
	var value any
	require.NoError(tb, json.Unmarshal([]byte(text), &value), text)
	object, _ := value.(map[string]any)
	return resp.StatusCode, object
}

// A program can perform each action. The API responds once the shop has responded to the webhook.
func TestControl_session(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct{ status, body string }{
		"pay":                     {"paid", `"status":"paid","amount":"49.95","currency":"USD"`},
		"process":                 {"processing", `"status":"processing"`},
		"review":                  {"review", `"status":"review"`},
		"decline":                 {"declined", `"status":"declined"`},
		"fail":                    {"failed", `"status":"failed"`},
		"cancel":                  {"cancelled", `"status":"cancelled"`},
		"expire":                  {"expired", `"status":"expired"`},
		"pay-less":                {"paid", `"status":"paid","amount":"24.97"`},
		"pay-more":                {"paid", `"status":"paid","amount":"99.90"`},
		"pay-in-another-currency": {"paid", `"amount":"49.95","currency":"EUR"`},
		"pay-with-gaps":           {"paid", `"status":"paid","amount":"","currency":""`},
		"pay-as-completed":        {"paid", `{"event":"payment.completed"`},
		"pay-as-type":             {"paid", `{"type":"payment.session"`},
		"unknown-status":          {"frozen", `"status":"frozen"`},
		`tell {"amount":"1.00","txid":"t1","omit":"order_id"}`:          {"paid", `"order_id":"","status":"paid","amount":"1.00"`},
		`tell {"session_id":"7","omit":"status,domain"}`:                {"paid", `"session_id":7,"order_id":"ORDER-10001","status":"","amount":"49.95"`},
		`tell {"status":"declined","event":"payment.completed"}`:        {"declined", `{"event":"payment.completed"`},
		`tell {"older":true,"test":true,"currency":"EUR","domain":"b"}`: {"paid", `"shop_domain":"b"`},
		"resend": {"pending", `"status":"pending"`},
	} {
		g, m := withShop(t, sandbox.Config{})
		create(t, g, `{}`)
		action, body, _ := strings.Cut(path, " ")
		if body == "" {
			body = "{}"
		}
		status, record := drive(t, g, http.MethodPost, "/sandbox/sessions/12345/"+action, body)
		require.Equal(t, http.StatusOK, status, path)
		assert.Equal(t, want.status, record["status"], path)
		require.Len(t, m.bodies, 1, path)
		assert.Contains(t, m.bodies[0], want.body, path)
		v := verifier(t, secret)
		require.NoError(t, v.Verify(m.headers[0], []byte(m.bodies[0])))
	}
}

// A status lookup returns what a webhook omits.
func TestControl_gapsOnlyInWebhook(t *testing.T) {
	t.Parallel()
	g, _ := withShop(t, sandbox.Config{})
	create(t, g, `{}`)
	drive(t, g, http.MethodPost, "/sandbox/sessions/12345/pay-with-gaps", `{}`)
	_, body := call(t, g, http.MethodGet, "/gateway/status.php?session_id=12345", "")
	assert.Contains(t, body, `"status":"paid","amount":"49.95","currency":"USD"`)
}

func TestControl_rejects(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{}`)
	for path, want := range map[string]int{
		"/sandbox/sessions/1/pay":        http.StatusNotFound,
		"/sandbox/sessions/12345/refund": http.StatusConflict,
		"/sandbox/faults/burn":           http.StatusBadRequest,
		"/sandbox/faults/fail?status=99": http.StatusBadRequest,
		"/sandbox/faults/lose?n=-1":      http.StatusBadRequest,
		"/sandbox/faults/slow?seconds=x": http.StatusBadRequest,
		"/sandbox/deliveries/1/resend":   http.StatusNotFound,

		"/sandbox/sessions/12345/resend?times=1000": http.StatusConflict,
	} {
		status, answer := drive(t, g, http.MethodPost, path, `{}`)
		assert.Equal(t, want, status, path)
		assert.NotEmpty(t, answer["error"], path)
	}
	status, _ := drive(t, g, http.MethodPost, "/sandbox/sessions/12345/pay", `[`)
	assert.Equal(t, http.StatusBadRequest, status)
	drive(t, g, http.MethodPost, "/sandbox/sessions/12345/pay", `{}`)
	status, answer := drive(t, g, http.MethodPost, "/sandbox/sessions/12345/decline", `{}`)
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, answer["error"], "is paid and cannot become declined")
}

// The workbench can create a session.
func TestControl_makeSession(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Domains: []string{"www.shop.example"}, Deployment: ecomtrade24.EcomTrade24Pay})
	html := http.Header{"Accept": {"text/html"}, "Referer": {"https://pay.example/"}}
	resp := press(t, g, "/sandbox/sessions", nil, html)
	assert.Equal(t, "/", resp.Header.Get("Location"))
	assert.Contains(t, page(t, g, "/"), `id="purchase-12345"`)
	body := `{"order_id":"A-1","amount":"1.00","currency":"EUR"}`
	status, record := drive(t, g, http.MethodPost, "/sandbox/sessions", body)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, []any{"12346", "A-1", "1.00", "EUR", "www.shop.example"},
		[]any{record["session_id"], record["order_id"], record["amount"], record["currency"], record["domain"]})
	status, record = drive(t, g, http.MethodPost, "/sandbox/sessions", `{"amount":"x"}`)
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, record["error"], "amount")
}

// A button redirects to its own page.
func TestControl_button(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{}`)
	html := http.Header{"Accept": {"text/html"}, "Referer": {"https://pay.example/?q=a"}}
	resp := press(t, g, "/sandbox/sessions/12345/pay", nil, html)
	assert.Equal(t, "/?q=a", resp.Header.Get("Location"))
	html.Set("Referer", "https://elsewhere.example/?q=a")
	resp = press(t, g, "/sandbox/sessions/12345/resend", nil, html)
	assert.Equal(t, "/sessions/12345", resp.Header.Get("Location"))
	resp, text := do(t, g, http.MethodPost, "/sandbox/sessions/12345/pay", "", html)
	assert.Equal(t, http.StatusConflict, resp.StatusCode)
	assert.Contains(t, text, `id="why"`)
}

// Each page shows the active faults, which can be turned off.
func TestControl_faults(t *testing.T) {
	t.Parallel()
	g, m := withShop(t, sandbox.Config{Attempts: 1})
	create(t, g, `{}`)
	for name, words := range map[string]string{
		"fail?n=2&status=429": "the next 2 calls will get 429 Too Many Requests", "drop": "the next call will get no response",
		"cut": "half a response", "slow?seconds=3": "will wait 3s", "late?seconds=4": "4s late", "hang": "will hang",
		"lose": "lost at its first attempt", "gone": "lost at every attempt", "duplicate?n=3": "each of the next 3 webhooks is delivered twice",
		"delay?seconds=9": "every webhook is 9s late", "reorder?n=2": "held back", "tamper": "changed after it was signed",
		"wrong-secret": "signed with another secret", "other-format": "signed in another format", "stale?seconds=60": "1m0s old",
		"chaos?n=2&seed=7": "sent through a bad network",
	} {
		status, answer := drive(t, g, http.MethodPost, "/sandbox/faults/"+name, `{}`)
		require.Equal(t, http.StatusOK, status, name)
		assert.Contains(t, strings.Join(strs(answer["active"]), "; "), words, name)
		on := page(t, g, "/sessions")
		assert.Contains(t, on, `id="active"`)
		assert.Contains(t, on, words)
		drive(t, g, http.MethodPost, "/sandbox/faults/off", `{}`)
		assert.NotContains(t, page(t, g, "/"), `id="active"`, name)
	}
	assert.Contains(t, page(t, g, "/faults"), `id="fault-chaos"`)
	drive(t, g, http.MethodPost, "/sandbox/faults/other-format", `{}`)
	pay(t, g, "12345")
	assert.NotEqual(t, []string{webhook.Sign(secret, []byte(m.bodies[0]))[len("sha256="):]}, m.headers[0]["X-Signature"])
}

func strs(value any) (all []string) {
	list, _ := value.([]any)
	for _, one := range list {
		text, _ := one.(string)
		all = append(all, text)
	}
	return all
}

// The lists contain the calls, deliveries and sessions so far.
func TestControl_lists(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	for _, path := range []string{"sessions", "calls", "deliveries"} {
		_, text := do(t, g, http.MethodGet, "/sandbox/"+path, "", nil)
		assert.Equal(t, "[]\n", text, path)
	}
	g.DeliverToHandler(&merchant{}, "/")
	create(t, g, `{"order_id":"A-1"}`)
	pay(t, g, "12345")
	_, text := do(t, g, http.MethodGet, "/sandbox/sessions?order_id=A-1", "", nil)
	assert.Contains(t, text, `"session_id":"12345"`)
	_, text = do(t, g, http.MethodGet, "/sandbox/sessions?order_id=A-2", "", nil)
	assert.Equal(t, "[]\n", text)
	_, record := drive(t, g, http.MethodGet, "/sandbox/sessions/12345", "")
	assert.Len(t, record["history"], 2)
	_, text = do(t, g, http.MethodGet, "/sandbox/calls", "", nil)
	assert.Contains(t, text, `"path":"/gateway/session.php"`)
	assert.NotContains(t, text, apiKey)
	assert.Contains(t, page(t, g, "/sandbox/deliveries"), `"response":200`)
	assert.JSONEq(t, `{"active":[]}`, page(t, g, "/sandbox/faults"))
	status, _ := drive(t, g, http.MethodPost, "/sandbox/deliveries/1/resend", `{}`)
	assert.Equal(t, http.StatusOK, status)
	status, _ = drive(t, g, http.MethodPost, "/sandbox/test", `{}`)
	assert.Equal(t, http.StatusOK, status)
	g.Flush()
	assert.Len(t, g.Deliveries(), 3)
}
