package exam

import (
	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	eachPayment = "Use inbox, or identify duplicates by session, transaction, " +
		"amount and currency together."
	paidAgain = "If inbox reports PaidAgain, send the order to manual review and refund one of the payments."
)

// corrections returns scenarios with a correct payment after other events.
func corrections() []Scenario {
	return advised(eachPayment,
		corrected("a correct payment after an underpayment marks the order paid", less(1)),
		corrected("a correct payment after a payment in another currency marks the order paid", otherCurrency),
		corrected("a correct payment after a test webhook marks the order paid", isTest),
		plain("a correct payment in a second session after an underpayment marks the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				second := x.again(p)
				x.happens(p, paying(less(1)))
				x.paysOnce(second)
			}, again),
		plain("a payment in a second session after a declined session marks the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				x.happens(p, becomes("declined"))
				second := x.again(p)
				x.paysOnce(second)
			}, again),
		plain("a payment in a third session after a declined and a failed session marks the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				x.happens(p, becomes("declined"))
				second := x.again(p)
				x.happens(second, becomes("failed"))
				third := x.again(second)
				x.paysOnce(third)
			}, again),
		plain("a payment in a sixth session after five declined sessions marks the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				for range 5 {
					x.happens(p, becomes("declined"))
					p = x.again(p)
				}
				x.paysOnce(p)
			}, again),
	)
}

// severalSessions returns scenarios with payments for an order that has several sessions.
func severalSessions() []Scenario {
	return advised(eachPayment,
		plain("an old session that expires does not undo the payment in a newer session",
			func(x *exam, p ecomtrade24.Payment) {
				second := x.again(p)
				x.pays(second)
				x.settle()
				x.late(p, becomes("expired"))
				x.paid(second)
			}, again),
		plain("a canceled newer session does not block the payment in the older session",
			func(x *exam, p ecomtrade24.Payment) {
				second := x.again(p)
				x.happens(second, becomes("cancelled"))
				x.paysOnce(p)
			}, again),
		plain("a payment in the first of two sessions marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.again(p)
			x.paysOnce(p)
		}, again),
	)
}

// partialPayments returns scenarios with partial payments, which must not mark the order paid.
func partialPayments() []Scenario {
	return advised(eachPayment,
		plain("a partial payment reported twice does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			_, part := half(string(p.Amount)) // two of these larger halves are the full amount, or a cent more
			for range 2 {
				x.happens(p, paying(amount(part)))
				x.settle()
			}
			x.unpaid(p)
		}),
		plain("partial payments in two currencies do not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			part, rest := half(string(p.Amount))
			x.says(with(p, paying(amount(part))))
			x.says(with(p, paying(amount(rest), otherCurrency, transaction("tx_second"))))
			x.unpaid(p)
		}),
		halves("half the amount in a test webhook and half in a payment do not mark the order paid", isTest),
		halves("half the amount with status processing and half paid do not mark the order paid", becomes("processing")),
		plain("small partial payments do not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.says(with(p, paying(amount("0.01"))))
			x.says(with(p, paying(amount("0.02"), transaction("tx_second"))))
			x.unpaid(p)
		}),
		plain("a refund of a partial payment does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.says(with(p, paying(less(1))))
			x.says(with(p, becomes("refunded"), amount("0.01"), transaction("tx_second")))
			x.unpaid(p)
		}),
	)
}

// secondPayments returns scenarios with another payment for a paid order, which needs manual review.
func secondPayments() []Scenario {
	return advised(paidAgain,
		plain("a second payment in the same session goes to manual review", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.happens(p, paying(transaction("tx_second")))
			x.reported(p)
		}, review),
		plain("repeating the first payment does not end the manual review of the second payment",
			func(x *exam, p ecomtrade24.Payment) {
				first := x.gateway.EditPayment(p.SessionID, paying())
				x.says(first)
				x.settle()
				x.happens(p, paying(transaction("tx_second")))
				x.reported(p)
				x.says(first)
				x.settle()
				x.reported(p)
			}, review),
		plain("the second of two paid sessions goes to manual review", func(x *exam, p ecomtrade24.Payment) {
			second := x.again(p)
			x.paysOnce(p)
			x.sameOrder(p, second)
			x.pays(second)
			x.reported(p)
		}, again, review),
	)
}

// lastingReviews returns scenarios with events that must not end a manual review, or must start a review.
func lastingReviews() []Scenario {
	return advised(paidAgain,
		bare("a webhook with another status does not end a manual review", func(x *exam) {
			orders := x.eachBecomes(unfinished(), func(x *exam, p ecomtrade24.Payment, c change) {
				x.happens(p, paying(less(1)))
				x.reported(p)
				x.late(p, c)
			})
			x.settle()
			x.judges(orders, "after ", unfinished(), (*exam).reported)
		}, review),
		plain("the Pay again button does not end a manual review", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, paying(less(1)))
			x.reported(p)
			x.pressAgain(p)
			x.settle()
			x.reported(p)
		}, review, again),
		plain("a wrong payment after a correct payment goes to manual review", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.happens(p, paying(less(1), transaction("tx_second")))
			x.reported(p)
		}, review),
	)
}

func transaction(id string) change { return func(p *ecomtrade24.Payment) { p.TxID = id } }

// corrected returns a scenario with a wrong payment and then a correct payment in the same session.
func corrected(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.says(with(p, paying(c, transaction("tx_first"))))
		x.settle()
		x.paysOnce(p)
	})
}

// halves returns a scenario that delivers two webhooks: one for half the amount, which c changes so that it reports no
// payment, and then a payment of the rest.
func halves(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		first, rest := half(string(p.Amount))
		x.says(with(p, paying(amount(first), c, transaction("tx_half"))))
		x.settle()
		x.says(with(p, paying(amount(rest), transaction("tx_rest"))))
		x.unpaid(p)
	})
}

// sameOrder skips the scenario if the payments p and second belong to different orders and only the order of p is paid.
func (x *exam) sameOrder(p, second ecomtrade24.Payment) {
	if second.OrderID != p.OrderID && !x.order(second.OrderID).Paid {
		x.skip("in this shop each session is a separate order")
	}
}
