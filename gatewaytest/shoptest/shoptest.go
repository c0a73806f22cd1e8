// Package shoptest examines a merchant's own shop: it plays every way in which a shop could lose money against it, each
// as a subtest that is named by what the shop must do. A failure says what was done, what the shop made of it, what
// that costs, and how to mend it.
//
//	func TestShop(t *testing.T) {
//		shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
//			s := newShop(t, g.Client(), g.WebhookSecret) // the merchant's own
//			return shoptest.Shop{
//				Webhook: s.routes(),
//				Buy:     shoptest.Post(s.routes(), "/buy", url.Values{"email": {"buyer@example.com"}}),
//				Order: func(ctx context.Context, id string) (shoptest.Order, error) {
//					o, err := s.find(ctx, id)
//					return shoptest.Order{Paid: o.Paid, Fulfilled: o.Shipments, Review: o.Waiting}, err
//				},
//			}
//		})
//	}
//
// Each scenario has a gateway and a shop of its own. The shop's state is judged, at the latest after a while, and not
// the status with which it responds: shops that do the work later, or that respond 404 to an order that they do not
// know, are right too.
package shoptest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/inmemory"
)

// Shop is the merchant's shop, as new, with a database of its own. Webhook, Buy and Order are required; each of the
// others unlocks scenarios, which are skipped without it.
type Shop struct {
	// Webhook serves the endpoint that the gateway delivers to, at the path of WithPath.
	Webhook http.Handler
	// Buy does what a buyer does, up to the gateway's checkout. The gateway sees which session and order that makes.
	Buy func(ctx context.Context) error
	// Order says what the shop thinks of an order. It must work for an order that was just bought.
	Order func(ctx context.Context, id string) (Order, error)

	// Again pays an order once more, as a buyer does who presses Pay again. It opens another session, unless the last one
	// is open still and the shop leads back to that.
	Again func(ctx context.Context, order string) error
	// Return opens the page to which the buyer comes back, and tells whether it says that the order is paid.
	Return func(ctx context.Context, order string) (paid bool, err error)
	// Reconcile makes the shop ask the gateway at once about what is open, as its timer does.
	Reconcile func(ctx context.Context) error
	// Break makes the shop's database fail, and with false work again.
	Break func(broken bool)
	// Restart ends the shop's process and starts it again on the same database. Webhook and the functions then serve the
	// new one.
	Restart func(ctx context.Context) error

	// NoReview says that the shop keeps no list of what waits for a person.
	NoReview bool
	// Domain is the shop's own, if its account at the gateway has several shops: payments for another are not its own.
	Domain string
}

// Order is what the shop thinks of an order.
type Order struct {
	Paid      bool
	Fulfilled int  // how often goods were released; a shop that only marks its orders returns 1 for a paid one
	Review    bool // it waits for a person
}

// Option changes a default of Run.
type Option func(*config)

type config struct {
	exam.Config

	gateway []gatewaytest.Option
	path    string
	bubble  bool
	judge   func(*exam.Failure) // of a test of this package: instead of failing
}

// WithGateway adds options of the gateway, such as gatewaytest.WithMode for a shop on Smart Routing.
func WithGateway(opts ...gatewaytest.Option) Option {
	return func(c *config) { c.gateway = append(c.gateway, opts...) }
}

// WithPath sets the path of the shop's webhook endpoint. The default is gatewaytest's, /api/webhook.
func WithPath(path string) Option { return func(c *config) { c.path = path } }

// WithPatience sets how long the shop may take for what it must do. The default is 5 seconds.
func WithPatience(d time.Duration) Option { return func(c *config) { c.Patience = d } }

// WithQuiet sets how long is waited before the shop is looked at for what it must not do. The default is 5
// milliseconds, enough for a shop that does its work before it responds.
func WithQuiet(d time.Duration) Option { return func(c *config) { c.Quiet = d } }

// WithStories sets the number of random stories. The default is 1,000. Story n is the same in each run.
func WithStories(n int) Option { return func(c *config) { c.Stories = n } }

// InBubble runs each scenario in a bubble of testing/synctest, where waiting takes no time. The shop must then open no
// socket and no file, and its clients must be those of the gateway, which is in memory.
func InBubble() Option { return func(c *config) { c.bubble = true } }

// Run examines the shop that open returns, once for each scenario. g is the gateway of that scenario: give the shop its
// Client, or its URL and APIKey, and its WebhookSecret. A shop that cannot be examined fails once, and not in each
// scenario.
func Run(t *testing.T, open func(t *testing.T, g *gatewaytest.Gateway) Shop, opts ...Option) {
	t.Helper()
	c := config{Config: exam.Config{Patience: 5 * time.Second, Quiet: 5 * time.Millisecond, Stories: 1000}}
	for _, opt := range opts {
		opt(&c)
	}
	if c.path == "" {
		c.path = "/api/webhook"
	}
	fit := t.Run("the shop can be examined", func(t *testing.T) {
		c.play(t, open, func(t *testing.T, g *gatewaytest.Gateway, shop *exam.Shop) *exam.Failure {
			t.Helper()
			return exam.Fit(t.Context(), gateway{g}, shop, c.Config)
		})
	})
	if !fit {
		return
	}
	for _, s := range exam.Scenarios() {
		t.Run(s.Group+"/"+s.Name, func(t *testing.T) {
			t.Parallel()
			c.play(t, open, func(t *testing.T, g *gatewaytest.Gateway, shop *exam.Shop) *exam.Failure {
				t.Helper()
				if missing := s.Missing(shop); missing != "" {
					t.Skipf("the Shop has no %s", missing)
				}
				return s.Examine(t.Context(), gateway{g}, shop, c.Config)
			})
		})
	}
}

// play opens a gateway and a shop, and does f with them.
func (c *config) play(
	t *testing.T, open func(*testing.T, *gatewaytest.Gateway) Shop,
	f func(*testing.T, *gatewaytest.Gateway, *exam.Shop) *exam.Failure,
) {
	t.Helper()
	if c.bubble {
		synctest.Test(t, func(t *testing.T) { c.in(t, open, f) })
		return
	}
	c.in(t, open, f)
}

func (c *config) in(
	t *testing.T, open func(*testing.T, *gatewaytest.Gateway) Shop,
	f func(*testing.T, *gatewaytest.Gateway, *exam.Shop) *exam.Failure,
) {
	t.Helper()
	var opts []gatewaytest.Option
	if c.bubble {
		opts = append(opts, gatewaytest.InMemory())
	}
	g := gatewaytest.New(t, append(opts, c.gateway...)...)
	s := open(t, g)
	if s.Webhook == nil || s.Buy == nil || s.Order == nil {
		t.Fatal("shoptest: a Shop needs Webhook, Buy and Order")
	}
	endpoint := inmemory.Serve(s.Webhook)
	t.Cleanup(func() { _ = endpoint.Close(time.Second) }) // a handler that hangs has failed its scenario
	shop := &exam.Shop{
		Secret: g.WebhookSecret,
		Post: func(r *http.Request) (int, error) {
			r.URL = &url.URL{Scheme: "https", Host: "shop.example", Path: c.path}
			return deliver(endpoint.Transport(), r)
		},
		Buy:   s.Buy,
		Again: s.Again, Return: s.Return, Reconcile: s.Reconcile, Break: s.Break, Restart: s.Restart,
		NoReview: s.NoReview, Domain: s.Domain,
		Order: func(ctx context.Context, id string) (exam.Order, error) {
			o, err := s.Order(ctx, id)
			return exam.Order(o), err
		},
	}
	failure := f(t, g, shop)
	switch {
	case c.judge != nil:
		c.judge(failure)
	case failure != nil:
		t.Error(failure)
	}
}

// gateway is the examination's, made of a test's.
type gateway struct{ *gatewaytest.Gateway }

func (g gateway) Calls() int { return len(g.Requests()) }

func (g gateway) Plan() (ecomtrade24.IntegrationMode, []ecomtrade24.Method) {
	m, err := g.Client().Me(context.Background())
	if err != nil {
		panic(err)
	}
	return m.Mode, m.Methods
}

func deliver(transport http.RoundTripper, r *http.Request) (int, error) {
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Post returns a Buy that posts a form to one of the shop's own handlers, as a buyer's browser does. It is an error if
// the shop does not send the buyer to another site.
func Post(shop http.Handler, path string, form url.Values) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, r)
		to, err := url.Parse(w.Header().Get("Location"))
		if w.Code < 300 || w.Code > 399 || err != nil || to.Host == "" {
			return fmt.Errorf("POST %s responds %d, and sends the buyer to no checkout", path, w.Code)
		}
		return nil
	}
}
