package shoptest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// againFaults are bugs in later attempts to pay an order.
var againFaults = []fault{
	bug("the shop offers the Pay button while a payment is processing",
		"the Pay again button opens no session while a payment is processing",
		func(s *smallShop) { s.mayPay = func(o *order) bool { return !o.paid } }).
		reported("https://github.com/bcgov/entity/issues/8511"),
	bug("the shop offers the Pay button for a paid order",
		"the Pay again button opens no session for a paid order",
		func(s *smallShop) { s.mayPay = func(*order) bool { return true } }).
		reported("https://github.com/Sylius/Sylius/issues/1319"),
	bug("a session opened for a paid order expires and undoes the payment",
		"the Pay again button opens no session for a paid order", func(s *smallShop) {
			s.mayPay = func(*order) bool { return true }
			undoes(func(_ *smallShop, o *order, m message) bool {
				last := len(o.sessions) - 1
				return last > 0 && m.session() == o.sessions[last] && m.text("status") == "expired"
			})(s)
		}).reported("https://github.com/mollie/magento2/issues/780"),
	bug("an order whose session was abandoned can never be paid",
		"the Again hook opens another session", func(s *smallShop) {
			s.mayPay = func(o *order) bool {
				for _, session := range o.sessions {
					if status := o.statuses[session]; status != "declined" && status != "failed" {
						return false
					}
				}
				return !o.paid
			}
		}).reported("https://github.com/openfun/joanie/issues/872"),
	bug("the Pay again button sends the buyer back to an ended session",
		"the Again hook opens another session", func(s *smallShop) {
			s.again = func(ctx context.Context, id string) error {
				if len(s.sessionsOf(id)) > 0 {
					return nil // the shop sends the buyer to the first session's checkout
				}
				return s.paysAgain(ctx, id)
			}
		}),
	bug("each payment attempt gets a new order ID, and the shop knows only the last ID",
		"a payment in the first of two sessions marks the order paid", func(s *smallShop) {
			s.numbersTries()
			s.find = func(t *tables, m message) *order {
				id := m.text("order_id")
				o := t.get(tried(id))
				if o == nil || len(o.sessions) > 1 && id != fmt.Sprintf("%s~%d", o.id, len(o.sessions)) {
					return nil
				}
				return o
			}
		}),
	bug("each payment attempt gets a new order ID, and each paid attempt ships the order",
		"an order with two paid sessions ships once", func(s *smallShop) {
			s.numbersTries()
			s.find = func(t *tables, m message) *order { return t.get(tried(m.text("order_id"))) }
			shipsPer(func(m message) string { return m.text("order_id") })(s)
		}),
	bug("a new session replaces the first session, which is then never looked up",
		"a lookup finds the payment in the older of two sessions", func(s *smallShop) {
			s.open = func(ctx context.Context, id string) error {
				err := s.opens(ctx, id)
				s.changes(id, func(_ *tables, o *order) { o.sessions = o.sessions[max(0, len(o.sessions)-1):] })
				return err
			}
		}).reported("https://github.com/Sylius/PayumStripePlugin/pull/31"),
	bug("the Pay again button combines the visitor's new currency with the old amount",
		"the Pay again button does not lose the payment that follows a wrong payment", func(s *smallShop) {
			s.sends(func(o *order, p *ecomtrade24.SessionParams) {
				if len(o.sessions) > 0 {
					p.Currency = "EUR"
				}
			})
		}).reported("https://github.com/Automattic/woocommerce-payments/issues/3329").
		also("a correct payment in a second session after an underpayment marks the order paid",
			"an old session that expires does not undo the payment in a newer session",
			"a payment in the older of two browser tabs marks the order paid"),
	bug("the shop closes an order if it fails to open a second session",
		"the Pay again button keeps the first session if the gateway fails", func(s *smallShop) {
			s.again = func(ctx context.Context, id string) error {
				err := s.paysAgain(ctx, id)
				if err != nil && !errors.Is(err, errNoSecondPayment) {
					s.changes(id, func(_ *tables, o *order) { o.status = "closed" })
				}
				return err
			}
			stuckIn("closed")(s)
		}),
	bug("the Pay again button resets the order and loses the payment",
		"the Pay again button opens no session for a paid order", func(s *smallShop) {
			s.again = func(ctx context.Context, id string) error {
				err := s.paysAgain(ctx, id)
				s.changes(id, func(_ *tables, o *order) { o.paid, o.payments, o.statuses = false, nil, nil })
				return err
			}
		}),
	bug("the Pay again button opens a session before the shop checks whether the order is paid",
		"the Pay again button opens no session for a paid order", func(s *smallShop) {
			s.again = func(ctx context.Context, id string) error {
				if err := s.open(ctx, id); err != nil {
					return err
				}
				return s.paysAgain(ctx, id)
			}
		}),
	bug("after the Pay again button is pressed, the shop rejects an earlier session's webhook",
		"a payment in the first of two sessions marks the order paid",
		fails(errMalformed, func(s *smallShop, t *tables, m message) bool {
			o := s.find(t, m)
			return o != nil && slices.Contains(o.sessions[:max(0, len(o.sessions)-1)], m.session())
		})).reported("https://github.com/mollie/WooCommerce/pull/1218"),
}

// numbersTries makes the shop give each payment attempt a separate order ID: Order-1~1, Order-1~2.
func (s *smallShop) numbersTries() {
	s.sends(func(o *order, p *ecomtrade24.SessionParams) {
		p.OrderID = fmt.Sprintf("%s~%d", o.id, len(o.sessions)+1)
	})
	s.orderID = func(m message) string { return tried(m.text("order_id")) }
	s.namesOrders(tried)
}

// tried returns the shop's order ID for an attempt's order ID.
func tried(id string) string {
	own, _, _ := strings.Cut(id, "~")
	return own
}
