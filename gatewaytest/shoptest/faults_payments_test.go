package shoptest_test

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// paymentFaults are bugs in handling an order that is paid more than once, or a payment that is reported more than
// once.
var paymentFaults = []fault{
	bug("the shop ships for each webhook", "a repeated webhook ships nothing more", func(s *smallShop) {
		s.claim = func(t *tables, o *order, _ message) error {
			o.paid = true
			return s.ship(t, o)
		}
	}).reported("https://github.com/bitpay/whmcs-plugin/pull/73"),
	bug("the shop ships for each event type",
		"a payment repeated with the other event type ships once",
		shipsPer(func(m message) string { return m.session() + m.text("event") })),
	bug("the shop ships for each session", "an order with two paid sessions ships once", shipsPer(message.session)).
		also("a payment first reported without its session ID is counted once"),
	bug("the shop identifies payments by transaction ID, and treats a missing ID as a new payment",
		"a payment repeated without its transaction ID ships once",
		shipsPer(func(m message) string { return m.session() + " " + m.text("txid") })).
		also("a payment first reported without its transaction ID is counted once"),
	bug("the shop reads the order before locking it",
		"a payment delivered sixteen times in parallel ships once", func(s *smallShop) {
			s.handle = func(_ context.Context, m message) error {
				before := s.find(s.disk.snapshot(), m)
				paid := before != nil && before.paid
				if !paid && s.isPaid(m) {
					<-time.After(time.Millisecond)
				}
				return s.disk.tx(func(t *tables) error {
					o := s.find(t, m)
					if o == nil || paid || !s.isPaid(m) || s.isTest(m) || !s.settles(o, m) {
						return s.apply(t, m)
					}
					o.paid = true
					return s.ship(t, o)
				})
			}
		}).reported("https://github.com/Automattic/woocommerce-payments/pull/3520").
		also("an order ships once if the return page is visited while the webhook arrives"),
	bug("the shop does not send second payments to manual review",
		"a second payment in the same session goes to manual review", func(s *smallShop) {
			s.claim = func(t *tables, o *order, _ message) error {
				if o.paid {
					return nil
				}
				o.paid = true
				return s.ship(t, o)
			}
		}).reported("https://github.com/mollie/WooCommerce/issues/1204").
		also("the second of two paid sessions goes to manual review"),
	bug("the shop applies every payment to the newest order",
		"a payment for one order does not mark another order paid",
		func(s *smallShop) { s.find = func(t *tables, _ message) *order { return t.get(t.newest) } }).
		also("session IDs above 2^53 are not mixed up", "each order ships once if Buy is pressed twice at the same time"),
	bug("the shop remembers shipments only in memory", "a restart ships nothing twice", func(s *smallShop) {
		shipped := map[string]bool{}
		s.claim = func(t *tables, o *order, _ message) error {
			o.paid = true
			if shipped[o.id] {
				return nil
			}
			shipped[o.id] = true
			return s.ship(t, o)
		}
	}),
	bug("the shop identifies payments by session and status, so it misses a second payment",
		"a second payment in the same session goes to manual review",
		knownBy(func(_ *order, m message) payment { return payment{m.session(), ""} })),
	bug("the shop attributes every payment to the order's newest session",
		"a second payment in the same session goes to manual review", knownBy(func(o *order, _ message) payment {
			if len(o.sessions) == 0 {
				return payment{}
			}
			return payment{o.sessions[len(o.sessions)-1], ""}
		})).reported("https://github.com/woocommerce/woocommerce-paypal-payments/issues/4559"),
	bug("the shop marks a session as handled before comparing the amount",
		"a wrong payment after a correct payment goes to manual review", func(s *smallShop) {
			s.overtaken = func(o *order, m message) bool {
				handled := slices.Contains(o.payments, payment{m.session(), "handled"})
				if s.isPaid(m) && !handled {
					o.payments = append(o.payments, payment{m.session(), "handled"})
				}
				return s.isPaid(m) && handled
			}
			s.claim = claimsOnce(s)
		}).also("a correct payment after an underpayment marks the order paid"),
	bug("the shop rejects a payment for an order in manual review",
		"a correct payment after a payment in another currency marks the order paid",
		ignores(func(_ *smallShop, o *order, _ message) bool { return o.review && !o.paid })).
		also("a webhook with only an order ID ships nothing"),
	bug("the shop adds up partial payments in different currencies",
		"partial payments in two currencies do not mark the order paid",
		addsUp(func(m message) string { return m.session() + " " + m.text("txid") + m.text("amount") })),
	bug("the shop adds up partial payments, including test webhooks",
		"half the amount in a test webhook and half in a payment do not mark the order paid", func(s *smallShop) {
			addsParts(s)
			s.isTest = func(m message) bool { return m.yes("test") && !s.isPart(m) || m.text("status") == "test" }
		}),
	bug("the shop adds up partial payments, including those with status processing",
		"half the amount with status processing and half paid do not mark the order paid", func(s *smallShop) {
			addsParts(s)
			s.isPaid = func(m message) bool {
				return m.text("status") == "paid" || m.text("status") == "processing" && s.isPart(m)
			}
		}),
	bug("the shop adds up a partial payment that is reported twice",
		"a partial payment reported twice does not mark the order paid", func(s *smallShop) {
			n := 0
			addsUp(func(message) string { n++; return strconv.Itoa(n) })(s)
			sum := s.settles
			s.settles = func(o *order, m message) bool { return currencySettles(o, m) && sum(o, m) }
		}).reported("https://github.com/PAYONE-GmbH/magento-2/issues/279"),
	bug("a payment marks all open orders of the buyer paid",
		"a payment for one order does not mark another order paid", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				for _, other := range t.all() { // the small shop has only one buyer
					if other.paid && other != o {
						continue
					}
					if err := s.claims(t, other, m); err != nil {
						return err
					}
				}
				return nil
			}
		}).reported("https://github.com/btcpayserver/woocommerce-greenfield-plugin/issues/64").
		also("an order ID in the metadata is ignored"),
	bug("the shop ships again if a payment is repeated after its refund",
		"a payment repeated after its refund ships nothing more", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				if o.statuses["refund"] != "" {
					delete(o.statuses, "refund")
					return s.ship(t, o)
				}
				return s.claims(t, o, m)
			}
			s.overtaken = func(o *order, m message) bool {
				refund := m.text("status") == "refunded" && o.paid
				if refund {
					o.statuses["refund"] = "refunded"
				}
				return refund
			}
		}).reported("https://github.com/mollie/WooCommerce/issues/1252"),
	bug("the shop stores only two sessions per order and loses the third",
		"a payment in a third session after a declined and a failed session marks the order paid",
		ignores(func(_ *smallShop, o *order, m message) bool { return slices.Index(o.sessions, m.session()) > 1 })),
	bug("repeating the first payment ends the manual review of the second payment",
		"repeating the first payment does not end the manual review of the second payment", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				if o.knows(m.payment()) {
					o.review = false
				}
				return s.claims(t, o, m)
			}
		}),
	bug("the shop sets a repeated webhook back to pending", "a repeated webhook ships nothing more", func(s *smallShop) {
		s.claim = func(t *tables, o *order, m message) error {
			if o.knows(m.payment()) && o.fulfilled > 0 {
				return s.ship(t, o)
			}
			return s.claims(t, o, m)
		}
	}).reported("https://github.com/toeverything/AFFiNE/pull/15078").
		also("a repeated payment with a newer sent_at ships nothing more",
			"a payment repeated with more decimals ships once",
			"a repeated webhook that could not be stored changes nothing",
			"a repeated payment ships once even if a database statement fails",
			"a repeated payment keeps its invoice number"),
	bug("a webhook with any status ends the manual review",
		"a webhook with another status does not end a manual review",
		endsReview("pending", "processing", "review", "declined", "failed", "expired", "cancelled")),
	bug("a webhook with status pending or processing ends the manual review",
		"a webhook with another status does not end a manual review", endsReview("pending", "processing")),
	bug("a webhook with status expired or canceled ends the manual review",
		"a webhook with another status does not end a manual review", endsReview("expired", "cancelled")),
	bug("the Pay again button resets the order and ends the manual review",
		"the Pay again button does not end a manual review", func(s *smallShop) {
			s.again = func(ctx context.Context, id string) error {
				err := s.paysAgain(ctx, id)
				s.changes(id, func(_ *tables, o *order) { o.review = false })
				return err
			}
		}),
}

// isPart reports whether a message's amount is less than the price of an order.
func (s *smallShop) isPart(m message) bool {
	part := number(m.text("amount"))
	return part != nil && part.Cmp(number(s.amount)) < 0
}

// endsReview makes the shop take an order out of manual review when one of the statuses arrives.
func endsReview(statuses ...string) func(*smallShop) {
	return affects(func(_ *tables, o *order, m message) {
		if slices.Contains(statuses, m.text("status")) {
			o.review = false
		}
	})
}

// shipsPer makes the shop ship an order once for each different key.
func shipsPer(key func(m message) string) func(*smallShop) {
	return func(s *smallShop) {
		s.claim = func(t *tables, o *order, m message) error {
			if !t.first(o.id + " " + key(m)) {
				return nil
			}
			o.paid = true
			return s.ship(t, o)
		}
	}
}

// claimsOnce returns a function that ships an unpaid order without recording the payment.
func claimsOnce(s *smallShop) func(t *tables, o *order, m message) error {
	return func(t *tables, o *order, _ message) error {
		if o.paid {
			o.review = true
			return nil
		}
		o.paid = true
		return s.ship(t, o)
	}
}

// knownBy makes the shop identify each payment by what the function key returns.
func knownBy(key func(o *order, m message) payment) func(*smallShop) {
	return func(s *smallShop) {
		s.claim = func(t *tables, o *order, m message) error {
			k := key(o, m)
			return s.claims(t, o, m.with("session_id", k.session).with("txid", k.txid))
		}
	}
}

// addsUp makes the shop mark an order paid when its payments add up to the amount due. Payments with the same key count
// once.
func addsUp(key func(m message) string) func(*smallShop) {
	return func(s *smallShop) {
		s.overtaken = func(o *order, m message) bool {
			return s.isPaid(m) && slices.ContainsFunc(o.payments, func(p payment) bool { return p.txid == "part "+key(m) })
		}
		s.settles = func(o *order, m message) bool {
			sum := number(m.text("amount"))
			if sum == nil || !ourDomain(m) || o.paid {
				return false
			}
			for _, part := range o.payments {
				sum.Add(sum, number(part.session))
			}
			o.payments = append(o.payments, payment{m.text("amount"), "part " + key(m)})
			more := sum.Cmp(number(o.amount))
			o.review = o.review || more > 0
			return more >= 0
		}
		s.claim = claimsOnce(s)
	}
}
