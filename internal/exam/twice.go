package exam

import (
	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

const countedOnce = "Use inbox, which counts each payment once, or mark the order paid in the statement that checks " +
	"that the order is unpaid."

// repetitions returns scenarios with a payment that is reported more than once.
func repetitions() []Scenario {
	return needing(counts, advised(countedOnce,
		plain("a repeated webhook ships nothing more", func(x *exam, p ecomtrade24.Payment) {
			for range 3 {
				x.pays(p)
				x.settle()
			}
			x.paid(p)
		}),
		plain("the side effects of a repeated payment happen once", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			if o := x.order(p.OrderID); len(x.sideEffects(p.OrderID, o)) == 0 {
				x.skip("Order returns no side effects")
			}
			x.pays(p)
			x.says(with(p, paying(transaction(""))))
			x.paid(p)
		}),
		plain("a payment delivered sixteen times in parallel ships once", func(x *exam, p ecomtrade24.Payment) {
			p = x.gateway.EditPayment(p.SessionID, paying())
			x.atOnce(times(16, x.body(p))...)
			x.note("webhook, sixteen times in parallel: %s", words(p))
			x.paid(p)
		}),
		plain("a payment repeated with the other event type ships once", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.says(with(p, paying()), completed)
			x.paid(p)
		}),
		plain("a payment repeated without its transaction ID ships once", func(x *exam, p ecomtrade24.Payment) {
			x.says(with(x.gateway.EditPayment(p.SessionID, paying()), transaction("")))
			x.settle()
			x.paysOnce(p)
		}),
	))
}

// otherRepetitions returns scenarios with a payment that is reported more than once in different ways.
func otherRepetitions() []Scenario {
	return needing(counts, advised(countedOnce,
		plain("a payment repeated with more decimals ships once", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.says(with(p, paying(edit(spelledLonger))))
			x.paid(p)
		}),
		plain("a payment repeated after other statuses ships once", func(x *exam, p ecomtrade24.Payment) {
			for _, status := range []ecomtrade24.PaymentStatus{"paid", "processing", "paid", "expired", "paid"} {
				x.gateway.EditPayment(p.SessionID, paying())
				x.late(p, becomes(status))
				x.settle()
			}
			x.paid(p)
		}),
	))
}

// secondSales returns scenarios with a second payment for an order, which must ship nothing more.
func secondSales() []Scenario {
	return needing(counts, advised(countedOnce,
		plain("a second payment in the same session ships nothing more", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.happens(p, paying(transaction("tx_second")))
			x.paid(p)
		}),
		plain("an order with two paid sessions ships once", func(x *exam, p ecomtrade24.Payment) {
			second := x.again(p)
			x.paysOnce(p)
			x.paysOnce(second)
			x.paid(p)
		}, again),
		plain("an order with two sessions paid at the same time ships once", func(x *exam, p ecomtrade24.Payment) {
			second := x.again(p)
			x.atOnce(append(times(4, x.body(x.gateway.EditPayment(p.SessionID, paying()))),
				times(4, x.body(x.gateway.EditPayment(second.SessionID, paying())))...)...)
			x.note("webhooks of both payments, at the same time")
			x.paid(p)
			x.paid(second)
		}, again),
		plain("a payment repeated after its refund ships nothing more", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.late(p, becomes("refunded"))
			x.settle()
			x.late(p, becomes("paid"))
			x.shippedOnce(p)
		}),
	))
}

// otherOrders returns scenarios that check that a payment is applied to the correct order.
func otherOrders() []Scenario {
	return advised("Find the order by the event's order ID.",
		plain("a payment for one order does not mark another order paid", func(x *exam, p ecomtrade24.Payment) {
			second := x.another()
			x.paysOnce(p)
			x.unpaid(second)
		}),
		plain("a webhook with event type payment.completed marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.says(x.gateway.EditPayment(p.SessionID, paying()), completed)
			x.paid(p)
		}).fix("Check the status, not the event type: both types report payments."),
	)
}

func completed(w *delivery.Webhook) { w.Type = ecomtrade24.EventPaymentCompleted }

func times(n int, body []byte) (bodies [][]byte) {
	for range n {
		bodies = append(bodies, body)
	}
	return bodies
}
