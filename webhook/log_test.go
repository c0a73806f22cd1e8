package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// logged runs one delivery inside a bubble, so that durations are exact, and returns its only log line.
func logged(t *testing.T, handle func(context.Context, *ecomtrade24.Event) error, r *http.Request) map[string]any {
	t.Helper()
	var line map[string]any
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, nil))
		answer(webhook.NewHandler(verifier(t), handle, webhook.WithLogger(nil), webhook.WithLogger(logger)), r)
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "one line for each delivery")
		require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	})
	delete(line, "time")
	return line
}

func TestWithLogger_oneLineADelivery(t *testing.T) {
	t.Parallel()
	event := func(level, outcome string, answer int, reason string) map[string]any {
		line := map[string]any{
			"level": level, "msg": "webhook: delivery", "outcome": outcome, "response": float64(answer), "duration": 0.0,
			"event": "payment.completed", "session": "12345", "order": "ORDER-10001", "status": "paid",
		}
		if reason != "" {
			line["error"] = reason
		}
		return line
	}
	failure := errors.New("the database is down")
	slow := event("INFO", "handled", 200, "")
	slow["duration"] = float64(3 * time.Second)
	interrupted := event("WARN", "interrupted", 503, "context deadline exceeded")
	interrupted["duration"] = float64(30 * time.Second)
	changed := event("INFO", "handled", 200, "")
	changed["changes"] = "paid,wrong_amount"
	for name, c := range map[string]struct {
		handle func(context.Context, *ecomtrade24.Event) error
		r      *http.Request
		want   map[string]any
	}{
		"handled": {handled, delivery(paidEvent), event("INFO", "handled", 200, "")},
		"slow": {func(context.Context, *ecomtrade24.Event) error {
			<-time.After(3 * time.Second)
			return nil
		}, delivery(paidEvent), slow},
		"failed": {fails(failure), delivery(paidEvent), event("ERROR", "failed", 500, "the database is down")},
		"discarded": {
			fails(webhook.Discard(failure)), delivery(paidEvent), event("WARN", "discarded", 200, "the database is down"),
		},
		"interrupted": {untilItEnds, delivery(paidEvent), interrupted},
		"changed":     {notes("paid", "wrong_amount"), delivery(paidEvent), changed},
		"rejected": {never(t), unsigned(), map[string]any{
			"level": "WARN", "msg": "webhook: delivery", "outcome": "rejected", "response": 401.0, "duration": 0.0,
			"error": "webhook: no signature header",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, cmp.Diff(c.want, logged(t, c.handle, c.r)))
		})
	}
}

func unsigned() *http.Request {
	r := delivery(paidEvent)
	r.Header = http.Header{}
	return r
}

func TestWithLogger_aPanicHasItsPlace(t *testing.T) {
	t.Parallel()
	line := logged(t, func(context.Context, *ecomtrade24.Event) error { panic("boom") }, delivery(paidEvent))
	assert.Equal(t, "ERROR", line["level"])
	assert.Contains(t, line["error"], "panic: boom\n")
	assert.Contains(t, line["error"], "TestWithLogger_aPanicHasItsPlace", "the stack leads to the merchant's line")
}

func TestWithLogger_asksTheLevelFirst(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h := webhook.NewHandler(verifier(t), handled, webhook.WithLogger(logger))
	answer(h, delivery(paidEvent))
	assert.Empty(t, log.String())
	answer(h, unsigned())
	assert.NotEmpty(t, log.String())
}

// An observer sees each delivery and, if it is rejected, a short reason, which the log states in more words.
func TestWithObserver(t *testing.T) {
	t.Parallel()
	get := delivery(paidEvent)
	get.Method = http.MethodGet
	forged := delivery(paidEvent)
	forged.Header = signed(liveSample)
	short := delivery(paidEvent)
	short.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	large := delivery(`"` + strings.Repeat("a", 64<<10) + `"`)
	broken := errors.New("disk on fire")
	const old = `{"session_id":7,"order_id":"A-1","status":"paid","sent_at":"2026-05-23T16:43:11+00:00"}`
	rows := []struct {
		name           string
		handle         func(context.Context, *ecomtrade24.Event) error
		r              *http.Request
		outcome, cause string
		logged         string
		verified       bool
	}{
		{"handled", handled, delivery(paidEvent), "handled", "", "", true},
		{"discarded", fails(webhook.Discard(broken)), delivery(paidEvent), "discarded", "", "disk on fire", true},
		{"failed", fails(broken), delivery(paidEvent), "failed", "", "disk on fire", true},
		{"interrupted", untilItEnds, delivery(paidEvent), "interrupted", "", "deadline exceeded", true},
		{"another method", never(t), get, "rejected", "method", "the method is not POST", false},
		{"no signature", never(t), unsigned(), "rejected", "no_signature", "no signature header", false},
		{"a forged signature", never(t), forged, "rejected", "bad_signature", "bad signature", false},
		{"signed nonsense", never(t), delivery(`{}`), "rejected", "malformed", "malformed", false},
		{"not JSON", never(t), delivery(paidEvent[:99]), "rejected", "malformed", "not valid JSON", false},
		{"cut short", never(t), short, "rejected", "cut_short", "the body ended early", false},
		{"too large", never(t), large, "rejected", "too_large", "the body is too large", false},
		{"stale", never(t), delivery(old), "rejected", "stale", "old", true}, // genuine, but old
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var options []webhook.HandlerOption
			if row.cause == "stale" {
				options = append(options, webhook.WithMaxAge(time.Hour))
			}
			got := telling(t, row.handle, options, func(h *webhook.Handler) int { return answer(h, row.r).StatusCode })
			assert.Equal(t, row.outcome, string(got.result.Outcome))
			assert.Equal(t, row.cause, got.result.Reason)
			assert.Equal(t, row.verified, got.verified)
			if row.logged == "" {
				assert.NotContains(t, got.line, "error")
			} else {
				assert.Contains(t, got.line["error"], row.logged)
			}
			assert.Equal(t, row.verified, got.line["session"] != nil, "what is not verified is not logged")
		})
	}
}
