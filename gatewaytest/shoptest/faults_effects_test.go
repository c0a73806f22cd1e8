package shoptest_test

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// effectFaults are bugs in a payment's side effects: receipts, points, licenses and stock.
var effectFaults = []fault{
	bug("each webhook sends a receipt, even if the status is the same",
		"the side effects of a repeated payment happen once", affects(func(_ *tables, o *order, _ message) {
			if o.paid {
				o.effect("receipts")
			}
		})).reported("https://github.com/mollie/OpenCart/issues/336").
		also("webhooks with different statuses sent at the same time mark the order paid"),
	bug("each of the two event types sends a receipt",
		"a payment repeated with the other event type ships once", affects(func(t *tables, o *order, m message) {
			if m.text("event") == "payment.completed" && t.first("completed "+o.id) {
				o.effect("receipts")
			}
		})).reported("https://github.com/makerspace/makeradmin/issues/666"),
	bug("the return page and the webhook each create a license",
		"after the payment, visiting the return page ships nothing more", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				o.effect("licenses")
				return ships(t, o)
			}
			visits(func(s *smallShop, _ *http.Request, id string) {
				s.changes(id, func(t *tables, o *order) {
					if o.paid && t.first("license page "+id) {
						o.effect("licenses")
					}
				})
			})(s)
		}).reported("https://github.com/razorpay/razorpay-edd/issues/18"),
	bug("the shop reduces stock when the payment is pending and again when it is paid",
		"totals change once, regardless of earlier statuses", affects(func(t *tables, o *order, m message) {
			if m.text("status") == "pending" && t.first("pending "+o.id) {
				t.stock--
			}
		})).reported("https://github.com/woocommerce/woocommerce/pull/14871"),
	bug("the shop sends the receipt when the buyer presses Pay", "a payment marks the order paid", func(s *smallShop) {
		s.open = func(ctx context.Context, id string) error {
			s.changes(id, func(_ *tables, o *order) {
				if o.effects["receipts"] == 0 {
					o.effect("receipts")
				}
			})
			return s.opens(ctx, id)
		}
		s.ship = withoutReceipt
	}).reported("https://github.com/PayU-EMEA/woo-payu-payment-gateway/issues/24").
		also("a payment whose lookup fails is not lost"),
	bug("a declined payment sends the receipt, and the later payment sends no receipt",
		"a webhook with status declined does not mark the order paid", func(s *smallShop) {
			affects(func(_ *tables, o *order, m message) {
				if final(m.text("status")) && o.effects["receipts"] == 0 {
					o.effect("receipts")
				}
			})(s)
			s.ship = withoutReceipt
		}).reported("https://github.com/saleor/saleor/issues/6428").
		also("a webhook with status failed does not mark the order paid"),
	bug("a refund sends the receipt again",
		"a payment followed by a webhook with status refunded ships once", affects(func(_ *tables, o *order, m message) {
			if m.text("status") == "refunded" {
				o.effect("receipts")
			}
		})).reported("https://github.com/mollie/magento2/issues/1047").
		also("a webhook with status refunded does not mark the order paid",
			"a refund of a partial payment does not mark the order paid"),
	bug("an expired session restores stock, and a later payment does not reduce it",
		"totals change once when a payment follows another status", func(s *smallShop) {
			reservesStock(s)
			affects(func(t *tables, o *order, m message) {
				if m.text("status") == "expired" && !o.paid && t.first("returned "+o.id) {
					t.stock++
				}
			})(s)
		}).reported("https://github.com/mollie/magento2/issues/1083"),
	bug("an expired session restores the stock of a paid order",
		"totals change once when another status follows a payment", affects(func(t *tables, _ *order, m message) {
			if m.text("status") == "expired" {
				t.stock++
			}
		})).also("totals change once for a repeated payment"),
	bug("a second payment creates a second invoice",
		"a second payment creates no second invoice", paidTwice(func(t *tables, o *order) {
			t.invoices++
			o.invoice = strconv.Itoa(t.invoices)
		})),
	bug("the shop sends the receipt before the commit",
		"a payment ships once even if a database statement fails", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				s.disk.counts("receipts "+o.id, 1)
				return withoutReceipt(t, o)
			}
			s.state = func(id string) (shoptest.Order, error) {
				o, err := s.stateOf(id)
				if n := s.disk.counts("receipts "+id, 0); n > 0 {
					o.Effects["receipts"] = n
				}
				return o, err
			}
		}),
	bug("a second payment earns points again",
		"a second payment in the same session ships nothing more",
		paidTwice(func(_ *tables, o *order) { o.effect("points") })).
		also("an order with two sessions paid at the same time ships once",
			"an order ships once if the Pay again button is pressed twice at the same time"),
	bug("a repeated payment extends the subscription", "a repeated webhook ships nothing more", func(s *smallShop) {
		s.claim = func(t *tables, o *order, m message) error {
			o.effect("months")
			return s.claims(t, o, m)
		}
	}).reported("https://github.com/paghiper/whmcs/issues/107"),
	bug("the shop checks whether stock was reduced, and records the reduction in a separate step",
		"totals change once for a payment delivered sixteen times in parallel", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				t.stock++ // undoes the reduction in ships(); s.work reduces stock later
				return ships(t, o)
			}
			s.work = func(ctx context.Context, m message) error {
				if err := s.commits(ctx, m); err != nil {
					return err
				}
				id, t := s.orderID(m), s.disk.snapshot()
				if !t.get(id).paid || t.seen["reduced "+id] {
					return nil
				}
				<-time.After(time.Millisecond)
				return s.disk.tx(func(t *tables) error {
					t.seen["reduced "+id] = true
					t.stock--
					return nil
				})
			}
		}).reported("https://github.com/woocommerce/woocommerce/issues/24387"),
	bug("the side effects run in a separate transaction, and are lost if that transaction fails",
		"totals change once even if a database statement fails", func(s *smallShop) {
			s.inTwo(
				func(_ *tables, o *order, m message) error {
					if o.paid {
						return secondOf(o, m)
					}
					o.payments = append(o.payments, m.payment())
					o.paid, o.fulfilled = true, 1
					return nil
				},
				func(t *tables, o *order, _ message) error {
					err := ships(t, o)
					o.fulfilled = 1
					return err
				},
			)
		}).reported("https://github.com/FOSSBilling/FOSSBilling/issues/2887"),
	bug("each webhook with status processing creates another invoice",
		"a webhook with status pending, processing or review does not mark the order paid",
		affects(func(_ *tables, o *order, m message) {
			if m.text("status") == "processing" {
				o.effect("invoices")
			}
		})).reported("https://github.com/mollie/magento2/issues/605").
		also("an order whose webhooks are all delivered twice ships once"),
	bug("a test webhook sends a receipt", "a test webhook for a real order is acknowledged", func(s *smallShop) {
		s.apply = func(t *tables, m message) error {
			if o := s.find(t, m); o != nil && s.isTest(m) {
				o.effect("receipts")
				return nil
			}
			return s.applies(t, m)
		}
	}).also("a correct payment after a test webhook marks the order paid"),
	bug("a payment with a wrong amount earns points",
		"a payment one cent short does not mark the order paid", func(s *smallShop) {
			s.mismatch = func(o *order, _ message) {
				o.review = true
				o.effect("points")
			}
		}),
}

// affects makes the shop invoke the function do after each message about an order.
func affects(do func(t *tables, o *order, m message)) func(*smallShop) {
	return func(s *smallShop) {
		s.apply = func(t *tables, m message) error {
			if err := s.applies(t, m); err != nil {
				return err
			}
			do(t, s.find(t, m), m)
			return nil
		}
	}
}

func withoutReceipt(t *tables, o *order) error {
	before := o.effects["receipts"]
	err := ships(t, o)
	if err == nil {
		o.effects["receipts"] = before
	}
	return err
}

// reservesStock makes the shop reduce stock when the buyer buys instead of when the buyer pays.
func reservesStock(s *smallShop) {
	s.place = func(ctx context.Context) (string, error) {
		id, err := s.places(ctx)
		s.changes(id, func(t *tables, _ *order) { t.stock-- })
		return id, err
	}
	s.ship = func(t *tables, o *order) error {
		t.stock++ // undoes the reduction in ships(); the purchase already reduced stock
		return ships(t, o)
	}
}
