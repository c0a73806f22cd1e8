package exam

import (
	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	ranks   = "Use inbox, or accept only statuses with a higher PaymentStatus.Rank, so that a payment is never undone."
	lasting = "Accept a payment after any other status, as inbox does: it reports Paid even if the session has expired."
)

// firstPayments returns scenarios with a payment after other statuses of the session.
func firstPayments() []Scenario {
	return advised(lasting,
		follows("a payment marks the order paid", "paid"),
		follows("an order that is pending, then processing, then paid ships once", "pending", "processing", "paid"),
		follows("a payment after a webhook with status review marks the order paid", "review", "paid"),
		follows("a session that fails, is processing, then is paid marks the order paid", "failed", "processing", "paid"),
		plain("a session that is declined five times and then paid ships once", func(x *exam, p ecomtrade24.Payment) {
			for range 5 {
				x.happens(p, becomes("declined"))
				x.happens(p, becomes("processing"))
			}
			x.settle()
			x.paysOnce(p)
		}),
		plain("a webhook with status pending, processing or review does not mark the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				for _, status := range []ecomtrade24.PaymentStatus{"pending", "processing", "review"} {
					x.happens(p, becomes(status))
				}
				x.unpaid(p)
			}).fix("Ship only if Payment.Paid returns true. It returns false for processing and review."),
	)
}

// anySequence returns scenarios with several webhooks about a session in an unusual sequence.
func anySequence() []Scenario {
	return advised(ranks,
		plain("an order whose webhooks are all delivered twice ships once", func(x *exam, p ecomtrade24.Payment) {
			for _, status := range []ecomtrade24.PaymentStatus{"pending", "processing", "paid"} {
				x.happens(p, becomes(status))
				x.late(p, becomes(status))
			}
			x.late(p, becomes("expired"))
			x.late(p, becomes("expired"))
			x.paid(p)
		}),
		plain("webhooks in reverse sequence mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.gateway.EditPayment(p.SessionID, paying())
			for _, status := range []ecomtrade24.PaymentStatus{"expired", "paid", "processing", "pending"} {
				x.late(p, becomes(status))
			}
			x.paid(p)
		}),
		plain("webhooks with different statuses sent at the same time mark the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				p = x.gateway.EditPayment(p.SessionID, paying())
				var bodies [][]byte
				for _, status := range []ecomtrade24.PaymentStatus{"pending", "processing", "paid", "expired", "paid", "review"} {
					bodies = append(bodies, x.body(with(p, becomes(status))))
				}
				x.atOnce(bodies...)
				x.note("webhooks, all at the same time: pending, processing, paid, expired, paid, review")
				x.paid(p)
			}),
		bare("random webhook sequences neither lose nor duplicate a payment", stories).
			fix("Use inbox to decide what is new in a webhook. The documentation of inbox explains the rule."),
	)
}

// laterStatuses returns scenarios with another status after the payment.
func laterStatuses() (scenarios []Scenario) {
	for _, status := range []ecomtrade24.PaymentStatus{
		"expired", "cancelled", "canceled", "declined", "failed", "processing", "review", "pending", "archived", "refunded",
	} {
		scenarios = append(scenarios, plain("a payment followed by a webhook with status "+string(status)+" ships once",
			func(x *exam, p ecomtrade24.Payment) {
				x.pays(p)
				x.settle()
				x.late(p, becomes(status))
				if status != "refunded" { // after a refund, the order may stop being paid
					x.paid(p)
					return
				}
				x.late(p, becomes("paid"))
				x.shippedOnce(p)
			}))
	}
	return advised(ranks, scenarios...)
}

// endedSessions returns scenarios with a session that ends without a payment; some of these sessions are paid later.
func endedSessions() (scenarios []Scenario) {
	for _, status := range []ecomtrade24.PaymentStatus{"expired", "cancelled", "declined", "failed"} {
		scenarios = append(scenarios,
			follows("a payment after a webhook with status "+string(status)+" marks the order paid", status, "paid"),
			plain("a webhook with status "+string(status)+" does not mark the order paid",
				after(becomes(status), (*exam).unpaid)).
				fix("Ship only if Payment.Paid returns true."))
	}
	return advised(lasting, scenarios...)
}

// follows returns a scenario that delivers a sequence of statuses ending with a payment.
func follows(name string, statuses ...ecomtrade24.PaymentStatus) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		for _, status := range statuses {
			x.settle()
			x.happens(p, becomes(status))
		}
		x.paid(p)
	})
}

// shippedOnce fails if anything happened more than once, regardless of the order's state.
func (x *exam) shippedOnce(p ecomtrade24.Payment) {
	x.settle()
	o := x.order(p.OrderID)
	if o.Fulfilled > 1 {
		x.fails(ShipsTwice, "order %s: expected shipped once; got %v", quoted(p.OrderID), o)
	}
	for _, name := range x.sideEffects(p.OrderID, o) {
		if d := o.Effects[name] - x.fresh[p.OrderID].Effects[name]; d > 1 {
			x.fails(Miscounts, "order %s: expected %s at most once; got %+d", quoted(p.OrderID), name, d)
		}
	}
}
