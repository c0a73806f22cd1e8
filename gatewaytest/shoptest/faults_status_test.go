package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// statusFaults are about what the endpoint responds.
var statusFaults = []fault{
	bug("an unknown order gets a 500",
		"a webhook for an unknown order does not fail", responds(errUnknownOrder, http.StatusInternalServerError)).
		reported("https://github.com/blockonomics/woocommerce-plugin/issues/264").
		also("an order ID of __proto__ does not fail", "an order ID above 64 bits does not fail"),
	bug("a test webhook gets a 400",
		"a test webhook for a real order is acknowledged", responds(errTest, http.StatusBadRequest)),
	bug("a test webhook of an unknown order gets a 500",
		"the dashboard's test webhook is acknowledged",
		fails(errors.New("no such order"), func(s *smallShop, t *tables, m message) bool {
			return s.isTest(m) && s.find(t, m) == nil
		})),
	bug("two webhooks with a wrong signature lock the endpoint",
		"a rejected webhook does not block the next one", func(s *smallShop) {
			s.signed = func(r *http.Request, body []byte) bool {
				signed := s.anySigned(r, body)
				if !signed {
					s.disk.counts("wrong signatures", 1)
				}
				return s.disk.counts("wrong signatures", 0) < 2 && signed
			}
		}),
	bug("a forged webhook gets a 200", "an unsigned test webhook is rejected", responds(errForged, http.StatusOK)),
	bug("every webhook gets a 200, even if its work failed",
		"a webhook that could not be stored is not acknowledged", func(s *smallShop) {
			s.respond = func(w http.ResponseWriter, _ message, _ error) { w.WriteHeader(http.StatusOK) }
		}).reported("https://github.com/Ixotic27/The-Leetcode-City/issues/555"),
	bug("the shop responds 200 before the work, and only logs its errors",
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
	bug("a second paid webhook for a paid order gets an error", "a repeated webhook is acknowledged", func(s *smallShop) {
		s.claim = func(t *tables, o *order, m message) error {
			if o.knows(m.payment()) {
				return errors.New("the order is paid")
			}
			return s.claims(t, o, m)
		}
	}).reported("https://github.com/vendurehq/vendure/pull/2462"),
	bug("every webhook for a paid order gets a 500 as an illegal transition",
		"a repeated webhook is acknowledged",
		fails(errors.New("illegal transition"), func(s *smallShop, t *tables, m message) bool {
			o := s.find(t, m)
			return o != nil && o.paid && !s.isTest(m)
		})).reported("https://github.com/vendurehq/vendure/pull/2657"),
	bug("an unknown event type gets a 500", "an unknown event type does not fail", refuses(func(m message) error {
		if name := m.text("event"); name != "" && name != "payment.session" && name != "payment.completed" {
			return errors.New("no such event")
		}
		return nil
	})),
	bug("the webhook waits 15 seconds for the receipt's email",
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
	bug("an expired session gets a 500",
		"every status is acknowledged",
		fails(errors.New("the session is over"), func(_ *smallShop, _ *tables, m message) bool {
			return m.text("status") == "expired"
		})).reported("https://github.com/woocommerce/woocommerce-paypal-payments/issues/4606"),
	bug("an unknown session gets an error",
		"a payment in a session whose response was lost marks the order paid",
		fails(errMalformed, func(s *smallShop, t *tables, m message) bool {
			return bySession(t, m) == nil && !s.isTest(m)
		})).reported("https://github.com/chobbledotcom/tickets/pull/703"),
	bug("a payment for another shop gets a 500",
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
	bug("a webhook gets a redirect to the order's page", "every status is acknowledged", func(s *smallShop) {
		s.respond = func(w http.ResponseWriter, m message, err error) {
			if err == nil {
				w.Header().Set("Location", "/orders/"+m.text("order_id"))
				w.WriteHeader(http.StatusFound)
				return
			}
			w.WriteHeader(statusOf(err))
		}
	}),
	bug("a payment for an order that is not stored yet gets a 200 and is lost",
		"a webhook before the session's response marks the order paid", func(s *smallShop) {
			s.find = func(t *tables, m message) *order {
				if o := t.get(s.orderID(m)); o != nil && len(o.sessions) > 0 {
					return o
				}
				return nil // the order is visible only when its session is stored
			}
		}).reported("https://github.com/chobbledotcom/tickets/pull/2104"),
}

// responds gives one kind of message another status.
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

// fails returns an error for some messages, and applies the others.
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
