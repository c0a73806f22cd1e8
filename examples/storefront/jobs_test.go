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
		domain: "shop.example", orderTTL: time.Hour, reconcileEvery: 2 * time.Minute, jobTimeout: time.Minute,
	}, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	t.Cleanup(s.close)
	require.NoError(t, s.insertOrder(t.Context(), order{ID: "ORDER-1", State: open, Amount: "14.50", Currency: currency}))
	return s, g, log
}

// insertDue makes a session that the gateway is to be asked about now.
func (s *shop) insertDue(t *testing.T, id string) {
	t.Helper()
	require.NoError(t, s.insertSession(t.Context(), &ecomtrade24.Session{ID: id}, "ORDER-1", ""))
	_, err := s.db.ExecContext(t.Context(), `UPDATE ecomtrade24_facts SET due_at = 1 WHERE session_id = $1`, id)
	require.NoError(t, err)
}

// A session that the gateway does not know is for the log. Whatever else fails makes the job fail.
func TestReconcile_errors(t *testing.T) {
	t.Parallel()
	s, g, log := quietShop(t)
	reconcile := &river.Job[chore]{Args: chore{"reconcile"}}
	s.insertDue(t, "1")
	s.insertDue(t, "2")
	require.NoError(t, (&choreWorker{shop: s}).Work(t.Context(), reconcile))
	assert.Equal(t, 2, strings.Count(log.String(), "the gateway does not know a session of ours"))

	s.insertDue(t, "3")
	s.insertDue(t, "4")
	g.FailNext(1, http.StatusUnauthorized)
	err := (&choreWorker{shop: s}).Work(t.Context(), reconcile)
	require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	require.NotErrorIs(t, err, ecomtrade24.ErrNotFound)
}
