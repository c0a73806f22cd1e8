package main

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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

// insertOld makes a session that is so old and was last asked about so long ago.
func (s *shop) insertOld(t *testing.T, id string, age, asked time.Duration) {
	t.Helper()
	require.NoError(t, s.insertSession(t.Context(), id, "ORDER-1"))
	now := time.Now()
	_, err := s.db.ExecContext(t.Context(), `UPDATE shop_sessions SET created_at = $1, asked_at = $2
WHERE session_id = $3`,
		now.Add(-age).Unix(), now.Add(-asked).Unix(), id)
	require.NoError(t, err)
}

// askedAbout are the sessions that the gateway was asked about.
func askedAbout(t *testing.T, g *gatewaytest.Gateway) []string {
	t.Helper()
	var ids []string
	for _, r := range g.Requests() {
		query, err := url.ParseQuery(r.Query)
		require.NoError(t, err)
		ids = append(ids, query.Get("session_id"))
	}
	return ids
}

// A session is asked about often while it is young, seldom later, and in the end never.
func TestReconcile_seldomOnceOld(t *testing.T) {
	t.Parallel()
	s, g, _ := quietShop(t)
	s.insertOld(t, "1", 10*time.Minute, 30*time.Second)
	s.insertOld(t, "2", 10*time.Minute, 2*time.Minute)
	s.insertOld(t, "3", 2*time.Hour, 50*time.Minute)
	s.insertOld(t, "4", 2*time.Hour, 61*time.Minute)
	s.insertOld(t, "5", 71*time.Hour, 61*time.Minute)
	s.insertOld(t, "6", 73*time.Hour, 61*time.Minute)
	require.NoError(t, s.reconcile(t.Context()))
	assert.ElementsMatch(t, []string{"2", "4", "5"}, askedAbout(t, g))
}

// A session that the gateway does not know is for the log. Whatever else fails makes the job fail.
func TestReconcile_errors(t *testing.T) {
	t.Parallel()
	s, g, log := quietShop(t)
	s.insertOld(t, "1", time.Minute, time.Minute)
	s.insertOld(t, "2", time.Minute, time.Minute)
	require.NoError(t, s.reconcile(t.Context()))
	assert.Equal(t, 2, strings.Count(log.String(), "the gateway does not know a session of ours"))

	s.insertOld(t, "3", time.Minute, time.Minute)
	s.insertOld(t, "4", time.Minute, time.Minute)
	g.FailNext(1, http.StatusUnauthorized)
	err := s.reconcile(t.Context())
	require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	require.NotErrorIs(t, err, ecomtrade24.ErrNotFound)
	assert.Equal(t, 3, strings.Count(log.String(), "the gateway does not know a session of ours"))
}
