package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// The shop passes all scenarios except those that need manual review or a database.
func TestShop_examination(t *testing.T) {
	t.Parallel()
	shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		t.Helper()
		s, err := newShop(settings{baseURL: g.URL, key: g.APIKey, secret: g.WebhookSecret, deployment: ecomtrade24.FiavexPay},
			"https://shop.example", "shop.example", slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		s.client = g.Client() // this client needs no socket
		return shoptest.Shop{
			Webhook: s,
			Buy:     shoptest.Post(s, "/buy", url.Values{"email": {"buyer@example.com"}}),
			Order: func(_ context.Context, id string) (shoptest.Order, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				return shoptest.Order{Paid: s.orders[id].Status == ecomtrade24.StatusPaid}, nil
			},
			Return: func(ctx context.Context, order string) (bool, error) {
				page := httptest.NewRecorder()
				s.ServeHTTP(page, httptest.NewRequestWithContext(ctx, http.MethodGet, "/orders/"+order, nil))
				return strings.Contains(page.Body.String(), `<h1 id="state">Paid`), nil
			},
			NoReview: true, NoCount: true,
		}
	}, shoptest.WithWebhookPath("/api/webhook"), shoptest.WithStories(100), shoptest.WithSynctest())
}
