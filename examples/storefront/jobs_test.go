package main

import (
	"context"
	"fmt"
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

// settingsOf returns the settings of a shop on SQLite. Reconcile looks up this shop's sessions without delay.
func settingsOf(g *gatewaytest.Gateway, dir string) settings {
	return settings{
		baseURL: g.URL, key: g.APIKey, secret: g.WebhookSecret, deployment: ecomtrade24.FiavexPay, dataDir: dir,
		domain: "shop.example", publicURL: "http://127.0.0.1",
		orderTTL: time.Hour, reconcileEvery: time.Nanosecond, jobTimeout: time.Minute,
	}
}

// quietShop returns a shop on SQLite that serves no requests and runs no jobs. It has one order, ORDER-1.
func quietShop(t *testing.T) (*shop, *gatewaytest.Gateway, *syncBuffer) {
	t.Helper()
	g, log := gatewaytest.New(t), &syncBuffer{}
	s, err := newShop(t.Context(), settingsOf(g, t.TempDir()), slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	t.Cleanup(s.close)
	require.NoError(t, s.insertOrder(t.Context(), order{ID: "ORDER-1", State: open, Amount: "14.50", Currency: currency}))
	return s, g, log
}

// expect stores a session that Reconcile looks up immediately.
func (s *shop) expect(t *testing.T, id string) {
	t.Helper()
	require.NoError(t, s.insertSession(t.Context(), &ecomtrade24.Session{ID: id}, "ORDER-1", ""))
}

// reconcile runs the reconcile chore, as the queue would.
func (s *shop) reconcile(ctx context.Context) error {
	return (&choreWorker{shop: s}).Work(ctx, &river.Job[chore]{Args: chore{"reconcile"}})
}

// A session that the gateway does not know is only logged. Any other error makes the job fail.
func TestReconcile_errors(t *testing.T) {
	t.Parallel()
	s, g, log := quietShop(t)
	s.expect(t, "1")
	s.expect(t, "2")
	require.NoError(t, s.reconcile(t.Context()))
	assert.Equal(t, 2, strings.Count(log.String(), "the gateway does not know this session"))

	s.expect(t, "3")
	s.expect(t, "4")
	g.FailCalls(1, http.StatusUnauthorized)
	err := s.reconcile(t.Context())
	require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	require.NotErrorIs(t, err, ecomtrade24.ErrNotFound)
}

// Reconcile looks up an expired session, even if its order has expired too: the session can still be paid and the
// webhook lost.
func TestReconcile_expiredSession(t *testing.T) {
	t.Parallel()
	s, g, _ := quietShop(t)
	o, err := s.findOrder(t.Context(), "ORDER-1")
	require.NoError(t, err)
	session, err := s.openSession(t.Context(), o, "")
	require.NoError(t, err)
	g.Expire(session.ID) // the shop gets no webhook about the expiry
	require.NoError(t, s.reconcile(t.Context()))
	assert.Equal(t, face{Looks: "lapsed", CanPay: true}, s.faceOf(t))
	s.orderTTL = -time.Hour
	require.NoError(t, s.expire(t.Context()))
	g.SetLookupResponse(session.ID, http.StatusOK, fmt.Sprintf(`{"ok":true,"session_id":%s,
"order_id":"ORDER-1","status":"paid","amount":"14.50","currency":"USD","txid":"t1"}`, session.ID))
	require.NoError(t, s.reconcile(t.Context()))
	assert.Equal(t, face{Looks: "paid"}, s.faceOf(t))
}

// Lookups follow the schedule in docs/going-live.md.
func TestSpacing(t *testing.T) {
	t.Parallel()
	s := &shop{settings: settings{reconcileEvery: 2 * time.Minute}}
	schedule := func(ended bool) (lookups []time.Duration) {
		age := time.Duration(0)
		for next := s.spacing(0, ended); next > 0; next = s.spacing(age, ended) {
			age += next
			lookups = append(lookups, age)
		}
		return lookups
	}
	assert.Equal(t, []time.Duration{time.Hour, 4 * time.Hour, 16 * time.Hour, 64 * time.Hour}, schedule(true))
	unpaid := schedule(false)
	assert.Len(t, unpaid, 30+71)
	first, last := []time.Duration{unpaid[0], unpaid[29]}, unpaid[100]
	assert.Equal(t, []time.Duration{2 * time.Minute, time.Hour}, first)
	assert.Equal(t, asked, last)
}
