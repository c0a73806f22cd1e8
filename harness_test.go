package ecomtrade24_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	testKey     = "sk_test_MARKER_KEY_0123456789"
	sessionJSON = `{"ok":true,"session_id":12345,` +
		`"checkout_url":"https:\/\/pay.example\/pay.php?session=12345","expires_at":"2026-11-22 06:15:57"}`
	paidJSON = `{"ok":true,` + settled + `,"status":"paid"}`
	settled  = `"session_id":12345,"order_id":"ORDER-10001","amount":"49.95","currency":"USD"` // matches params()
)

// request is a request that the gateway received.
type request struct {
	Method, Path, Query, Body string
	Header                    http.Header
	At                        time.Duration // time since the gateway was created
}

// gateway responds to each request with the next row of its table, and repeats the last row once the table is used up.
// It records the requests. It uses no socket, so it works in a synctest bubble. Its base URL has a path, so the test
// fails if the client requests an absolute path.
type gateway struct {
	t     *testing.T
	start time.Time

	mu       sync.Mutex
	table    []roundTrip
	requests []request
}

// talk returns a gateway that responds with the rows of table.
func talk(t *testing.T, table ...roundTrip) *gateway {
	t.Helper()
	return &gateway{t: t, start: time.Now(), table: table}
}

func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	path, found := strings.CutPrefix(r.URL.Path, "/base")
	assert.True(g.t, found, "request outside of the base path: %s", r.URL.Path)
	g.mu.Lock()
	respond, at := g.table[0], len(g.requests)
	if len(g.table) > 1 {
		g.table = g.table[1:]
	}
	g.requests = append(g.requests, request{
		Method: r.Method, Path: path, Query: r.URL.RawQuery, Header: r.Header.Clone(), At: time.Since(g.start),
	})
	g.mu.Unlock()
	resp, err := respond(r)
	if r.Body == nil || errors.Is(err, syscall.ECONNREFUSED) { // nothing has read the body if the connection was refused
		return resp, err
	}
	body, bodyErr := io.ReadAll(r.Body)
	assert.NoError(g.t, bodyErr)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests[at].Body = string(body)
	return resp, err
}

func (g *gateway) seen() []request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// client returns a client of the gateway, without retries unless opts say otherwise.
func (g *gateway) client(t *testing.T, opts ...ecomtrade24.Option) *ecomtrade24.Client {
	t.Helper()
	opts = append([]ecomtrade24.Option{withoutRetries(), over(g)}, opts...)
	return newClient(t, "https://pay.example/base", opts...)
}

// answer returns a handler that always gives the same response.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// serve starts a real server, for tests that need more than a table of responses, and returns its URL.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(t *testing.T, baseURL string, opts ...ecomtrade24.Option) *ecomtrade24.Client {
	t.Helper()
	c, err := ecomtrade24.NewClient(baseURL, testKey, opts...)
	require.NoError(t, err)
	return c
}

// tries returns an option that allows n attempts for each call, without pauses.
func tries(n int) ecomtrade24.Option {
	return ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: n, BaseDelay: 1, MaxDelay: 1})
}

func withoutRetries() ecomtrade24.Option { return tries(1) }

func withRetries() ecomtrade24.Option { return ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}) }

// roundTrip is a transport without sockets, for tests inside a synctest bubble.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// over returns an option that sends requests over a transport. The function through does the same, but takes the
// transport as a function.
func over(transport http.RoundTripper) ecomtrade24.Option {
	return ecomtrade24.WithHTTPClient(&http.Client{Transport: transport})
}

func through(f roundTrip) ecomtrade24.Option { return over(f) }

// says returns a transport that always returns the same response.
func says(status int, body string, header ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) { return response(status, body, header...), nil }
}

// fails returns a transport that always returns err. The function hangs is a transport that waits until the request's
// context ends.
func fails(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// refused returns a transport that fails as if no connection could be made, so nothing has read the body.
func refused(op string) roundTrip {
	return fails(&net.OpError{Op: op, Net: "tcp", Err: syscall.ECONNREFUSED})
}

// as returns the error of type E that err is or wraps.
func as[E error](t *testing.T, err error, why ...any) (found E) {
	t.Helper()
	require.ErrorAs(t, err, &found, why...)
	return found
}

// response builds a transport's response.
func response(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// params returns the minimal parameters of a session.
func params() ecomtrade24.SessionParams {
	return ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	}
}
