package webhook_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func unsigned() *http.Request {
	r := delivery(paidEvent)
	r.Header = http.Header{}
	return r
}

func TestWithLogger_panicHasAStack(t *testing.T) {
	t.Parallel()
	got := runs(func(context.Context, *ecomtrade24.Event) error { panic("boom") }, 500, "failed", "").overHTTP(t)
	assert.Contains(t, got.err, "panic: boom\n")
	assert.Contains(t, got.err, "TestWithLogger_panicHasAStack", "the stack must name the function that panicked")
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
