// Package shoptest tests your shop for ways to lose money. Each scenario is a subtest named after what the shop must
// do. A failure says what was expected, what happened, what it costs and how to fix it.
//
//	func TestShop(t *testing.T) {
//		shoptest.Run(t, func(t *testing.T, g *gatewaytest.Gateway) shoptest.Shop {
//			s := newShop(t, g.Client(), g.WebhookSecret) // your shop
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
// Each scenario has its own gateway and shop. Like the gateway, a scenario repeats a webhook until the shop responds
// 2xx. It checks the shop's records, so a shop may, for example, respond 404 to an unknown order. A shop may also do
// its work after the response: Run measures how long that work takes, and waits that long before it checks that nothing
// wrong happened.
//
// docs/shoptest.md lists the scenarios. The command "ecomtrade24 drill" plays the same scenarios against a running
// shop.
package shoptest

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// Option changes a default of Run. A nil Option means the default, and so does a zero value passed to an option. A
// negative value fails the test.
type Option func(*config)

type config struct {
	exam.Config

	scenarios []exam.Scenario
	gateway   []gatewaytest.Option
	path      string
	bubble    bool
}

// WithGateway adds options for the gateway, such as gatewaytest.WithPlan for a shop with Smart Routing.
func WithGateway(opts ...gatewaytest.Option) Option {
	return func(c *config) { c.gateway = append(c.gateway, opts...) }
}

// WithWebhookPath sets the path of the shop's webhook endpoint. The default is /api/webhook.
func WithWebhookPath(path string) Option { return func(c *config) { c.path = cmp.Or(path, c.path) } }

// WithPatience sets how long a scenario waits for an expected change, such as an order marked paid. The default is 5
// seconds.
func WithPatience(d time.Duration) Option {
	return func(c *config) { c.Patience = cmp.Or(d, c.Patience) }
}

// WithSettleTime sets how long a scenario waits before it checks that nothing wrong happened. The default is measured:
// 5 milliseconds plus twice the time that the shop needs after its responses to mark several orders paid.
func WithSettleTime(d time.Duration) Option { return func(c *config) { c.Settle = d } }

// WithStories sets the number of random webhook sequences. The default is 1,000. The sequences are the same in each
// run.
func WithStories(n int) Option { return func(c *config) { c.Stories = cmp.Or(n, c.Stories) } }

// WithSynctest runs each scenario in a bubble of testing/synctest, where waiting takes no time. It implies
// gatewaytest.WithInMemory. The shop must not open sockets or files, and must use the gateway's clients.
func WithSynctest() Option { return func(c *config) { c.bubble = true } }

// Run tests the shop returned by the function open. It calls open once for each scenario. The parameter g is the
// scenario's gateway: give the shop its WebhookSecret, and either its Client or its URL and APIKey.
//
// Run first checks that a plain payment works. If not, Run fails once and ends. Then it checks each hook. If a hook
// does nothing, its subtest fails and the scenarios that need it are skipped. At the end Run logs what was not
// examined, followed by the failures, worst first. The command "go test" shows this log with -v or after a failure.
func Run(t *testing.T, open func(t *testing.T, g *gatewaytest.Gateway) Shop, opts ...Option) {
	t.Helper()
	c := config{
		Config:    exam.Config{Patience: 5 * time.Second, Stories: 1000, Broken: map[string]string{}},
		scenarios: exam.Scenarios(), path: "/api/webhook",
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	if c.Patience < 0 || c.Settle < 0 || c.Stories < 0 {
		t.Fatal("shoptest: WithPatience, WithSettleTime and WithStories must not be negative")
	}
	var all summary
	t.Cleanup(func() { all.log(t) })
	fit := t.Run("the shop can be examined", func(t *testing.T) {
		c.play(t, open, func(t *testing.T, g exam.Gateway, shop *exam.Shop) {
			t.Helper()
			all.report(t, exam.Fit(t.Context(), g, shop, &c.Config))
		})
	})
	if !fit {
		return
	}
	for _, hook := range exam.Hooks() {
		works := false
		t.Run(hook.Group+"/"+hook.Name, func(t *testing.T) {
			c.play(t, open, func(t *testing.T, g exam.Gateway, shop *exam.Shop) {
				t.Helper()
				works = all.examine(t, hook.Scenario, g, shop, c.Config)
			})
		})
		if !works {
			c.Broken[hook.Proves] = hook.Name
		}
	}
	for _, s := range c.scenarios {
		t.Run(s.Group+"/"+s.Name, func(t *testing.T) {
			t.Parallel()
			c.play(t, open, func(t *testing.T, g exam.Gateway, shop *exam.Shop) {
				t.Helper()
				all.examine(t, s, g, shop, c.Config)
			})
		})
	}
}

// play invokes f with a new gateway and shop.
func (c *config) play(
	t *testing.T, open func(*testing.T, *gatewaytest.Gateway) Shop, f func(*testing.T, exam.Gateway, *exam.Shop),
) {
	t.Helper()
	if c.bubble {
		synctest.Test(t, func(t *testing.T) { c.in(t, open, f) })
		return
	}
	c.in(t, open, f)
}

func (c *config) in(
	t *testing.T, open func(*testing.T, *gatewaytest.Gateway) Shop, f func(*testing.T, exam.Gateway, *exam.Shop),
) {
	t.Helper()
	var opts []gatewaytest.Option
	if c.bubble {
		opts = append(opts, gatewaytest.WithInMemory())
	}
	g := gatewaytest.New(t, append(opts, c.gateway...)...)
	r := &running{shop: open(t, g)}
	if r.shop.Webhook == nil || r.shop.Buy == nil || r.shop.Order == nil {
		t.Fatal("shoptest: a Shop needs Webhook, Buy and Order")
	}
	shop, stop := r.examined(g, c.path)
	t.Cleanup(stop)
	f(t, gateway{g}, shop)
}

// gateway implements exam.Gateway with a gatewaytest.Gateway.
type gateway struct{ *gatewaytest.Gateway }

func (g gateway) Open(ctx context.Context, p ecomtrade24.SessionParams) error {
	_, err := g.Client().CreateSession(ctx, p)
	return err
}

func (g gateway) Calls() int { return len(g.Requests()) }

func (g gateway) Rejected(since int) (why []string) {
	for _, r := range g.Requests()[since:] {
		if r.Rejected != "" {
			why = append(why, fmt.Sprintf("%s %s with %d: %s", r.Method, r.Path, r.Status, r.Rejected))
		}
	}
	return why
}

func (g gateway) Plan() (ecomtrade24.IntegrationMode, []ecomtrade24.Method) {
	m, err := g.Client().Me(context.Background())
	if err != nil {
		panic(err)
	}
	return m.Mode, m.Methods
}
