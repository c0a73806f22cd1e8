package shoptest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
)

// catchupFaults are bugs in how lookup responses change an order.
var catchupFaults = []fault{
	bug("the shop never looks up sessions whose webhook was lost",
		"the Reconcile hook finds a payment whose webhook was lost",
		func(s *smallShop) { s.reconcile = func(context.Context) error { return nil } }).
		reported("https://github.com/aasmanj/altarwed/issues/209"),
	bug("a lookup response with any status ships the order",
		"a lookup of an open session does not mark the order paid",
		learnsPaid(func(*smallShop, *order, message) bool { return true })).
		also("a lookup that gets no status changes nothing"),
	bug("the shop does not compare the amount in a lookup response",
		"a lookup that finds an underpayment does not mark the order paid",
		learnsPaid(func(s *smallShop, _ *order, m message) bool { return s.isPaid(m) })).
		reported("https://github.com/teesofttech/PayBridge/pull/111").
		also("a lookup response with the test flag does not mark the order paid"),
	bug("after the webhook, a lookup ships the order again",
		"after the webhook, a lookup ships nothing more", func(s *smallShop) {
			s.due = everySession
			s.learn = func(_ context.Context, _ lookup, m message, err error) error {
				if err != nil {
					return err
				}
				return s.disk.tx(func(t *tables) error {
					o := s.find(t, m)
					if o == nil || !s.isPaid(m) || !s.settles(o, m) {
						return nil
					}
					o.paid = true
					o.payments = append(o.payments, m.payment())
					return s.ship(t, o)
				})
			}
		}).
		also("a webhook ships nothing more if a lookup already found its payment",
			"a payment reported by a lookup and a webhook at the same time ships once"),
	bug("a lookup response with status expired undoes a payment",
		"a lookup response with status expired does not undo a payment", func(s *smallShop) {
			s.due = everySession
			byLookup((*smallShop).expires, func(_ *tables, o *order) { o.paid = false })(s)
		}).reported("https://github.com/mollie/WooCommerce/issues/668"),
	bug("the shop accepts a lookup response for another session or order",
		"a lookup response for another session does not mark the order paid", func(s *smallShop) {
			s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
				if err != nil {
					return err
				}
				return s.work(ctx, m.with("order_id", asked.order).with("session_id", asked.session))
			}
		}).also("a lookup response for another order does not mark the order paid"),
	bug("a lookup that gets 404 marks the order failed",
		"a lookup that gets 404 changes nothing", closesAt(http.StatusNotFound)).
		reported("https://github.com/juspay/hyperswitch/pull/3674"),
	bug("a lookup that gets 401 marks the order failed",
		"a lookup that gets 401 changes nothing", closesAt(http.StatusUnauthorized, http.StatusForbidden)).
		reported("https://github.com/juspay/hyperswitch/pull/2772"),
	bug("a lookup that gets 429 marks the order failed",
		"a lookup that gets 429 changes nothing", closesAt(http.StatusTooManyRequests)),
	bug("a lookup that times out cancels the order",
		"a lookup that gets no response changes nothing", closesIf(func(err error) bool {
			var timeout net.Error
			return errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded)
		})).reported("https://github.com/woocommerce/woocommerce/issues/21083"),
	bug("a lookup that gets no JSON marks the order failed",
		"a lookup that gets an empty body changes nothing",
		closesIf(func(err error) bool { return errors.Is(err, errMalformed) })).
		also("a lookup that gets a PHP warning changes nothing", "a lookup that gets half a body changes nothing"),
	bug("a lookup response that contains the word paid marks the order paid",
		"a lookup that gets ok:false changes nothing", func(s *smallShop) {
			s.ask = func(ctx context.Context, session string) (message, error) {
				_, body, err := s.get(ctx, session)
				return message{"paid": strings.Contains(string(body), "paid")}, err
			}
			learnsPaid(func(_ *smallShop, _ *order, m message) bool { return m.yes("paid") })(s)
		}),
	bug("a lookup response with status processing marks the order paid",
		"a lookup response with status processing does not mark the order paid",
		learnsPaid(func(s *smallShop, o *order, m message) bool {
			return s.settles(o, m) && (s.isPaid(m) || m.text("status") == "processing")
		})).reported("https://github.com/polarsource/polar/issues/6494"),
}

// learnsPaid makes the shop mark an order paid, once, when the function rule returns true for a lookup response.
func learnsPaid(rule func(s *smallShop, o *order, m message) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.learn = func(_ context.Context, asked lookup, m message, err error) error {
			if err != nil {
				return err
			}
			return s.disk.tx(func(t *tables) error {
				o := t.get(asked.order)
				if o == nil || o.paid || !rule(s, o, m) {
					return nil
				}
				return s.claim(t, o, m)
			})
		}
	}
}

func everySession(t *tables) (lookups []lookup) {
	for _, o := range t.all() {
		for _, session := range o.sessions {
			lookups = append(lookups, lookup{o.id, session})
		}
	}
	return lookups
}

// closes marks an order failed. With stuckIn("closed") an unpaid order stays failed.
func (s *smallShop) closes(id string) {
	s.changes(id, func(_ *tables, o *order) { o.status = "closed" })
}

// closesIf makes the shop mark an order failed if its lookup gets an error for which the function kind returns true.
func closesIf(kind func(error) bool) func(*smallShop) {
	return func(s *smallShop) {
		stuckIn("closed")(s)
		s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
			if err != nil && kind(err) {
				s.closes(asked.order)
			}
			return s.learns(ctx, asked, m, err)
		}
	}
}

// closesAt makes the shop mark an order failed when its lookup gets one of the HTTP statuses.
func closesAt(statuses ...int) func(*smallShop) {
	return func(s *smallShop) {
		closesIf(func(err error) bool { return errors.Is(err, errClosed) })(s)
		s.ask = func(ctx context.Context, session string) (message, error) {
			status, _, err := s.get(ctx, session)
			if err == nil && slices.Contains(statuses, status) {
				return nil, errClosed
			}
			return s.asks(ctx, session)
		}
	}
}

var errClosed = errors.New("the payment has failed")
