package exam

import (
	"github.com/ecomtrade24/ecomtrade24-go"
)

const inTheTransaction = "Change totals and assign the invoice number in the order's transaction, " +
	"and only when inbox reports Paid."

// bookedPayments returns scenarios that check the totals of an order paid in one session. They measure from purchase to
// payment, since a shop may reduce stock at either time.
func bookedPayments() []Scenario {
	return advised(inTheTransaction,
		booked("totals change once when a payment follows another status", func(x *exam, one map[string]int) {
			for _, status := range unfinished() {
				x.sells(one, "a payment after "+string(status), func(x *exam, p ecomtrade24.Payment) {
					x.happens(p, becomes(status))
					x.settle()
					x.paysOnce(p)
				})
			}
		}),
		booked("totals change once when another status follows a payment", func(x *exam, one map[string]int) {
			for _, status := range unfinished() {
				x.sells(one, string(status)+" after the payment", func(x *exam, p ecomtrade24.Payment) {
					x.paysOnce(p)
					x.late(p, becomes(status))
				})
			}
		}),
		booked("totals change once when a payment follows a test webhook or a wrong payment",
			func(x *exam, one map[string]int) {
				x.sells(one, "a payment after a test", func(x *exam, p ecomtrade24.Payment) {
					x.says(with(p, paying(isTest)))
					x.settle()
					x.paysOnce(p)
				})
				x.sells(one, "a payment after a wrong payment and its expiry", func(x *exam, p ecomtrade24.Payment) {
					x.says(with(p, paying(less(1), transaction("tx_first"))))
					x.says(with(p, becomes("expired")))
					x.settle()
					x.paysOnce(p)
				})
			}),
	)
}

// bookedOrders returns scenarios that check the totals of an order paid in an unusual way.
func bookedOrders() []Scenario {
	return advised(inTheTransaction,
		booked("totals change once when one order is paid twice", func(x *exam, one map[string]int) {
			x.sells(one, "two payments", func(x *exam, p ecomtrade24.Payment) {
				x.paysOnce(p)
				x.happens(p, paying(transaction("tx_second")))
			})
		}),
		booked("totals change once for an order with two sessions", func(x *exam, one map[string]int) {
			x.sells(one, "a payment in the second session", func(x *exam, p ecomtrade24.Payment) {
				second := x.again(p)
				x.paysOnce(second)
				x.sameOrder(second, p)
			})
		}, again),
		booked("totals change once for a payment found by a lookup", func(x *exam, one map[string]int) {
			x.sells(one, "a payment that is looked up", (*exam).recoversLookup)
			for _, status := range []ecomtrade24.PaymentStatus{"declined", "expired", "cancelled"} {
				x.sells(one, "a lookup of "+string(status)+", then a lookup of a payment", func(x *exam, p ecomtrade24.Payment) {
					x.unseen(p, becomes(status))
					x.catchUp()
					x.recoversLookup(p)
				})
			}
		}, reconcile),
	)
}

// invoices returns scenarios that check that invoice numbers are unique.
func invoices() []Scenario {
	return advised(inTheTransaction,
		invoiced("a payment found by a lookup gets a unique invoice number", (*exam).recoversLookup, reconcile),
		invoiced("a payment after a decline gets a unique invoice number", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("declined"))
			x.paysOnce(p)
		}),
		invoiced("a payment after a restart gets a unique invoice number", func(x *exam, p ecomtrade24.Payment) {
			x.restarts()
			x.paysOnce(p)
		}, restart),
	)
}

// booked returns a scenario that measures how one paid purchase changes the totals, and passes the changes to the
// function run.
func booked(name string, run func(x *exam, one map[string]int), needs ...string) Scenario {
	return bareAlone(name, func(x *exam) { run(x, x.sale((*exam).paysOnce)) }, append([]string{totals}, needs...)...)
}

// sale makes a purchase, pays for it with the function follows, and returns how much each total changed.
func (x *exam) sale(follows func(*exam, ecomtrade24.Payment)) map[string]int {
	x.transcript = nil
	x.settle()
	before := x.totals()
	p := x.another()
	follows(x, p)
	x.settle()
	return x.movedSince(before)
}

// sells fails if a purchase changes the totals differently than a simple payment.
func (x *exam) sells(one map[string]int, what string, follows func(*exam, ecomtrade24.Payment)) {
	x.about = what
	x.moves(one, x.sale(follows))
}

// invoice returns the invoice number of a paid order.
func (x *exam) invoice(p ecomtrade24.Payment) string {
	number := x.order(p.OrderID).Invoice
	if number == "" {
		x.skip("Order returns no invoice number")
	}
	return number
}

// invoiced returns a scenario that pays one order normally and another with the function pays, and compares their
// invoice numbers.
func invoiced(name string, pays func(*exam, ecomtrade24.Payment), needs ...string) Scenario {
	return alone(name, func(x *exam, p ecomtrade24.Payment) {
		x.paysOnce(p)
		first := x.invoice(p)
		p = x.another()
		pays(x, p)
		o := x.eventually(p.OrderID, func(o Order) bool { return o.Invoice != "" })
		if o.Invoice == "" || o.Invoice == first {
			x.fails(Miscounts, "order %s, which is paid: expected an invoice number other than %s; got %s",
				quoted(p.OrderID), quoted(first), quoted(o.Invoice))
		}
	}, needs...)
}
