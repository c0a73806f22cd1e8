package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The scenarios test the function receive, with the same check as in the function run; a map holds the orders.
func TestReceiver_examination(t *testing.T) {
	t.Parallel()
	shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		t.Helper()
		client := g.Client()
		verifier, err := webhook.NewVerifier(g.WebhookSecret)
		require.NoError(t, err)
		var mu sync.Mutex
		paid := map[string]bool{} // the keys are order IDs
		due := func(order string) ecomtrade24.Order {
			return ecomtrade24.Order{ID: order, Amount: "49.95", Currency: "USD"}
		}
		return shoptest.Shop{
			Webhook: receive(verifier, func(ev *ecomtrade24.Event) {
				mu.Lock()
				defer mu.Unlock()
				if _, known := paid[ev.OrderID]; known && ev.Settles(due(ev.OrderID)) == nil {
					paid[ev.OrderID] = true
				}
			}),
			Buy: func(ctx context.Context) error {
				mu.Lock()
				order := fmt.Sprintf("ORDER-%d", len(paid))
				paid[order] = false
				mu.Unlock()
				_, err := client.Checkout(ctx, ecomtrade24.SessionParams{
					Domain: "shop.example", Amount: due(order).Amount, Currency: due(order).Currency, OrderID: order,
				})
				return err
			},
			Order: func(_ context.Context, id string) (shoptest.Order, error) {
				mu.Lock()
				defer mu.Unlock()
				is, known := paid[id]
				if !known {
					return shoptest.Order{}, errors.New("no such order")
				}
				return shoptest.Order{Paid: is}, nil
			},
			NoReview: true, NoCount: true,
		}
	}, shoptest.WithWebhookPath("/api/webhook"), shoptest.WithStories(100), shoptest.WithSynctest())
}
