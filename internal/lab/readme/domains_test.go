package readme_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// domainShop is one of several shops that share a gateway account and a database.
type domainShop struct{ domain, path, secret string }

// mount gives the shop its own webhook path, its own secret and its own orders in the inbox.
func (s domainShop) mount(mux *http.ServeMux, db *sql.DB) (*inbox.Inbox, error) {
	verifier, err := webhook.NewVerifier(s.secret)
	if err != nil {
		return nil, err
	}
	box := inbox.New(db, inbox.SQLite, s.apply, inbox.WithNamespace(s.domain))
	mux.Handle("POST "+s.path, webhook.NewHandler(verifier, box.Handle))
	return box, nil
}

// find reads the shop's own order. With Domain set, Settles rejects a payment to the other shop.
func (s domainShop) find(ctx context.Context, tx *sql.Tx, orderID string) (ecomtrade24.Order, error) {
	due := ecomtrade24.Order{ID: orderID, Domain: s.domain}
	row := tx.QueryRowContext(ctx, `SELECT amount, currency FROM orders WHERE domain = ? AND id = ?`, s.domain, orderID)
	return due, row.Scan(&due.Amount, &due.Currency)
}

// apply marks the shop's own order paid.
func (s domainShop) apply(ctx context.Context, tx *sql.Tx, c inbox.Change) error {
	due, err := s.find(ctx, tx, c.Payment.OrderID)
	if err != nil || c.Payment.Settles(due) != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE orders SET kind = ? WHERE domain = ? AND id = ?`, c.Kind, s.domain, due.ID)
	return err
}

// Two shops use the same order ID, and a payment to one shop does not mark the other shop's order paid.
func TestDomains_payOnlyTheirOwnOrders(t *testing.T) {
	t.Parallel()
	a := domainShop{"shop-a.example", "/webhook/shop-a", "the-secret-of-shop-a"}
	b := domainShop{"shop-b.example", "/webhook/shop-b", "the-secret-of-shop-b"}
	gateway := gatewaytest.New(t, gatewaytest.WithDomains(a.domain, b.domain),
		gatewaytest.WithDomainSecret(a.domain, a.secret), gatewaytest.WithDomainSecret(b.domain, b.secret))
	db, mux := openOrders(t, a, b), http.NewServeMux()
	for _, shop := range []domainShop{a, b} {
		box, err := shop.mount(mux, db)
		require.NoError(t, err)
		require.NoError(t, box.Migrate(t.Context()))
	}
	to := a.path
	gateway.DeliverToHandler(redirected(mux, &to))

	gateway.Pay(createSession(t, gateway, a.domain))
	assert.Equal(t, [][2]string{{a.domain, "paid"}}, paidOrders(t, db))

	session := createSession(t, gateway, b.domain)
	gateway.Pay(session)
	assert.Equal(t, [][2]string{{a.domain, "paid"}}, paidOrders(t, db), "shop A's path rejects shop B's signature")
	to = b.path
	gateway.Redeliver(session)
	assert.Equal(t, [][2]string{{a.domain, "paid"}, {b.domain, "paid"}}, paidOrders(t, db))
}

// With one secret for both shops, the domain alone keeps the payments apart.
func TestDomains_rejectThePaymentToAnotherShop(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(t, gatewaytest.WithDomains("shop-a.example", "shop-b.example"))
	a := domainShop{"shop-a.example", "/webhook/shop-a", gateway.WebhookSecret}
	db, mux := openOrders(t, a), http.NewServeMux()
	box, err := a.mount(mux, db)
	require.NoError(t, err)
	require.NoError(t, box.Migrate(t.Context()))
	gateway.DeliverToHandler(redirected(mux, &a.path))

	gateway.Pay(createSession(t, gateway, "shop-b.example"))
	assert.Empty(t, paidOrders(t, db))
	gateway.Pay(createSession(t, gateway, a.domain))
	assert.Equal(t, [][2]string{{a.domain, "paid_again"}}, paidOrders(t, db))
}

func openOrders(t *testing.T, shops ...domainShop) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", database.SQLiteDSN(filepath.Join(t.TempDir(), "shops.db")))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(),
		`CREATE TABLE orders (domain TEXT, id TEXT, amount TEXT, currency TEXT, kind TEXT DEFAULT '')`)
	require.NoError(t, err)
	for _, shop := range shops {
		_, err = db.ExecContext(t.Context(),
			`INSERT INTO orders (domain, id, amount, currency) VALUES (?, 'ORDER-1', '49.95', 'USD')`, shop.domain)
		require.NoError(t, err)
	}
	return db
}

// redirected returns a handler that passes every webhook to a path. A real gateway has a URL for each domain; the fake
// gateway has only one URL.
func redirected(mux http.Handler, path *string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		again := httptest.NewRequestWithContext(r.Context(), http.MethodPost, *path, bytes.NewReader(body))
		again.Header = r.Header
		mux.ServeHTTP(w, again)
	})
}

func createSession(t *testing.T, gateway *gatewaytest.Gateway, domain string) string {
	t.Helper()
	session, err := gateway.Client().CreateSession(t.Context(), ecomtrade24.SessionParams{
		Domain: domain, Amount: "49.95", Currency: "USD", OrderID: "ORDER-1",
	})
	require.NoError(t, err)
	return session.ID
}

// paidOrders returns the domain and Kind of each order that is marked paid.
func paidOrders(t *testing.T, db *sql.DB) [][2]string {
	t.Helper()
	rows, err := database.Pairs(t.Context(), db, `SELECT domain, kind FROM orders WHERE kind <> '' ORDER BY domain`)
	require.NoError(t, err)
	return rows
}
