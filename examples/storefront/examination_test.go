package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// The storefront passes every scenario on both databases.
func TestStorefront_examination(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		template := settings{dataDir: t.TempDir()}
		migrate(t, template)
		migrated, err := os.ReadFile(template.sqliteFile())
		require.NoError(t, err)
		examine(t, func(t *testing.T, set *settings) {
			t.Helper()
			require.NoError(t, os.WriteFile(set.sqliteFile(), migrated, 0o600))
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		migrate(t, settings{databaseURL: newDatabase(t, "examination", "template1")})
		var n atomic.Int64
		examine(t, func(t *testing.T, set *settings) {
			t.Helper()
			set.databaseURL = newDatabase(t, fmt.Sprintf("examination_%d", n.Add(1)), "examination")
		})
	})
}

// migrate prepares a database that each scenario copies, because the migrations take longer than most scenarios.
func migrate(t *testing.T, set settings) {
	t.Helper()
	d, err := openDatabase(t.Context(), set)
	require.NoError(t, err)
	require.NoError(t, d.close())
}

func examine(t *testing.T, database func(*testing.T, *settings)) {
	t.Helper()
	shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		t.Helper()
		set := settingsOf(g, t.TempDir())
		database(t, &set)
		x := &examined{settings: set}
		require.NoError(t, x.open(t.Context()))
		t.Cleanup(func() { x.shop.Load().close() })
		return x.examinedAs()
	}, shoptest.WithWebhookPath("/api/webhook"), shoptest.WithStories(25), shoptest.WithPatience(20*time.Second))
}

// examined holds a storefront that runs no jobs, so that the test can count the queued receipts.
type examined struct {
	settings settings
	shop     atomic.Pointer[shop]
}

func (x *examined) open(ctx context.Context) error {
	s, err := newShop(ctx, x.settings, slog.New(slog.DiscardHandler))
	if err == nil {
		x.shop.Store(s)
	}
	return err
}

// examinedAs returns the running shop for shoptest.
func (x *examined) examinedAs() shoptest.Shop {
	s := x.shop.Load()
	return shoptest.Shop{
		Webhook: s.routes(), Front: s.routes(),
		Buy: shoptest.Post(x, "/orders", url.Values{"email": {buyer}}), Order: x.order, Again: x.again, Return: x.comesBack,
		Reconcile: func(ctx context.Context) error { return x.shop.Load().reconcile(ctx) },
		Restart: func(ctx context.Context) (shoptest.Shop, error) {
			s.close()
			if err := x.open(ctx); err != nil {
				return shoptest.Shop{}, err
			}
			return x.examinedAs(), nil
		},
	}
}

// ServeHTTP serves the running shop's pages to a buyer with a mug in the basket.
func (x *examined) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.AddCookie(&http.Cookie{Name: "basket", Value: url.Values{"mug": {"1"}}.Encode()})
	x.shop.Load().routes().ServeHTTP(w, r)
}

func (x *examined) again(ctx context.Context, order string) error {
	return shoptest.Post(x, "/orders/"+order+"/pay", nil)(ctx)
}

func (x *examined) comesBack(ctx context.Context, order string) (bool, error) {
	w := httptest.NewRecorder()
	x.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders/"+order, nil))
	_, after, _ := strings.Cut(w.Body.String(), `<h1 id="state"`)
	said, _, found := strings.Cut(after, "</h1>")
	if !found {
		return false, fmt.Errorf("the order's page responds %d and shows no state", w.Code)
	}
	return strings.HasSuffix(said, ">Paid"), nil
}

// order returns the state of an order; a queued receipt counts as shipped goods.
func (x *examined) order(ctx context.Context, id string) (o shoptest.Order, err error) {
	s := x.shop.Load()
	found, err := s.findOrder(ctx, id)
	if err != nil {
		return o, err
	}
	args := `CAST(args AS TEXT)`
	if x.settings.databaseURL == "" {
		args = `json(args)`
	}
	var waiting int
	row := s.db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM river_job WHERE kind = 'mail' AND `+args+` LIKE $1),
(SELECT COUNT(*) FROM shop_payments WHERE order_id = $2 AND problem <> '' AND decision = '')`, "%"+id+"%", id)
	err = row.Scan(&o.Fulfilled, &waiting)
	o.Paid, o.Review = found.State == paid, waiting > 0
	return o, err
}
