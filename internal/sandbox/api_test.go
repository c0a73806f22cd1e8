package sandbox_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

func TestGateway_rejectsCalls(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{}`)
	key := http.Header{"Authorization": {"Bearer " + apiKey}}
	rows := []struct {
		method, path string
		header       http.Header
		status       int
		code         string
	}{
		{"GET", "/gateway/me.php", nil, 401, "unauthorized"},
		{"GET", "/gateway/me.php", http.Header{"Authorization": {"Bearer " + apiKey + "x"}}, 401, "unauthorized"},
		// without the scheme Bearer
		{"GET", "/gateway/me.php", http.Header{"Authorization": {apiKey}}, 401, "unauthorized"},
		{"GET", "/gateway/me.php", http.Header{"Authorization": {"Bearer " + secret}}, 401, "unauthorized"}, // webhook secret
		{"POST", "/gateway/session.php", nil, 401, "unauthorized"},
		{"GET", "/gateway/status.php?session_id=12345", nil, 401, "unauthorized"},
		{"POST", "/gateway/me.php", key, 405, "method_not_allowed"},
		{"GET", "/gateway/session.php", key, 405, "method_not_allowed"},
		{"GET", "/gateway/status.php", key, 422, "missing_session_id"},
		{"GET", "/gateway/status.php?session_id=12346", key, 404, "session_not_found"},
		{"GET", "/gateway/status.php?session_id=12345x", key, 404, "session_not_found"},
		{"GET", "/gateway/session_status.php?session_id=12345", key, 404, "not_found"}, // EcomTrade24Pay's
		{"GET", "/gateway/", key, 404, "not_found"},
	}
	for _, row := range rows {
		resp, body := do(t, g, row.method, row.path, "", row.header)
		assert.Equal(t, row.status, resp.StatusCode, row.path)
		assert.Contains(t, body, `{"ok":false,"error":"`+row.code+`","message":"`, row.path)
		assert.Equal(t, row.status == http.StatusMethodNotAllowed, resp.Header.Get("Allow") != "", row.path)
	}
	assert.Len(t, g.Requests(), 1+len(rows))
	last := g.Requests()[len(rows)-2]
	assert.Equal(t, "session_id=12345x", last.Query)
	assert.Equal(t, 404, last.Status)
}

func TestGateway_me(t *testing.T) {
	t.Parallel()
	rows := map[string]sandbox.Config{
		`"integration_mode":"hosted_checkout","methods":[]}`: {},
		// a list of the available methods
		`"integration_mode":"smart_routing","methods":["card","upi"]}`: {Mode: ecomtrade24.ModeSmartRouting},
		`"methods":{"0":"card","2":"upi"}}`: {
			Mode: ecomtrade24.ModeSmartRouting, Shape: sandbox.ShapeFilteredList,
		},
		`"methods":{"card":{"available":true,"label":"Card"},"pix":{"available":false,"label":"Pix"},` +
			`"upi":{"available":true,"label":"UPI"}}}`: {Mode: ecomtrade24.ModeSmartRouting, Shape: sandbox.ShapeMap},
		`"methods":{"card":true,"pix":0,"upi":true}}`: {Mode: ecomtrade24.ModeSmartRouting, Shape: sandbox.ShapeFlags},
		`"methods":[{"method":"card","label":"Card","available":true},{"id":"pix","name":"Pix","available":0},` +
			`{"method":"upi","label":"UPI","available":true}]}`: {
			Mode: ecomtrade24.ModeSmartRouting, Shape: sandbox.ShapeObjects,
		},
		// PHP writes an empty map as []
		`"integration_mode":"smart_routing","methods":[]}`: {
			Mode: ecomtrade24.ModeSmartRouting, Shape: sandbox.ShapeMap, Methods: []ecomtrade24.Method{},
		},
		`{"ok":true,"smart_router":{"enabled":true,"methods":{"a":{"available":true}}},"checkout_mode":"smart_router"}`: {
			Deployment: ecomtrade24.EcomTrade24Pay, Mode: ecomtrade24.ModeSmartRouting,
			Methods: []ecomtrade24.Method{{ID: "a", Available: true}},
		},
		`"smart_router":{"enabled":false,"methods":[]},"checkout_mode":"hosted_checkout"}`: {
			Deployment: ecomtrade24.EcomTrade24Pay,
		},
		`"smart_router":{"enabled":true,"methods":[{"method":"a","available":false},{"id":"b","available":1}]}`: {
			Deployment: ecomtrade24.EcomTrade24Pay, Mode: ecomtrade24.ModeSmartRouting, Shape: sandbox.ShapeObjects,
			Methods: []ecomtrade24.Method{{ID: "a"}, {ID: "b", Available: true}},
		},
	}
	for want, config := range rows {
		status, body := call(t, start(t, config), http.MethodGet, "/gateway/me.php", "")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, body, want)
	}
}

func TestGateway_EcomTrade24Pay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Deployment: ecomtrade24.EcomTrade24Pay})
		_, body := call(t, g, http.MethodPost, "/gateway/session.php", session(`{}`))
		assert.Equal(t, `{"ok":true,"session_id":12345,"checkout_url":"https:\/\/pay.example\/pay.php?session=12345",`+
			`"expires_at":"2000-01-01 00:30:00"}`, body)
		_, err := g.Move("12345", ecomtrade24.StatusCancelled, "")
		require.NoError(t, err)
		status, body := call(t, g, http.MethodGet, "/gateway/session_status.php?session_id=12345", "")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, body, `"session_id":12345,`)
		assert.Contains(t, body, `"status":"cancelled"`)
		status, _ = call(t, g, http.MethodGet, "/gateway/status.php?session_id=12345", "")
		assert.Equal(t, http.StatusNotFound, status)
	})
}

// EcomTrade24Pay also accepts the API key in X-API-Key; FiavexPay does not.
func TestGateway_apiKeyHeader(t *testing.T) {
	t.Parallel()
	fiavex := start(t, sandbox.Config{})
	ecom := start(t, sandbox.Config{Deployment: ecomtrade24.EcomTrade24Pay})
	for _, row := range []struct {
		g      *sandbox.Gateway
		key    string
		status int
	}{
		{ecom, apiKey, http.StatusOK},
		{ecom, apiKey + "x", http.StatusUnauthorized},
		{ecom, "", http.StatusUnauthorized},
		{fiavex, apiKey, http.StatusUnauthorized},
	} {
		resp, _ := do(t, row.g, http.MethodGet, "/gateway/me.php", "", http.Header{"X-Api-Key": {row.key}})
		assert.Equal(t, row.status, resp.StatusCode, row.key)
	}
}
