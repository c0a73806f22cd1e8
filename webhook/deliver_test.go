package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// told is everything that a delivery leaves behind.
type told struct {
	status   int
	line     map[string]any
	verified bool // according to the observer
	result   webhook.Result
}

// telling runs one delivery through a new Handler, in a bubble so that durations are exact.
func telling(t *testing.T, handle func(context.Context, *ecomtrade24.Event) error, opts []webhook.HandlerOption,
	run func(h *webhook.Handler) (status int),
) told {
	t.Helper()
	var got told
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		type mark struct{}
		ends := 0
		observe := func(ctx context.Context, d webhook.Delivery) (context.Context, func(webhook.Result)) {
			assert.Equal(t, time.Now(), d.Start)
			got.verified = d.Event != nil
			return context.WithValue(ctx, mark{}, true), func(r webhook.Result) {
				got.result = r
				ends++
			}
		}
		handle := func(ctx context.Context, ev *ecomtrade24.Event) error {
			assert.Equal(t, true, ctx.Value(mark{}), "the function runs under the observer's context")
			return handle(ctx, ev)
		}
		opts := append([]webhook.HandlerOption{
			webhook.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))), webhook.WithObserver(observe),
		}, opts...)
		got.status = run(webhook.NewHandler(verifier(t), handle, opts...))
		assert.Equal(t, 1, ends)
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "one line for each delivery")
		require.NoError(t, json.Unmarshal(log.Bytes(), &got.line))
	})
	if text, ok := got.line["error"].(string); ok {
		got.line["error"], _, _ = strings.Cut(text, "\n") // without a panic's stack
		assert.ErrorContains(t, got.result.Err, text)
	}
	got.result.Err = nil
	return got
}

// Deliver does the same for any server as ServeHTTP does for net/http: the same response, log line and observer result.
func TestHandler_Deliver_isServeHTTP(t *testing.T) {
	t.Parallel()
	failure := errors.New("the database is down")
	large := `"` + strings.Repeat("a", 64<<10) + `"`
	small := []webhook.HandlerOption{webhook.WithMaxBody(int64(len(paidEvent)) - 1)}
	old, oldest := `{"session_id":7,"status":"paid"}`, []webhook.HandlerOption{webhook.WithMaxAge(time.Hour)}
	exact := []webhook.HandlerOption{webhook.WithMaxBody(int64(len(paidEvent)))}
	for name, c := range map[string]struct {
		handle func(context.Context, *ecomtrade24.Event) error
		opts   []webhook.HandlerOption
		header http.Header
		body   string
		want   int
	}{
		"handled":              {handled, nil, signed(paidEvent), paidEvent, http.StatusOK},
		"failed":               {fails(failure), nil, signed(paidEvent), paidEvent, http.StatusInternalServerError},
		"discarded":            {fails(webhook.Discard(failure)), nil, signed(paidEvent), paidEvent, http.StatusOK},
		"noted":                {notes("a", "b"), nil, signed(paidEvent), paidEvent, http.StatusOK},
		"no header at all":     {never(t), nil, nil, paidEvent, http.StatusUnauthorized},
		"no signature":         {never(t), nil, http.Header{"X-Other": {good}}, paidEvent, http.StatusUnauthorized},
		"short signature":      {never(t), nil, http.Header{"X-Signature": {"sha256=00"}}, paidEvent, http.StatusUnauthorized},
		"forged":               {never(t), nil, signed(liveSample), paidEvent, http.StatusUnauthorized},
		"malformed":            {never(t), nil, signed("{}"), "{}", http.StatusBadRequest},
		"empty":                {never(t), nil, signed(""), "", http.StatusBadRequest},
		"too large":            {never(t), nil, signed(large), large, http.StatusRequestEntityTooLarge},
		"beyond WithMaxBody":   {never(t), small, signed(paidEvent), paidEvent, http.StatusRequestEntityTooLarge},
		"exactly WithMaxBody":  {handled, exact, signed(paidEvent), paidEvent, http.StatusOK},
		"large and unsigned":   {never(t), nil, http.Header{}, large, http.StatusUnauthorized},
		"stale":                {never(t), oldest, signed(old), old, http.StatusBadRequest},
		"the time is over":     {untilItEnds, nil, signed(paidEvent), paidEvent, http.StatusServiceUnavailable},
		"a name in lower case": {handled, nil, http.Header{"x-signature": {good}}, paidEvent, http.StatusOK},
		"joined with a comma":  {handled, nil, http.Header{"X-Signature": {wrong + ", " + good}}, paidEvent, http.StatusOK},
		"a panic":              {panics("boom"), nil, signed(paidEvent), paidEvent, http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overHTTP := telling(t, c.handle, c.opts, func(h *webhook.Handler) int {
				r := delivery(c.body)
				r.Header = c.header
				return answer(h, r).StatusCode
			})
			byHand := telling(t, c.handle, c.opts, func(h *webhook.Handler) int {
				return h.Deliver(context.Background(), c.header, []byte(c.body))
			})
			assert.Equal(t, c.want, byHand.status)
			assert.Equal(t, overHTTP, byHand)
		})
	}
}

// notes returns a merchant's function that notes words.
func notes(words ...string) func(context.Context, *ecomtrade24.Event) error {
	return func(ctx context.Context, _ *ecomtrade24.Event) error {
		for _, word := range words {
			webhook.Note(ctx, word)
		}
		return nil
	}
}

// untilItEnds is a merchant's function that exceeds its time limit.
func untilItEnds(ctx context.Context, _ *ecomtrade24.Event) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestHandler_Deliver_honoursItsContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("ended before", func(t *testing.T) {
		t.Parallel()
		h := webhook.NewHandler(verifier(t), never(t))
		assert.Equal(t, http.StatusServiceUnavailable, h.Deliver(ended, signed(paidEvent), []byte(paidEvent)))
		assert.Equal(t, http.StatusUnauthorized, h.Deliver(ended, nil, []byte(paidEvent)), "it is still rejected")
	})
	t.Run("ended by the observer", func(t *testing.T) {
		t.Parallel()
		h := webhook.NewHandler(verifier(t), never(t), webhook.WithObserver(ends))
		assert.Equal(t, http.StatusServiceUnavailable, h.Deliver(t.Context(), signed(paidEvent), []byte(paidEvent)))
	})
	t.Run("ends while the event is handled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		h := webhook.NewHandler(verifier(t), func(ctx context.Context, ev *ecomtrade24.Event) error {
			cancel()
			return untilItEnds(ctx, ev)
		})
		assert.Equal(t, http.StatusServiceUnavailable, h.Deliver(ctx, signed(paidEvent), []byte(paidEvent)))
	})
	t.Run("ends, and the event was handled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		h := webhook.NewHandler(verifier(t), func(context.Context, *ecomtrade24.Event) error {
			cancel()
			return nil
		})
		assert.Equal(t, http.StatusOK, h.Deliver(ctx, signed(paidEvent), []byte(paidEvent)))
	})
}

// ends is an observer whose context has ended.
func ends(ctx context.Context, _ webhook.Delivery) (context.Context, func(webhook.Result)) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx, func(webhook.Result) {}
}

// A server such as fiber's overwrites the last request with the next one.
func TestHandler_Deliver_keepsNothingOfTheBuffer(t *testing.T) {
	t.Parallel()
	var got *ecomtrade24.Event
	h := webhook.NewHandler(verifier(t), func(_ context.Context, ev *ecomtrade24.Event) error {
		got = ev
		return nil
	})
	buffer := []byte(paidEvent)
	require.Equal(t, http.StatusOK, h.Deliver(t.Context(), signed(paidEvent), buffer))
	copy(buffer, bytes.Repeat([]byte("x"), len(buffer)))
	assert.Equal(t, paidEvent, string(got.Raw))
	assert.Equal(t, "ORDER-10001", got.OrderID)
}
