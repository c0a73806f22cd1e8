package shoptest_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// merchantsShop represents a merchant's shop.
type merchantsShop struct {
	*smallShop

	checkouts sync.Map // the newest checkout URL for each order ID
}

type merchantsOrder struct {
	Paid, Waiting bool
	Shipments     int
}

func newShop(t *testing.T, client *ecomtrade24.Client, secret string) *merchantsShop {
	t.Helper()
	leaveToCI(t)
	s := &merchantsShop{smallShop: &smallShop{client: client, secret: secret, disk: newDisk(), log: &logbook{}}}
	s.begin()
	s.leads = func(o *order, session *ecomtrade24.Session) string {
		s.checkouts.Store(o.id, session.CheckoutURL)
		return session.CheckoutURL
	}
	return s
}

func (s *merchantsShop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/webhook", s.serve)
	mux.HandleFunc("POST /buy", func(w http.ResponseWriter, r *http.Request) {
		id, err := s.place(r.Context())
		if err == nil {
			err = s.open(r.Context(), id)
		}
		if err != nil {
			http.Error(w, "try again", http.StatusBadGateway)
			return
		}
		to, _ := s.checkouts.Load(id)
		http.Redirect(w, r, to.(string), http.StatusSeeOther)
	})
	return mux
}

func (s *merchantsShop) find(ctx context.Context, id string) (merchantsOrder, error) {
	o, err := s.shop().Order(ctx, id)
	return merchantsOrder{Paid: o.Paid, Waiting: o.Review, Shipments: o.Fulfilled}, err
}

// A merchant needs to write only this test.
//
//nolint:thelper // as in the documentation
func TestShop(t *testing.T) {
	shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
		s := newShop(t, g.Client(), g.WebhookSecret) // the merchant's shop
		return shoptest.Shop{
			Webhook: s.routes(),
			Buy:     shoptest.Post(s.routes(), "/buy", url.Values{"email": {"buyer@example.com"}}),
			Order: func(ctx context.Context, id string) (shoptest.Order, error) {
				o, err := s.find(ctx, id)
				return shoptest.Order{Paid: o.Paid, Fulfilled: o.Shipments, Review: o.Waiting}, err
			},
		}
	})
}
