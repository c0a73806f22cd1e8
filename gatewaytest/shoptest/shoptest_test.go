package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// Run tests a shop on real sockets, with options.
func TestRun_onLoopback(t *testing.T) {
	t.Parallel()
	shoptest.Run(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		s := newSmallShop(g, nil).shop()
		mux := http.NewServeMux()
		mux.Handle("/hook", s.Webhook)
		s.Webhook = mux
		return s
	}, shoptest.WithWebhookPath("/hook"), shoptest.WithStories(20), shoptest.WithPatience(10*time.Second),
		shoptest.WithSettleTime(time.Millisecond), shoptest.Only(firsts()),
		shoptest.WithGateway(gatewaytest.WithFirstSessionID(1)))
}

// Fit reports only one reason why it cannot examine a shop.
func TestFit(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*shoptest.Shop){
		"Buy failed: closed": func(s *shoptest.Shop) { s.Buy = func(context.Context) error { return errors.New("closed") } },
		"Buy made no call to the gateway: check that the shop uses this gateway's URL": func(s *shoptest.Shop) {
			s.Buy = func(context.Context) error { return nil }
		},
		"failed: no such table": func(s *shoptest.Shop) {
			s.Order = func(context.Context, string) (shoptest.Order, error) {
				return shoptest.Order{}, errors.New("no such table")
			}
		},
		"before any payment: expected unpaid, not shipped; got paid, shipped once": func(s *shoptest.Shop) {
			s.Order = func(context.Context, string) (shoptest.Order, error) {
				return shoptest.Order{Paid: true, Fulfilled: 1}, nil
			}
		},
		"the webhook endpoint responds 404: check the path of the endpoint": func(s *shoptest.Shop) {
			s.Webhook = http.NotFoundHandler()
		},
		"responds 401 to a correctly signed webhook: check that the shop has this gateway's secret": func(s *shoptest.Shop) {
			s.Webhook = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		},
	} {
		failure := shoptest.Fit(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
			s := newSmallShop(g, nil).shop()
			spoil(&s)
			return s
		})
		require.NotNil(t, failure, want)
		assert.True(t, failure.Unfit, want)
		assert.ErrorContains(t, failure, want)
	}
}

// A shop with a price below 0.10 cannot be examined.
func TestFit_cheap(t *testing.T) {
	t.Parallel()
	failure := shoptest.Fit(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		return newSmallShop(g, func(s *smallShop) { s.amount = "0.02" }).shop()
	})
	require.NotNil(t, failure)
	assert.True(t, failure.Unfit)
	assert.ErrorContains(t, failure, "Buy bought something for 0.02: let it buy something for at least 0.10")
}

// A hook that does nothing fails before the scenarios that need it are played.
func TestHooks(t *testing.T) {
	t.Parallel()
	proven := map[string]bool{}
	for _, row := range []struct {
		hook, want string
		spoil      func(s *shoptest.Shop)
	}{
		{"Front", "expected a page; got 404", func(s *shoptest.Shop) { s.Front = http.NotFoundHandler() }},
		{"Front", "expected a page; got no response", func(s *shoptest.Shop) {
			s.Front = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}},
		{"Again", "expected the Pay again button to open a session; got none", func(s *shoptest.Shop) {
			s.Again = func(context.Context, string) error { return nil }
		}},
		{"Return", "expected it to say paid; it does not", func(s *shoptest.Shop) {
			s.Return = func(context.Context, string) (bool, error) { return false, nil }
		}},
		{"Reconcile", "expected paid, shipped once; got unpaid", func(s *shoptest.Shop) {
			s.Reconcile = func(context.Context) error { return nil }
		}},
		{"Break", "Break(true) did nothing", func(s *shoptest.Shop) { s.Break = func(bool) error { return nil } }},
		{"Statements", "Statements counted no statements", func(s *shoptest.Shop) { s.Statements = &shoptest.Statements{} }},
		{"Restart", "the Webhook handler of the old process", func(s *shoptest.Shop) {
			s.Webhook = &struct{ http.Handler }{s.Webhook}
			same := *s
			s.Restart = func(context.Context) (shoptest.Shop, error) { return same, nil }
		}},
		{"Log", "Log returned nothing new", func(s *shoptest.Shop) { s.Log = func() string { return "started" } }},
		{"Totals", "Totals returned the same", func(s *shoptest.Shop) {
			s.Totals = func(context.Context) (map[string]int, error) { return map[string]int{"stock": 7}, nil }
		}},
	} {
		hook := scenarioOf(t, row.hook)
		failure := shoptest.Examine(t, hook.Scenario, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
			s := newSmallShop(g, nil).shop()
			row.spoil(&s)
			return s
		})
		require.NotNil(t, failure, row.hook)
		assert.ErrorContains(t, failure, row.want, row.hook)
		proven[row.hook] = true
	}
	assert.Len(t, proven, len(exam.Hooks()))
}

// scenarioOf returns the scenario that checks that the hook works.
func scenarioOf(t *testing.T, hook string) exam.Hook {
	t.Helper()
	hooks := exam.Hooks()
	i := slices.IndexFunc(hooks, func(h exam.Hook) bool { return h.Proves == hook })
	require.GreaterOrEqual(t, i, 0, "no such hook: %s", hook)
	return hooks[i]
}

// A missing side effect is found even if the shop lists the effect only after it happens.
func TestEffects_missing(t *testing.T) {
	t.Parallel()
	fit := true // if false, the shop sends no receipt
	failure := shoptest.FitAndExamine(t, scenario(t, "a payment marks the order paid"),
		func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
			shop := newSmallShop(g, nil)
			if !fit {
				shop.ship = func(t *tables, o *order) error {
					err := ships(t, o)
					delete(o.effects, "receipts")
					return err
				}
			}
			fit = false
			return shop.shop()
		})
	require.NotNil(t, failure)
	assert.ErrorContains(t, failure, "expected each side effect to happen once; got receipts +0")
}

// A failure says what happened, what it costs and how to fix it.
func TestFailure(t *testing.T) {
	t.Parallel()
	failure := examine(t,
		scenario(t, "a payment followed by a webhook with status expired ships once"), takesBack("expired"))
	require.NotNil(t, failure)
	assert.Regexp(t, `^order Order-\d+: expected paid, shipped once; got unpaid, shipped once.*
   1\. a buyer buys: order Order-\d+, session 12345, 49\.95 USD
   2\. webhook: paid, order Order-\d+, session 12345, amount 49\.95, currency USD, txid tx_12345 → 200
   3\. webhook: expired, order Order-\d+, session 12345, amount 49\.95, currency USD, txid tx_12345 → 200
Impact: [^\n]+\.
Fix: Use inbox, or accept only statuses with a higher PaymentStatus\.Rank, so that a payment is never undone\.$`,
		failure.Error())
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
		require.ErrorContains(t, err, "does not send the buyer to a checkout", name)
	}
}
