package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// Shops differ, and are right all the same.
func TestRun_rightShops(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]variant{
		"plain":                   {},
		"the work is done later":  {later: true, noReview: true},
		"it asks before it ships": {asks: true},
		"it leads back":           {back: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shoptest.Run(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
				return newSmallShop(g, v, "").shop()
			}, shoptest.InBubble(), shoptest.WithStories(200))
		})
	}
}

// A shop on real sockets, with options.
func TestRun_onLoopback(t *testing.T) {
	t.Parallel()
	shoptest.Run(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		s := newSmallShop(g, variant{}, "").shop()
		mux := http.NewServeMux()
		mux.Handle("/hook", s.Webhook)
		s.Webhook = mux
		return s
	}, shoptest.WithPath("/hook"), shoptest.WithStories(20), shoptest.WithPatience(10*time.Second),
		shoptest.WithQuiet(time.Millisecond),
		shoptest.WithGateway(gatewaytest.WithFirstSession(1)))
}

// A shop that cannot be examined is told why, once.
func TestFit(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*shoptest.Shop){
		"Buy fails: closed": func(s *shoptest.Shop) { s.Buy = func(context.Context) error { return errors.New("closed") } },
		"the gateway has made no session: does the shop use this gateway's URL and key?": func(s *shoptest.Shop) {
			s.Buy = func(context.Context) error { return nil }
		},
		"fails: no such table": func(s *shoptest.Shop) {
			s.Order = func(context.Context, string) (shoptest.Order, error) {
				return shoptest.Order{}, errors.New("no such table")
			}
		},
		"a fresh order that nobody has paid is paid, fulfilled": func(s *shoptest.Shop) {
			s.Order = func(context.Context, string) (shoptest.Order, error) {
				return shoptest.Order{Paid: true, Fulfilled: 1}, nil
			}
		},
		"the webhook endpoint responds 404: is it at the path that the gateway delivers to?": func(s *shoptest.Shop) {
			s.Webhook = http.NotFoundHandler()
		},
		"responds 401 to a rightly signed webhook: has the shop the gateway's secret?": func(s *shoptest.Shop) {
			s.Webhook = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		},
	} {
		failure := shoptest.Fit(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
			s := newSmallShop(g, variant{}, "").shop()
			spoil(&s)
			return s
		})
		require.NotNil(t, failure, want)
		assert.True(t, failure.Unfit, want)
		assert.ErrorContains(t, failure, want)
	}
}

// A failure is a lesson.
func TestFailure(t *testing.T) {
	t.Parallel()
	for _, s := range exam.Scenarios() {
		if s.Name != "paid, then expired stays paid" {
			continue
		}
		failure := shoptest.Examine(t, s, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
			return newSmallShop(g, variant{}, "expired takes a payment back").shop()
		})
		require.NotNil(t, failure)
		assert.Regexp(t, `^order (Order-\d+) must be paid, and fulfilled once, and is not paid, fulfilled
   1\. a buyer buys: order Order-\d+, session 12345, 49\.95 USD
   2\. webhook: paid, order Order-\d+, session 12345, amount 49\.95, currency USD, txid tx_12345 → 200
   3\. webhook: expired, order Order-\d+, session 12345, amount 49\.95, currency USD, txid tx_12345 → 200
It costs: An order that was paid, and perhaps shipped, becomes unpaid\.
Mend it: inbox does it; else let a status move only upwards in PaymentStatus\.Rank, so that paid is never left\.$`,
			failure.Error())
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{"nowhere": "", "to itself": "/orders/1"} {
		shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "b@shop.example", r.PostFormValue("email"))
			if to != "" {
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusSeeOther)
			}
		})
		err := shoptest.Post(shop, "/buy", url.Values{"email": {"b@shop.example"}})(t.Context())
		require.ErrorContains(t, err, "sends the buyer to no checkout", name)
	}
}
