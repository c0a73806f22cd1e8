package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func handled(context.Context, *ecomtrade24.Event) error { return nil }

// fails returns a merchant's function that returns err.
func fails(err error) function {
	return func(context.Context, *ecomtrade24.Event) error { return err }
}

// panics returns a merchant's function that panics with value.
func panics(value any) function {
	return func(context.Context, *ecomtrade24.Event) error { panic(value) }
}

func never(tb testing.TB) function {
	tb.Helper()
	return func(context.Context, *ecomtrade24.Event) error {
		tb.Error("an event that must not arrive was handled")
		return nil
	}
}

// delivery returns a signed POST of body.
func delivery(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header = signed(body)
	return r
}

func answer(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestNewHandler_needsBothArguments(t *testing.T) {
	t.Parallel()
	assert.Panics(t, func() { webhook.NewHandler(nil, handled) })
	assert.Panics(t, func() { webhook.NewHandler(verifier(t), nil) })
}

func TestHandler_passesTheEvent(t *testing.T) {
	t.Parallel()
	var got *ecomtrade24.Event
	server := httptest.NewServer(webhook.NewHandler(verifier(t), func(_ context.Context, ev *ecomtrade24.Event) error {
		got = ev
		return nil
	}))
	t.Cleanup(server.Close)

	for range 3 { // over one connection, so that the buffer is reused
		r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(paidEvent))
		require.NoError(t, err)
		r.Header = signed(paidEvent)
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Empty(t, body)
		assert.True(t, got.Paid())
		assert.Equal(t, paidEvent, string(got.Raw))
	}
}

// A request from net/http's server always has a body, but a request that a program builds may have none.
func TestHandler_nilBody(t *testing.T) {
	t.Parallel()
	h := webhook.NewHandler(verifier(t), never(t))
	for want, signature := range map[int]http.Header{
		http.StatusUnauthorized: signed(paidEvent), http.StatusBadRequest: signed(""),
	} {
		r := delivery("")
		r.Body, r.Header = nil, signature
		assert.Equal(t, want, answer(h, r).StatusCode)
	}
}

func TestHandler_method(t *testing.T) {
	t.Parallel()
	h := webhook.NewHandler(verifier(t), never(t))
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", ""} {
		r := delivery(paidEvent)
		r.Method = method
		resp := answer(h, r)
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, method)
		assert.Equal(t, "POST", resp.Header.Get("Allow"), method)
	}
}

func TestHandler_everyBitCounts(t *testing.T) {
	t.Parallel()
	h := webhook.NewHandler(verifier(t), never(t))
	status := func(body, signature string) int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Signature", signature)
		return answer(h, r).StatusCode
	}
	for i := range len(paidEvent) * 8 {
		require.Equal(t, http.StatusUnauthorized, status(flip(paidEvent, i), digest), "bit %d of the body", i)
	}
	for i := range len(digest) * 8 {
		if flipped := flip(digest, i); !strings.EqualFold(flipped, digest) { // a flip that only changes the letter's case
			require.Equal(t, http.StatusUnauthorized, status(paidEvent, flipped), "bit %d of the signature", i)
		}
	}
}

func flip(text string, bit int) string {
	b := []byte(text)
	b[bit/8] ^= 1 << (bit % 8)
	return string(b)
}
