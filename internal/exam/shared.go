package exam

import (
	"maps"
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const inOneStatement = "Change each shared row in one statement (stock = stock - 1), in the order's transaction. " +
	"If you change several rows, always change them in the same sequence."

// paidAtOnce returns scenarios with orders paid at the same time.
func paidAtOnce() []Scenario {
	return advised(inOneStatement,
		bare("sixteen orders paid at the same time are all marked paid", func(x *exam) {
			for _, p := range x.paidTogether(16) {
				x.paid(p)
			}
		}),
		plain("two orders ship once each if their payments are delivered eight times in parallel",
			func(x *exam, p ecomtrade24.Payment) {
				p = x.gateway.EditPayment(p.SessionID, paying())
				other := x.gateway.EditPayment(x.another().SessionID, paying())
				x.atOnce(slices.Concat(times(8, x.body(p)), times(8, x.body(other)))...)
				x.note("the webhooks of two orders, eight times each, at the same time")
				x.paid(p)
				x.paid(other)
			}, counts),
		plain("an order that is paid while another order expires is marked paid", func(x *exam, p ecomtrade24.Payment) {
			p = x.gateway.EditPayment(p.SessionID, paying())
			other := x.another()
			expired := x.body(x.gateway.EditPayment(other.SessionID, becomes("expired")))
			x.atOnce(slices.Concat(times(4, x.body(p)), times(4, expired))...)
			x.note("the webhooks of two orders, paid and expired, at the same time")
			x.paid(p)
			x.unpaid(other)
		}),
	)
}

// sharedTotals returns scenarios that check that totals count each order once.
func sharedTotals() []Scenario {
	return advised(inOneStatement,
		bareAlone("totals change once for each of eight orders paid at the same time", func(x *exam) {
			eight := x.moved(1)
			for name := range eight {
				eight[name] *= 8
			}
			x.about = "eight payments"
			x.moves(eight, x.moved(8))
		}, totals),
		booked("totals change once, regardless of earlier statuses", func(x *exam, one map[string]int) {
			x.sells(one, "a payment after other statuses", func(x *exam, p ecomtrade24.Payment) {
				for _, status := range []ecomtrade24.PaymentStatus{"pending", "processing", "review", "paid", "processing"} {
					x.gateway.EditPayment(p.SessionID, becomes(status))
					x.says(with(p, becomes(status)))
					x.settle()
				}
				x.gateway.EditPayment(p.SessionID, paying())
				x.paid(p)
			})
		}),
		booked("totals change once for a payment delivered sixteen times in parallel", func(x *exam, one map[string]int) {
			x.sells(one, "sixteen webhooks", func(x *exam, p ecomtrade24.Payment) {
				x.atOnce(times(16, x.body(x.gateway.EditPayment(p.SessionID, paying())))...)
				x.note("the payment's webhook, sixteen times in parallel")
				x.paid(p)
			})
		}),
	)
}

// sharedNumbers returns scenarios that check invoice numbers, and totals after a repeated payment.
func sharedNumbers() []Scenario {
	return advised(inOneStatement,
		alone("totals change once for a repeated payment", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			before := x.totals()
			x.pays(p)
			x.late(p, becomes("expired"))
			x.pays(p)
			x.settle()
			x.moves(map[string]int{}, x.movedSince(before))
		}, totals),
		bare("orders paid at the same time have different invoice numbers", func(x *exam) {
			holders := map[string]string{}
			for _, p := range x.paidTogether(12) {
				x.paid(p)
				invoice := x.invoice(p)
				if other, taken := holders[invoice]; taken {
					x.fails(Miscounts, "orders %s and %s: expected two invoice numbers; got %s for both",
						quoted(other), quoted(p.OrderID), quoted(invoice))
				}
				holders[invoice] = p.OrderID
			}
		}),
		keepsInvoice("a repeated payment keeps its invoice number", paying()),
		keepsInvoice("a second payment creates no second invoice", paying(transaction("tx_second"))),
	)
}

// keepsInvoice returns a scenario that delivers another webhook for a paid order and checks that its invoice number
// stays the same.
func keepsInvoice(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.paysOnce(p)
		first := x.invoice(p)
		x.happens(p, c)
		x.paid(p)
		if o := x.order(p.OrderID); o.Invoice != first {
			x.fails(Miscounts, "order %s, paid again: expected invoice %s; got %s",
				quoted(p.OrderID), quoted(first), quoted(o.Invoice))
		}
	})
}

// paidTogether buys n orders and delivers their payments at the same time.
func (x *exam) paidTogether(n int) []ecomtrade24.Payment {
	orders := x.others(n)
	x.deliverTogether(orders)
	return orders
}

func (x *exam) deliverTogether(orders []ecomtrade24.Payment) {
	var bodies [][]byte
	for _, p := range orders {
		bodies = append(bodies, x.body(x.gateway.EditPayment(p.SessionID, paying())))
	}
	x.atOnce(bodies...)
	x.note("the webhooks of %d orders, at the same time: all paid", len(orders))
}

// moved pays n orders at the same time and returns how much each total changed.
func (x *exam) moved(n int) map[string]int {
	orders := x.others(n)
	x.settle()
	before := x.totals()
	x.deliverTogether(orders)
	for _, p := range orders {
		x.paid(p)
	}
	return x.movedSince(before)
}

func (x *exam) totals() map[string]int {
	now, err := x.shop.Totals(x.ctx)
	if err != nil {
		x.unfit("Totals failed: %v", err)
	}
	return maps.Clone(now)
}

// movedSince returns how much each total has changed.
func (x *exam) movedSince(before map[string]int) map[string]int {
	by := x.totals()
	for name := range by {
		by[name] -= before[name]
	}
	return by
}

// The method moves fails if a total has not changed by the expected amount.
func (x *exam) moves(want, by map[string]int) {
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if by[name] != want[name] {
			x.fails(Miscounts, "total %s: expected to change by %+d; got %+d", name, want[name], by[name])
		}
	}
}
