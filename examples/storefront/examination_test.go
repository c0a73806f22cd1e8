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

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// Every way in which the storefront could lose money, on either database.
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

// migrate makes a database of which each scenario gets a copy: the migrations take longer than most scenarios.
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
		set := settings{
			baseURL: g.URL, key: g.APIKey, secret: g.WebhookSecret, deployment: ecomtrade24.FiavexPay, dataDir: t.TempDir(),
			domain: "shop.example", publicURL: "http://127.0.0.1", orderTTL: time.Hour,
			reconcileEvery: time.Nanosecond, jobTimeout: time.Minute,
		}
		database(t, &set)
		x := &examined{settings: set}
		require.NoError(t, x.open(t.Context()))
		t.Cleanup(func() { x.shop.Load().close() })
		return x.examinedAs()
	}, shoptest.WithWebhookPath("/api/webhook"), shoptest.WithStories(25), shoptest.WithPatience(20*time.Second))
}

// examined is a storefront that works no jobs, so that the receipts that are asked for can be counted.
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

// examinedAs is the shop of the process that runs.
func (x *examined) examinedAs() shoptest.Shop {
	s := x.shop.Load()
	return shoptest.Shop{
		Webhook: s.routes(), Front: s.routes(),
		Buy: x.buy, Order: x.order, Again: x.again, Return: x.comesBack, Reconcile: x.reconcile,
		Restart: func(ctx context.Context) (shoptest.Shop, error) {
			s.close()
			if err := x.open(ctx); err != nil {
				return shoptest.Shop{}, err
			}
			return x.examinedAs(), nil
		},
	}
}

func (x *examined) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.shop.Load().routes().ServeHTTP(w, r)
}

// send is a request of a buyer with a mug in the basket.
func (x *examined) send(ctx context.Context, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(form.Encode()))
	r.AddCookie(&http.Cookie{Name: "basket", Value: url.Values{"mug": {"1"}}.Encode()})
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	x.ServeHTTP(w, r)
	return w
}

func (x *examined) buy(ctx context.Context) error {
	return leaves(ctx, x.send(ctx, http.MethodPost, "/orders", url.Values{"email": {buyer}}))
}

func (x *examined) again(ctx context.Context, order string) error {
	return leaves(ctx, x.send(ctx, http.MethodPost, "/orders/"+order+"/pay", url.Values{}))
}

// leaves reports where the buyer was sent, and an error if that is not a checkout.
func leaves(ctx context.Context, w *httptest.ResponseRecorder) error {
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.Contains(to, "pay.php") {
		return fmt.Errorf("the shop responds %d, and sends the buyer to %q", w.Code, to)
	}
	shoptest.SentTo(ctx, w.Header().Get("Location"))
	return nil
}

func (x *examined) comesBack(ctx context.Context, order string) (bool, error) {
	w := x.send(ctx, http.MethodGet, "/orders/"+order, nil)
	_, after, _ := strings.Cut(w.Body.String(), `<h1 id="state"`)
	said, _, found := strings.Cut(after, "</h1>")
	if !found {
		return false, fmt.Errorf("the order's page responds %d, and has no state", w.Code)
	}
	return strings.HasSuffix(said, ">Paid"), nil
}

// order counts a queued receipt as shipped goods.
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

func (x *examined) reconcile(ctx context.Context) error {
	return (&choreWorker{shop: x.shop.Load()}).Work(ctx, &river.Job[chore]{Args: chore{"reconcile"}})
}
