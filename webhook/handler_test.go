package webhook_test

import (
	"context"
	"errors"
	"fmt"
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
func fails(err error) func(context.Context, *ecomtrade24.Event) error {
	return func(context.Context, *ecomtrade24.Event) error { return err }
}

// panics returns a merchant's function that panics with value.
func panics(value any) func(context.Context, *ecomtrade24.Event) error {
	return func(context.Context, *ecomtrade24.Event) error { panic(value) }
}

func never(tb testing.TB) func(context.Context, *ecomtrade24.Event) error {
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

	for range 3 { // over one connection, reusing the buffer
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

func TestHandler_rejectsBadDeliveries(t *testing.T) {
	t.Parallel()
	h := webhook.NewHandler(verifier(t), never(t))
	for name, c := range map[string]struct {
		change func(r *http.Request)
		want   int
	}{
		"no signature":     {func(r *http.Request) { r.Header.Del("X-Signature") }, http.StatusUnauthorized},
		"short signature":  {func(r *http.Request) { r.Header.Set("X-Signature", "sha256=00") }, http.StatusUnauthorized},
		"bad signature":    {func(r *http.Request) { r.Header = signed(liveSample) }, http.StatusUnauthorized},
		"another body":     {func(r *http.Request) { r.Body = bodyOf(liveSample) }, http.StatusUnauthorized},
		"cut-short body":   {func(r *http.Request) { r.Body = bodyOf(paidEvent[:99]) }, http.StatusUnauthorized},
		"a failing reader": {func(r *http.Request) { r.Body = io.NopCloser(failingReader{}) }, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := delivery(paidEvent)
			c.change(r)
			resp := answer(h, r)
			body, _ := io.ReadAll(resp.Body)
			assert.Equal(t, c.want, resp.StatusCode)
			assert.Empty(t, body, "the response has no reason")
			assert.Empty(t, resp.Header, "the response has no reason")
		})
	}
	for name, body := range malformed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, http.StatusBadRequest, answer(h, delivery(body)).StatusCode)
		})
	}
}

// A server's request always has a body, but one that a program builds may not.
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

func bodyOf(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

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
		if flipped := flip(digest, i); !strings.EqualFold(flipped, digest) { // a letter's case carries no information
			require.Equal(t, http.StatusUnauthorized, status(paidEvent, flipped), "bit %d of the signature", i)
		}
	}
}

func flip(text string, bit int) string {
	b := []byte(text)
	b[bit/8] ^= 1 << (bit % 8)
	return string(b)
}

func TestHandler_respondsByTheFunctionsResult(t *testing.T) {
	t.Parallel()
	failure := errors.New("the database is down")
	for name, c := range map[string]struct {
		handle func(context.Context, *ecomtrade24.Event) error
		want   int
	}{
		"nil":               {handled, http.StatusOK},
		"an error":          {fails(failure), http.StatusInternalServerError},
		"discarded":         {fails(webhook.Discard(failure)), http.StatusOK},
		"discarded, marked": {fails(fmt.Errorf("order 7: %w", webhook.Discard(failure))), http.StatusOK},
		"discarded nil":     {fails(webhook.Discard(nil)), http.StatusOK},
		// A redelivery may still fix the other error.
		"discarded beside another": {fails(errors.Join(webhook.Discard(failure), failure)), http.StatusInternalServerError},
		"a panic":                  {panics("boom"), http.StatusInternalServerError},
		"a panic with an error":    {panics(webhook.Discard(failure)), http.StatusInternalServerError},
		"a nil panic":              {panics(nil), http.StatusInternalServerError},
		"a nil dereference": {func(context.Context, *ecomtrade24.Event) error {
			var order *ecomtrade24.Order
			return errors.New(order.ID)
		}, http.StatusInternalServerError},
		// It would make net/http close the connection without a response and without a log line.
		"http.ErrAbortHandler": {panics(http.ErrAbortHandler), http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := answer(webhook.NewHandler(verifier(t), c.handle), delivery(paidEvent))
			assert.Equal(t, c.want, resp.StatusCode)
			body, _ := io.ReadAll(resp.Body)
			assert.Empty(t, body)
		})
	}
}
