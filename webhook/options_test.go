package webhook_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// counter is an endless body that counts the bytes read.
type counter struct{ read int64 }

func (c *counter) Read(p []byte) (int, error) {
	c.read += int64(len(p))
	return len(p), nil
}

func (c *counter) Close() error { return nil }

// Nil and zero mean the default. A negative number makes NewHandler panic.
func TestNewHandler_options(t *testing.T) {
	t.Parallel()
	other := slog.New(slog.DiscardHandler)
	h := webhook.NewHandler(verifier(t), func(ctx context.Context, _ *ecomtrade24.Event) error {
		deadline, _ := ctx.Deadline()
		assert.Equal(t, 30*time.Second, time.Until(deadline).Round(time.Second))
		return nil
	}, nil,
		webhook.WithMaxBody(7), webhook.WithMaxBody(0), webhook.WithTimeout(time.Hour), webhook.WithTimeout(0),
		webhook.WithMaxAge(time.Nanosecond), webhook.WithMaxAge(0), webhook.WithLogger(other), webhook.WithLogger(nil),
		webhook.WithObserver(ends), webhook.WithObserver(nil))
	assert.Equal(t, http.StatusOK, answer(h, delivery(paidEvent)).StatusCode)

	for want, opt := range map[string]webhook.HandlerOption{
		"WithMaxBody": webhook.WithMaxBody(-1), "WithTimeout": webhook.WithTimeout(-1), "WithMaxAge": webhook.WithMaxAge(-1),
	} {
		assert.PanicsWithValue(t, "webhook: NewHandler: "+want+" must not be negative", func() {
			webhook.NewHandler(verifier(t), handled, opt)
		})
	}
}

// An empty previous secret is ignored: a signature made with an empty key is not accepted.
func TestNewVerifier_options(t *testing.T) {
	t.Parallel()
	v, err := webhook.NewVerifier(secret, nil, webhook.WithParseObserver(nil), webhook.WithPreviousSecrets(),
		webhook.WithPreviousSecrets("", ""))
	require.NoError(t, err)
	_, err = v.Parse(signed(paidEvent), []byte(paidEvent))
	require.NoError(t, err)
	forged := http.Header{"X-Signature": {webhook.Sign("", []byte(paidEvent))}}
	require.ErrorIs(t, v.Verify(forged, []byte(paidEvent)), webhook.ErrBadSignature)
}

func TestWithMaxBody_readsAtMostTheLimitAndOneByte(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts  []webhook.HandlerOption
		limit int64
	}{
		"default":     {nil, 64 << 10},
		"zero":        {[]webhook.HandlerOption{webhook.WithMaxBody(0)}, 64 << 10},
		"one byte":    {[]webhook.HandlerOption{webhook.WithMaxBody(1)}, 1},
		"a kilobyte":  {[]webhook.HandlerOption{webhook.WithMaxBody(1 << 10)}, 1 << 10},
		"a megabyte":  {[]webhook.HandlerOption{webhook.WithMaxBody(1 << 20)}, 1 << 20},
		"last counts": {[]webhook.HandlerOption{webhook.WithMaxBody(7), webhook.WithMaxBody(9)}, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &counter{}
			r := delivery(paidEvent)
			r.Body, r.ContentLength = body, -1 // the body is streamed, without a Content-Length
			resp := answer(webhook.NewHandler(verifier(t), never(t), c.opts...), r)
			assert.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
			assert.Equal(t, c.limit+1, body.read)
		})
	}
}

func TestWithMaxBody_exactly(t *testing.T) {
	t.Parallel()
	body := strings.TrimSuffix(paidEvent, "}") + `,"extra":"`
	body += strings.Repeat("x", 64<<10-len(body)-len(`"}`)) + `"}`
	h := webhook.NewHandler(verifier(t), handled)
	require.Equal(t, http.StatusOK, answer(h, delivery(body)).StatusCode)
	require.Equal(t, http.StatusRequestEntityTooLarge, answer(h, delivery(body+" ")).StatusCode)

	// The largest possible limit must not overflow: adding one would make it negative.
	h = webhook.NewHandler(verifier(t), handled, webhook.WithMaxBody(math.MaxInt64))
	require.Equal(t, http.StatusOK, answer(h, delivery(body+" ")).StatusCode)
}

// A body that is too large is rejected over a real connection too, whether it has a Content-Length or is streamed.
func TestWithMaxBody_overTheNetwork(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(webhook.NewHandler(verifier(t), never(t), webhook.WithMaxBody(100)))
	t.Cleanup(server.Close)
	for name, body := range map[string]io.Reader{
		"declared": strings.NewReader(paidEvent),
		"streamed": struct{ io.Reader }{strings.NewReader(paidEvent)},
	} {
		r, err := http.NewRequest(http.MethodPost, server.URL, body)
		require.NoError(t, err)
		r.Header = signed(paidEvent)
		resp, err := server.Client().Do(r)
		require.NoError(t, err, name)
		assert.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode, name)
		resp.Body.Close()
	}
}

func TestWithMaxAge(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, c := range map[string]struct {
		maxAge time.Duration
		sentAt func(now time.Time) string
		want   int
	}{
		"now":                {hour, at(0), http.StatusOK},
		"just young enough":  {hour, at(-hour), http.StatusOK},
		"too old":            {hour, at(-hour - time.Second), http.StatusBadRequest},
		"a year old":         {hour, at(-365 * 24 * hour), http.StatusBadRequest},
		"clocks that differ": {hour, at(5 * time.Minute), http.StatusOK},
		"too far ahead":      {hour, at(5*time.Minute + time.Second), http.StatusBadRequest},
		"absent":             {hour, func(time.Time) string { return "" }, http.StatusBadRequest},
		// The time since the zero time is cut to the maximum Duration of 292 years, which is not more than the maximum age.
		"sent_at is absent and the maximum age is the longest possible": {math.MaxInt64, func(time.Time) string { return "" }, http.StatusBadRequest},
		"not a time": {hour, func(time.Time) string { return "yesterday" }, http.StatusBadRequest},
		"sent_at is further in the past than a Duration can express":   {hour, func(time.Time) string { return "0001-01-02T00:00:00Z" }, http.StatusBadRequest},
		"sent_at is further in the future than a Duration can express": {hour, func(time.Time) string { return "9999-12-31T00:00:00Z" }, http.StatusBadRequest},
		"no maximum age: sent a year ago":                              {0, at(-365 * 24 * hour), http.StatusOK},
		"no maximum age: sent in the future":                           {0, at(24 * hour), http.StatusOK},
		"no maximum: absent":                                           {0, func(time.Time) string { return "" }, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body := `{"session_id":7,"status":"paid","sent_at":"` + c.sentAt(time.Now()) + `"}`
				h := webhook.NewHandler(verifier(t), handled, webhook.WithMaxAge(c.maxAge))
				assert.Equal(t, c.want, answer(h, delivery(body)).StatusCode)
			})
		})
	}
}

// at returns a function that formats the time now plus d, in a zone other than UTC.
func at(d time.Duration) func(now time.Time) string {
	return func(now time.Time) string {
		return now.Add(d).In(time.FixedZone("", 2*60*60)).Format(time.RFC3339)
	}
}

func TestWithMaxAge_growsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls int
		body := `{"session_id":7,"status":"paid","sent_at":"` + at(0)(time.Now()) + `"}`
		h := webhook.NewHandler(verifier(t), func(context.Context, *ecomtrade24.Event) error {
			calls++
			return errors.New("not now")
		}, webhook.WithMaxAge(time.Minute))
		assert.Equal(t, http.StatusInternalServerError, answer(h, delivery(body)).StatusCode)
		<-time.After(time.Minute)
		assert.Equal(t, http.StatusInternalServerError, answer(h, delivery(body)).StatusCode)
		<-time.After(time.Second)
		assert.Equal(t, http.StatusBadRequest, answer(h, delivery(body)).StatusCode)
		assert.Equal(t, 2, calls, "the function must not get a stale event")
	})
}
