package shoptest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// checkoutFaults are bugs in opening a session.
var checkoutFaults = []fault{
	bug("the shop finds the order by the session ID",
		"a webhook that arrives earlier than session.php's response marks the order paid",
		func(s *smallShop) { s.find = bySession }).
		reported("https://github.com/PrestaShopCorp/ps_checkout/pull/359"),
	bug("the shop stores the order only after the gateway responds",
		"a webhook that arrives earlier than session.php's response marks the order paid", func(s *smallShop) {
			s.buy = func(ctx context.Context) error {
				o := &order{email: "buyer@example.com", amount: "49.95", currency: "USD"}
				_ = s.disk.tx(func(t *tables) error {
					o.id = s.newID(t)
					return nil
				})
				session, err := s.create(ctx, s.params(o))
				if err != nil {
					return err
				}
				o.sessions = []string{session.ID}
				return s.disk.tx(func(t *tables) error {
					t.put(o)
					return nil
				})
			}
			s.state = s.stateOrNone
		}).reported("https://github.com/polarsource/polar/pull/10728"),
	bug("the shop deletes an order if opening its session fails",
		"a payment marks the order paid even if session.php's response was lost", func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				err := s.opens(ctx, id)
				if err != nil {
					_ = s.disk.tx(func(t *tables) error {
						delete(t.orders, id)
						return nil
					})
				}
				return err
			}
			s.state = s.stateOrNone
		}),
	bug("one gateway failure closes the shop's checkout until a restart",
		"a gateway error affects only one purchase", func(s *smallShop) {
			var closed atomic.Bool
			s.buy = func(ctx context.Context) error {
				if closed.Load() {
					return errors.New("the checkout is closed")
				}
				err := s.buys(ctx)
				closed.Store(err != nil)
				return err
			}
		}).also("the Log hook returns what the shop logs",
		"a proxy's error page affects only one purchase",
		"a 429 from the gateway affects only one purchase",
		"a rejected API key affects only one purchase",
		"a 200 response with an error affects only one purchase"),
	bug("the shop remembers a plan without methods until a restart",
		"a plan without methods does not block later purchases", func(s *smallShop) {
			s.create = s.withPlan(func(plan *ecomtrade24.Merchant) (string, error) {
				if plan.SmartRouting() && len(plan.Methods) == 0 {
					return "", errors.New("no payment method is available")
				}
				return "", nil
			})
		}),
	bug("the shop reads the plan once and never again",
		"a plan change does not block later purchases", func(s *smallShop) {
			s.create = s.withPlan(func(plan *ecomtrade24.Merchant) (string, error) {
				if plan.SmartRouting() && len(plan.Methods) > 0 {
					return plan.Methods[0].ID, nil
				}
				return "", nil
			})
		}),
	bug("the shop handles nothing else during a call to the gateway",
		"a call that gets no response from the gateway blocks only its own buyer", func(s *smallShop) {
			one := make(worker, 1)
			s.open = func(ctx context.Context, id string) error {
				return one.does(func() error { return s.opens(ctx, id) })
			}
			s.handle = func(ctx context.Context, m message) error {
				return one.does(func() error { return s.work(ctx, m) })
			}
		}),
	bug("the shop sends the buyer to the gateway's front page",
		"the Buy button sends the buyer to the session's checkout URL", func(s *smallShop) {
			s.leads = func(*order, *ecomtrade24.Session) string { return "https://pay.example/" }
		}),
	bug("the shop escapes the checkout URL",
		"the Buy button sends the buyer to the session's checkout URL", func(s *smallShop) {
			s.leads = func(_ *order, session *ecomtrade24.Session) string {
				return strings.ReplaceAll(session.CheckoutURL, "?", "%3F")
			}
		}),
	bug("the shop adds a parameter to the checkout URL",
		"the Buy button sends the buyer to the session's checkout URL", func(s *smallShop) {
			s.leads = func(_ *order, session *ecomtrade24.Session) string { return session.CheckoutURL + "&lang=en" }
		}),
	bug("the shop caches the first buyer's checkout URL for everyone",
		"the Buy button sends the buyer to the session's checkout URL", func(s *smallShop) {
			var first atomic.Pointer[string]
			s.leads = func(_ *order, session *ecomtrade24.Session) string {
				first.CompareAndSwap(nil, &session.CheckoutURL)
				return *first.Load()
			}
		}),
	bug("the Pay again button opens a session but sends the buyer to the first session",
		"the Pay again button sends the buyer to the new session's checkout URL", func(s *smallShop) {
			s.leads = func(o *order, session *ecomtrade24.Session) string {
				if len(o.sessions) == 0 {
					return session.CheckoutURL
				}
				return strings.Replace(session.CheckoutURL, session.ID, o.sessions[0], 1)
			}
		}),
	bug("the checkout overwrites the order with a copy read before the call to the gateway",
		"a webhook that arrives earlier than session.php's response marks the order paid", func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				before := s.stored(id)
				session, err := s.create(ctx, s.params(before))
				if err != nil {
					return err
				}
				return s.disk.tx(func(t *tables) error {
					o := before.clone()
					o.sessions = append(o.sessions, session.ID)
					t.put(o)
					return nil
				})
			}
		}).reported("https://github.com/medusajs/medusa/issues/3146"),
}

// bySession finds an order by the session ID that the shop stored from the gateway's response.
func bySession(t *tables, m message) *order {
	for _, o := range t.all() {
		if slices.Contains(o.sessions, m.session()) {
			return o
		}
	}
	return nil
}

// stateOrNone reports an unknown order as unpaid.
func (s *smallShop) stateOrNone(id string) (shoptest.Order, error) {
	o, err := s.stateOf(id)
	if err != nil {
		return shoptest.Order{}, nil //nolint:nilerr // the planted bug ignores this error
	}
	return o, nil
}

// withPlan returns a function that creates sessions. It fetches the plan once and calls the function choose to pick the
// method.
func (s *smallShop) withPlan(
	choose func(plan *ecomtrade24.Merchant) (method string, err error),
) func(context.Context, ecomtrade24.SessionParams) (*ecomtrade24.Session, error) {
	var plan *ecomtrade24.Merchant
	return func(ctx context.Context, p ecomtrade24.SessionParams) (*ecomtrade24.Session, error) {
		if plan == nil {
			now, err := s.client.Me(ctx)
			if err != nil {
				return nil, err
			}
			plan = now
		}
		method, err := choose(plan)
		switch {
		case err != nil:
			return nil, err
		case method == "":
			return s.client.Checkout(ctx, p)
		}
		p.Method = method
		return s.client.CreateSession(ctx, p)
	}
}
