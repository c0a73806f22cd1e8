package readme_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The fake gateway plays the buyer, on a bad network.
func TestShop_marksOrderPaidWhenWebhooksAreLostAndRepeated(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(t)
	handler := newShop(t, gateway)
	gateway.DeliverToHandler(handler)

	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	gateway.LoseFirstAttempts(1) // the first delivery never arrives
	gateway.DuplicateWebhooks(1) // the next delivery arrives twice
	gateway.Pay(gateway.Sessions()[0].SessionID)
	assert.Equal(t, "paid: true\n", visit(handler, "/orders/ORDER-10001"))
}

// newShop opens a shop with one order on an empty database.
func newShop(t *testing.T, gateway *gatewaytest.Gateway) http.Handler {
	t.Helper()
	_, handler := openShop(t, gateway)
	return handler
}

func openShop(t *testing.T, gateway *gatewaytest.Gateway) (*Shop, http.Handler) {
	t.Helper()
	settings := map[string]string{
		"ECOMTRADE24_BASE_URL": gateway.URL, "ECOMTRADE24_API_KEY": gateway.APIKey,
		"ECOMTRADE24_WEBHOOK_SECRET": gateway.WebhookSecret,
	}
	db, err := sql.Open("sqlite", database.SQLiteDSN(filepath.Join(t.TempDir(), "shop.db")))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(), `
CREATE TABLE orders (id TEXT PRIMARY KEY, amount TEXT, currency TEXT, paid INT DEFAULT 0, session_id TEXT DEFAULT '');
CREATE TABLE reviews (order_id TEXT, why TEXT);
INSERT INTO orders (id, amount, currency) VALUES ('ORDER-10001', '49.95', 'USD')`)
	require.NoError(t, err)
	s, handler, err := open(t.Context(), db, func(name string) string { return settings[name] })
	require.NoError(t, err)
	return s, handler
}

func visit(handler http.Handler, path string) string {
	page := httptest.NewRecorder()
	handler.ServeHTTP(page, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return page.Body.String()
}

// The webhook never arrives: the return page asks the gateway, and so does Reconcile.
func TestShop_lostWebhook(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(t)
	s, handler := openShop(t, gateway)
	gateway.DeliverToHandler(handler)
	gateway.LoseWebhooks(1)
	assert.Equal(t, "303 See Other", buy(handler))
	assert.Equal(t, "paid: false\n", visit(handler, "/orders/ORDER-10001"))
	gateway.Pay(gateway.Sessions()[0].SessionID)
	assert.Equal(t, "paid: true\n", visit(handler, "/orders/ORDER-10001"))
	assert.Equal(t, "404 page not found\n", visit(handler, "/orders/ORDER-2"))

	tick, ended := make(chan time.Time), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		s.reconcile(ctx, tick)
		close(ended)
	}()
	tick <- time.Now() // this call of Reconcile finds no further payment
	cancel()
	<-ended
}

func buy(handler http.Handler) string {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/buy", http.NoBody))
	return w.Result().Status
}

// A second payment, a wrong amount and an unknown order go to manual review. A repeated webhook or the end of an unpaid
// session does not.
func TestShop_reviews(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(t)
	s, handler := openShop(t, gateway)
	gateway.DeliverToHandler(handler)
	for range 3 {
		require.Equal(t, "303 See Other", buy(handler))
	}
	sessions := gateway.Sessions()
	gateway.Expire(sessions[0].SessionID)
	gateway.Pay(sessions[1].SessionID)
	gateway.Pay(sessions[2].SessionID)
	gateway.Redeliver(sessions[2].SessionID)
	var why string
	require.NoError(t, s.db.QueryRowContext(t.Context(), `SELECT why FROM reviews`).Scan(&why))
	assert.Equal(t, "paid twice: refund one", why)

	_, err := s.db.ExecContext(t.Context(), `UPDATE orders SET amount = '9.95', paid = 0; DELETE FROM reviews`)
	require.NoError(t, err)
	require.Equal(t, "303 See Other", buy(handler))
	gateway.Pay(gateway.Sessions()[3].SessionID)
	require.NoError(t, s.db.QueryRowContext(t.Context(), `SELECT why FROM reviews`).Scan(&why))
	assert.Contains(t, why, `Amount is "49.95", due is "9.95"`)

	const unknown = `{"session_id":109,"order_id":"ORDER-9","status":"paid","amount":"9.00","currency":"USD"}`
	r := httptest.NewRequest(http.MethodPost, "/api/webhook", strings.NewReader(unknown))
	r.Header.Set("X-Signature", webhook.Sign(gateway.WebhookSecret, []byte(unknown)))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	assert.Equal(t, http.StatusOK, w.Code)
	reviews, err := database.Pairs(t.Context(), s.db, `SELECT order_id, why FROM reviews`)
	require.NoError(t, err)
	require.Len(t, reviews, 2, "one review each")
	assert.Equal(t, "ORDER-9", reviews[1][0])
	assert.Contains(t, reviews[1][1], `due is "", which no payment matches`)
}
