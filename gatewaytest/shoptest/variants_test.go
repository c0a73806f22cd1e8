package shoptest_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// variant is another correct shop.
type variant struct {
	name  string
	plant func(s *smallShop)
}

// variants are correct shops that differ from the small shop.
var variants = []variant{
	{name: "the small shop"},
	{name: "it responds 202, then processes webhooks from a queue", plant: queues(0, http.StatusAccepted)},
	{name: "it does its work 200 ms after the response", plant: queues(200*time.Millisecond, http.StatusOK)},
	{name: "it responds 204", plant: responds(nil, http.StatusNoContent)},
	{name: "it responds 404 to webhooks for unknown orders", plant: responds(errUnknownOrder, http.StatusNotFound)},
	{name: "it responds 400 to webhooks for unknown orders", plant: responds(errUnknownOrder, http.StatusBadRequest)},
	{name: "its database takes 50 ms for each webhook", plant: func(s *smallShop) {
		s.work = func(ctx context.Context, m message) error {
			<-time.After(50 * time.Millisecond)
			return s.commits(context.WithoutCancel(ctx), m)
		}
	}},
	{name: "its pages show changes one second late", plant: isBehind(time.Second)},
	{name: "its buyers must log in", plant: needsLogin},
	{name: "it accepts 20 webhooks a second", plant: limitsRate(20)},
	{name: "its return page redirects to the order's page", plant: leadsToOrder},
	{name: "each payment attempt has a random ID", plant: func(s *smallShop) {
		randomTries(s)
		s.find = byTry
	}},
	{name: "it finds the order by its own order number in the metadata", plant: func(s *smallShop) {
		randomTries(s)
		tried := s.params
		s.params = func(o *order) ecomtrade24.SessionParams {
			p := tried(o)
			p.Metadata = map[string]string{"order": o.id}
			return p
		}
		s.orderID = metaOrder
	}},
	{name: "the Pay again button creates a new order", plant: func(s *smallShop) {
		s.again = func(ctx context.Context, _ string) error { return s.buys(ctx) }
	}},
	{name: "it sends the buyer back to an open session", plant: leadsBack},
	{name: "it processes webhooks from a queue and sends the buyer back to an open session", plant: func(s *smallShop) {
		queues(30*time.Millisecond, http.StatusAccepted)(s)
		leadsBack(s)
	}},
	{name: "a second press of the Buy button reuses the order", plant: mergesPresses},
	{name: "it emails the orders that need manual review", plant: func(s *smallShop) { s.noReview = true }},
	{name: "it stores only whether an order is paid", plant: func(s *smallShop) { s.noCount = true }},
	{name: "it reserves stock when the buyer buys", plant: reservesStock},
	{name: "it reserves stock until the session expires, and reduces it again for a later payment", plant: releasesStock},
	{name: "an item costs 0.50", plant: func(s *smallShop) { s.amount = "0.50" }},
	{name: "it looks up the status before shipping", plant: func(s *smallShop) { s.handle = s.asksFirst }},
	{name: "it looks up the status after every webhook", plant: func(s *smallShop) {
		s.handle = func(ctx context.Context, m message) error {
			if m.session() == "" || s.orderID(m) == "" {
				return s.work(ctx, m)
			}
			return s.confirms(context.WithoutCancel(ctx), m)
		}
	}},
	{name: "it looks up the status after responding", plant: asksLater},
	{name: "it responds 503 while it is busy", plant: func(s *smallShop) {
		one := make(chan struct{}, 1)
		s.serve = func(w http.ResponseWriter, r *http.Request) {
			select {
			case one <- struct{}{}:
				defer func() { <-one }()
				<-time.After(time.Millisecond)
				s.webhook(w, r)
			default:
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}
	}},
	{name: "it has one worker, like PHP's built-in server", plant: hasOneWorker},
	{name: "it responds 500 to every second webhook, as after a deadlock", plant: func(s *smallShop) {
		var mu sync.Mutex
		n := 0
		s.handle = func(ctx context.Context, m message) error {
			mu.Lock()
			n++
			deadlock := n%2 == 0
			mu.Unlock()
			if deadlock {
				return errBroken
			}
			return s.work(ctx, m)
		}
	}},
	{name: "it accepts only cards", plant: takesCards},
	{name: "it adds up payments in one currency", plant: addsParts},
	{name: "its order IDs are numbers", plant: func(s *smallShop) { s.newID = numbered("%d") }},
	{name: "it ignores unknown statuses", plant: ignores(func(_ *smallShop, _ *order, m message) bool {
		return rank(m.text("status")) == 0
	})},
	{name: "it sends refunds to manual review", plant: affects(func(_ *tables, o *order, m message) {
		o.review = o.review || m.text("status") == "refunded"
	})},
}

// All correct shops pass all scenarios.
func TestRun_rightShops(t *testing.T) {
	t.Parallel()
	for n, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			shoptest.Run(t, func(_ *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
				return newSmallShop(g, v.plant).shop()
			}, shoptest.WithSynctest(), shoptest.WithStories(50), shoptest.Only(part(n)))
		})
	}
}
