package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// statusFaults are bugs in the endpoint's responses.
var statusFaults = []fault{
	bug("the shop responds 500 to a webhook for an unknown order",
		"a webhook for an unknown order causes no server error", responds(errUnknownOrder, http.StatusInternalServerError)).
		reported("https://github.com/blockonomics/woocommerce-plugin/issues/264").
		also("the order ID __proto__ causes no server error", "a numeric order ID above 64 bits causes no server error"),
	bug("the shop responds 400 to a test webhook",
		"a test webhook for a real order is acknowledged", responds(errTest, http.StatusBadRequest)),
	bug("the shop responds 500 to a test webhook for an unknown order",
		"the dashboard's test webhook is acknowledged",
		fails(errors.New("no such order"), func(s *smallShop, t *tables, m message) bool {
			return s.isTest(m) && s.find(t, m) == nil
		})),
	bug("the shop locks its endpoint after two webhooks with a wrong signature",
		"a rejected webhook does not block the next one", func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				signed := s.anySigned(r, body)
				if !signed {
					s.disk.counts("wrong signatures", 1)
				}
				return s.disk.counts("wrong signatures", 0) < 2 && signed
			}
		}),
	bug("the shop responds 200 to a forged webhook",
		"an unsigned test webhook is rejected", responds(errForged, http.StatusOK)),
	bug("the shop responds 200 to every webhook, even if its work failed",
		"a webhook that could not be stored is not acknowledged", func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, _ message, _ error) { w.WriteHeader(http.StatusOK) }
		}).reported("https://github.com/Ixotic27/The-Leetcode-City/issues/555"),
	bug("the shop responds 200 before doing the work, and only logs errors",
		"a webhook that could not be stored is not acknowledged", func(s *smallShop) {
			s.handle = func(ctx context.Context, m message) error {
				go func() {
					if err := s.work(context.WithoutCancel(ctx), m); err != nil {
						s.log.printf("%v", err)
					}
				}()
				return nil
			}
		}),
	bug("the shop responds with an error to a second paid webhook for an order",
		"a repeated webhook is acknowledged", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				if o.knows(m.payment()) {
					return errors.New("the order is paid")
				}
				return s.claims(t, o, m)
			}
		}).reported("https://github.com/vendurehq/vendure/pull/2462"),
	bug("the shop responds 500 to every webhook for a paid order, as an illegal transition",
		"a repeated webhook is acknowledged",
		fails(errors.New("illegal transition"), func(s *smallShop, t *tables, m message) bool {
			o := s.find(t, m)
			return o != nil && o.paid && !s.isTest(m)
		})).reported("https://github.com/vendurehq/vendure/pull/2657"),
	bug("the shop responds 500 to an unknown event type",
		"an unknown event type causes no server error", refuses(func(m message) error {
			if name := m.text("event"); name != "" && name != "payment.session" && name != "payment.completed" {
				return errors.New("no such event")
			}
			return nil
		})),
	bug("the shop spends 15 seconds emailing the receipt before it responds",
		"a webhook is acknowledged before the gateway times out", func(s *smallShop) {
			s.handle = func(ctx context.Context, m message) error {
				err := s.work(context.WithoutCancel(ctx), m)
				if s.isPaid(m) {
					select {
					case <-time.After(15 * time.Second):
					case <-ctx.Done():
					}
				}
				return err
			}
		}),
	bug("the shop responds 500 to a webhook with status expired",
		"a webhook with any status is acknowledged",
		fails(errors.New("the session is over"), func(_ *smallShop, _ *tables, m message) bool {
			return m.text("status") == "expired"
		})).reported("https://github.com/woocommerce/woocommerce-paypal-payments/issues/4606"),
	bug("the shop responds with an error to a webhook for an unknown session",
		"a payment marks the order paid even if session.php's response was lost",
		fails(errMalformed, func(s *smallShop, t *tables, m message) bool {
			return bySession(t, m) == nil && !s.isTest(m)
		})).reported("https://github.com/chobbledotcom/tickets/pull/703"),
	bug("the shop responds 500 to a payment for another shop",
		"a payment for another shop's domain does not mark the order paid",
		fails(errors.New("not for this shop"), func(_ *smallShop, _ *tables, m message) bool {
			return !ourDomain(m)
		})).reported("https://github.com/tomash/spree-pp-website-standard/pull/16"),
	bug("a webhook of an earlier session crashes the handler",
		"a payment in the first of two sessions marks the order paid", func(s *smallShop) {
			s.find = func(t *tables, m message) *order {
				o := t.get(s.orderID(m))
				if o != nil && len(o.sessions) > 1 && m.session() != o.sessions[len(o.sessions)-1] {
					panic("nil order")
				}
				return o
			}
		}).reported("https://github.com/mollie/WooCommerce/issues/1292").
		also("a payment in the oldest of four sessions marks the order paid"),
	bug("the shop redirects a webhook to the order's page",
		"a webhook with any status is acknowledged", func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, m message, err error) {
				if err == nil {
					w.Header().Set("Location", "/orders/"+m.text("order_id"))
					w.WriteHeader(http.StatusFound)
					return
				}
				w.WriteHeader(statusOf(err))
			}
		}),
	bug("the shop loses a payment for an order that it has not stored yet, but responds 200",
		"a webhook that arrives earlier than session.php's response marks the order paid", func(s *smallShop) {
			s.find = func(t *tables, m message) *order {
				if o := t.get(s.orderID(m)); o != nil && len(o.sessions) > 0 {
					return o
				}
				return nil // the order is visible only when its session is stored
			}
		}).reported("https://github.com/chobbledotcom/tickets/pull/2104"),
}

// responds makes the shop respond with the given status if the work returns the given error.
func responds(to error, status int) func(*smallShop) {
	return func(s *smallShop) {
		s.respond = func(w http.ResponseWriter, _ message, err error) {
			if errors.Is(err, to) {
				w.WriteHeader(status)
				return
			}
			w.WriteHeader(statusOf(err))
		}
	}
}

// fails makes the shop return an error for some messages and apply all others.
func fails(err error, some func(s *smallShop, t *tables, m message) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.apply = func(t *tables, m message) error {
			if some(s, t, m) {
				return err
			}
			return s.applies(t, m)
		}
	}
}
