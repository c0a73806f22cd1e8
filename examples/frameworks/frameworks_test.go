package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	secret = "whsec_example"
	paid   = `{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid",` +
		`"amount":"49.95","currency":"USD"}`
)

// merchant records the events that it receives; its handler returns the error err.
type merchant struct {
	mu     sync.Mutex
	events []*ecomtrade24.Event
	err    error
}

func (m *merchant) handle(_ context.Context, ev *ecomtrade24.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, ev)
	if ev.OrderID == "PANIC" {
		panic("boom")
	}
	return m.err
}

func (m *merchant) hook(tb testing.TB) *webhook.Handler {
	tb.Helper()
	return hook(tb, secret, m.handle)
}

func hook(tb testing.TB, secret string, handle func(context.Context, *ecomtrade24.Event) error) *webhook.Handler {
	tb.Helper()
	v, err := webhook.NewVerifier(secret)
	require.NoError(tb, err)
	return webhook.NewHandler(v, handle)
}

// serveHTTP and serveFiber serve a shop on a loopback address and return that address.
func serveHTTP(tb testing.TB, shop http.Handler) string {
	tb.Helper()
	server := httptest.NewServer(shop)
	tb.Cleanup(server.Close)
	return server.URL
}

func serveFiber(tb testing.TB, shop *fiber.App) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	stopped := make(chan error, 1)
	go func() { stopped <- shop.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	tb.Cleanup(func() {
		assert.NoError(tb, shop.ShutdownWithTimeout(time.Minute))
		assert.NoError(tb, <-stopped)
	})
	where := "http://" + listener.Addr().String()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, where, nil)
	require.NoError(tb, err)
	r.Close = true
	resp, err := transport.RoundTrip(r) // wait for fiber: it cannot be stopped before it has started
	require.NoError(tb, err)
	require.NoError(tb, resp.Body.Close())
	return where
}

// shops holds one function per framework; each starts a shop on its own listener and returns the shop's address.
var shops = map[string]func(tb testing.TB, hook *webhook.Handler) string{
	"chi":   func(tb testing.TB, hook *webhook.Handler) string { tb.Helper(); return serveHTTP(tb, chiShop(hook)) },
	"gin":   func(tb testing.TB, hook *webhook.Handler) string { tb.Helper(); return serveHTTP(tb, ginShop(hook)) },
	"echo":  func(tb testing.TB, hook *webhook.Handler) string { tb.Helper(); return serveHTTP(tb, echoShop(hook)) },
	"fiber": func(tb testing.TB, hook *webhook.Handler) string { tb.Helper(); return serveFiber(tb, fiberShop(hook)) },
}

// transport replaces http.DefaultTransport, whose idle connections are closed whenever an httptest.Server ends.
var transport = &http.Transport{}

func request(t *testing.T, method, url, body, signature string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Ecomtrade24-Signature", signature)
	return r
}

func send(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	resp, err := transport.RoundTrip(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp
}

func post(t *testing.T, url, body string) int {
	t.Helper()
	return send(t, request(t, http.MethodPost, url, body, webhook.Sign(secret, []byte(body)))).StatusCode
}

func TestShops(t *testing.T) {
	t.Parallel()
	for framework, open := range shops {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			m := &merchant{}
			url := open(t, m.hook(t)) + "/webhook"

			assert.Equal(t, http.StatusOK, post(t, url, paid))
			require.Len(t, m.events, 1)
			assert.Equal(t, paid, string(m.events[0].Raw))
			assert.True(t, m.events[0].Paid())

			signature, forged := webhook.Sign(secret, []byte(paid)), webhook.Sign("a forger's secret", []byte(paid))
			for _, r := range []*http.Request{
				request(t, http.MethodPost, url, paid, forged),
				request(t, http.MethodPost, url, paid, ""),
				request(t, http.MethodPost, url, paid+" ", signature),
			} {
				assert.Equal(t, http.StatusUnauthorized, send(t, r).StatusCode)
			}
			assert.Equal(t, http.StatusBadRequest, post(t, url, "[]"))
			get := send(t, request(t, http.MethodGet, url, "", ""))
			assert.Equal(t, http.StatusMethodNotAllowed, get.StatusCode)
			assert.Equal(t, "POST", get.Header.Get("Allow"))
			require.Len(t, m.events, 1, "no rejected request was handled")

			assert.Equal(t, http.StatusInternalServerError, post(t, url, strings.Replace(paid, "ORDER-10001", "PANIC", 1)))
			m.err = errors.New("the database is down")
			assert.Equal(t, http.StatusInternalServerError, post(t, url, paid))
		})
	}
}

func TestShops_tooLarge(t *testing.T) {
	t.Parallel()
	for framework, open := range shops {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			m := &merchant{}
			body := paid + strings.Repeat(" ", 64<<10)
			r := request(t, http.MethodPost, open(t, m.hook(t))+"/webhook", body, webhook.Sign(secret, []byte(body)))
			resp, err := transport.RoundTrip(r)
			if err == nil { // fiber may close the connection while the body is still being sent; the response is then lost
				assert.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
				require.NoError(t, resp.Body.Close())
			} else {
				require.Equal(t, "fiber", framework, err)
			}
			assert.Empty(t, m.events)
		})
	}
}
