package readme_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// The shop in the README loses no money. The shop sells one order, so scenarios with two orders are skipped.
func TestShop_examination(t *testing.T) {
	t.Parallel()
	shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		t.Helper()
		s, handler := openShop(t, g)
		always := func(time.Duration, bool) time.Duration { return time.Nanosecond }
		s.box = inbox.New(s.db, inbox.SQLite, apply, inbox.WithSpacing(always))
		pay := shoptest.Post(handler, "/buy", nil)
		return shoptest.Shop{
			Webhook: handler, Front: handler, Buy: pay,
			Order: func(ctx context.Context, id string) (o shoptest.Order, err error) {
				row := s.db.QueryRowContext(ctx, `
SELECT paid, EXISTS (SELECT 1 FROM reviews WHERE order_id = orders.id) FROM orders WHERE id = ?`, id)
				return o, row.Scan(&o.Paid, &o.Review)
			},
			Return: func(ctx context.Context, id string) (bool, error) {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders/"+id, http.NoBody))
				return w.Body.String() == "paid: true\n", nil
			},
			Reconcile: func(ctx context.Context) error { return s.box.Reconcile(ctx, s.client) },
			NoCount:   true,
		}
	})
}
