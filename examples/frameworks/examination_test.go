package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// books holds a shop's orders, as a merchant's database would.
type books struct {
	mu     sync.Mutex
	orders map[string]*shoptest.Order
	due    ecomtrade24.Order
}

// record handles an event as a merchant would: it checks the payment with Settles and ships once.
func (b *books) record(_ context.Context, ev *ecomtrade24.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	order, known := b.orders[ev.OrderID]
	due := b.due
	due.ID = ev.OrderID
	if !known || ev.Settles(due) != nil || order.Paid {
		return nil
	}
	order.Paid = true
	order.Fulfilled++
	return nil
}

func (b *books) buy(ctx context.Context, client *ecomtrade24.Client) error {
	b.mu.Lock()
	id := fmt.Sprintf("ORDER-%d", len(b.orders))
	b.orders[id] = &shoptest.Order{}
	b.mu.Unlock()
	_, err := client.Checkout(ctx, ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: b.due.Amount, Currency: b.due.Currency, OrderID: id,
	})
	return err
}

// The webhook behind each framework accepts the deliveries that a shop must accept, and no others.
func TestShops_examination(t *testing.T) {
	t.Parallel()
	for framework, open := range shops {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
				t.Helper()
				b := &books{orders: map[string]*shoptest.Order{}, due: ecomtrade24.Order{Amount: "49.95", Currency: "USD"}}
				at, err := url.Parse(open(t, hook(t, g.WebhookSecret, b.record)))
				require.NoError(t, err)
				client := g.Client()
				proxy := httputil.NewSingleHostReverseProxy(at)
				proxy.Transport = &http.Transport{DisableKeepAlives: true} // at shutdown, fiber waits for keep-alive connections
				proxy.ErrorLog = log.New(io.Discard, "", 0)                // do not log senders that hang up
				return shoptest.Shop{
					Webhook: proxy,
					Buy:     func(ctx context.Context) error { return b.buy(ctx, client) },
					Order: func(_ context.Context, id string) (shoptest.Order, error) {
						b.mu.Lock()
						defer b.mu.Unlock()
						return *b.orders[id], nil
					},
					NoReview: true,
				}
			}, shoptest.WithWebhookPath("/webhook"), shoptest.WithStories(20))
		})
	}
}
