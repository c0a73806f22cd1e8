package main

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// quietShop is a shop on SQLite that serves nobody and works no jobs, with an order for sessions to belong to.
func quietShop(t *testing.T) (*shop, *gatewaytest.Gateway, *syncBuffer) {
	t.Helper()
	g, log := gatewaytest.New(t), &syncBuffer{}
	s, err := newShop(t.Context(), settings{
		baseURL: g.URL, key: g.APIKey, secret: g.WebhookSecret, deployment: ecomtrade24.FiavexPay, dataDir: t.TempDir(),
		domain: "shop.example", orderTTL: time.Hour, reconcileEvery: time.Nanosecond, jobTimeout: time.Minute,
	}, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	t.Cleanup(s.close)
	require.NoError(t, s.insertOrder(t.Context(), order{ID: "ORDER-1", State: open, Amount: "14.50", Currency: currency}))
	return s, g, log
}

// expect makes a session that is looked up right away.
func (s *shop) expect(t *testing.T, id string) {
	t.Helper()
	require.NoError(t, s.insertSession(t.Context(), &ecomtrade24.Session{ID: id}, "ORDER-1", ""))
}

// A session that the gateway does not know is for the log. Whatever else fails makes the job fail.
func TestReconcile_errors(t *testing.T) {
	t.Parallel()
	s, g, log := quietShop(t)
	reconcile := &river.Job[chore]{Args: chore{"reconcile"}}
	s.expect(t, "1")
	s.expect(t, "2")
	require.NoError(t, (&choreWorker{shop: s}).Work(t.Context(), reconcile))
	assert.Equal(t, 2, strings.Count(log.String(), "the gateway does not know a session of ours"))

	s.expect(t, "3")
	s.expect(t, "4")
	g.FailCalls(1, http.StatusUnauthorized)
	err := (&choreWorker{shop: s}).Work(t.Context(), reconcile)
	require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	require.NotErrorIs(t, err, ecomtrade24.ErrNotFound)
}
