package ecomtrade24_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	testKey     = "sk_test_MARKER_KEY_0123456789"
	sessionJSON = `{"ok":true,"session_id":12345,` +
		`"checkout_url":"https:\/\/pay.example\/pay.php?session=12345","expires_at":"2026-11-22 06:15:57"}`
	paidJSON = `{"ok":true,` + settled + `,"status":"paid"}`
	settled  = `"session_id":12345,"order_id":"ORDER-10001","amount":"49.95","currency":"USD"` // what params asked for
)

// request is what a gateway saw of one.
type request struct {
	Method, Path, Query, Body string
	Header                    http.Header
}

// gateway is a real HTTP server under a base path, so that an absolute path in the client fails, with all its requests.
type gateway struct {
	URL      string
	mu       sync.Mutex
	requests []request
}

// serve starts a gateway that answers with handle.
func serve(t *testing.T, handle http.HandlerFunc) *gateway {
	t.Helper()
	g := &gateway{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		path, found := strings.CutPrefix(r.URL.Path, "/base")
		assert.True(t, found, "outside of the base path: %s", r.URL.Path)
		g.mu.Lock()
		g.requests = append(g.requests, request{r.Method, path, r.URL.RawQuery, string(body), r.Header.Clone()})
		g.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	g.URL = server.URL + "/base"
	return g
}

// answer is a handler that always says the same.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (g *gateway) seen() []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]request(nil), g.requests...)
}

// client returns a client of the gateway, without retries unless opts say otherwise.
func (g *gateway) client(t *testing.T, opts ...ecomtrade24.Option) *ecomtrade24.Client {
	t.Helper()
	return newClient(t, g.URL, append([]ecomtrade24.Option{withoutRetries()}, opts...)...)
}

func newClient(t *testing.T, baseURL string, opts ...ecomtrade24.Option) *ecomtrade24.Client {
	t.Helper()
	c, err := ecomtrade24.NewClient(baseURL, testKey, opts...)
	require.NoError(t, err)
	return c
}

func withoutRetries() ecomtrade24.Option { return ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}) }

// roundTrip is a transport without sockets, for tests inside a synctest bubble.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// through is the option that sends through f.
func through(f roundTrip) ecomtrade24.Option {
	return ecomtrade24.WithHTTPClient(&http.Client{Transport: f})
}

// offline returns a client that sends through f, without retries unless opts say otherwise.
func offline(t *testing.T, f roundTrip, opts ...ecomtrade24.Option) *ecomtrade24.Client {
	t.Helper()
	return newClient(t, "https://pay.example", append([]ecomtrade24.Option{withoutRetries(), through(f)}, opts...)...)
}

// response is an answer without a server.
func response(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// params are the least that a session needs.
func params() ecomtrade24.SessionParams {
	return ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	}
}

// answered is a client of a gateway that always answers body, without a socket.
func answered(t *testing.T, body []byte) *ecomtrade24.Client {
	t.Helper()
	return offline(t, says(http.StatusOK, string(body)))
}
