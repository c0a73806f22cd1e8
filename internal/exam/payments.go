package exam

import (
	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	eachPayment = "inbox judges each payment on its own: identify duplicates by session, transaction, " +
		"amount and currency together."
	paidAgain = "inbox reports PaidAgain: send it to manual review, to refund one payment."
)

// corrections are correct payments after other events.
func corrections() []Scenario {
	return advised(eachPayment,
		corrected("a correct payment after an underpayment marks the order paid", less(1)),
		corrected("a correct payment after one in another currency marks the order paid", otherCurrency),
		corrected("a correct payment after a test webhook marks the order paid", isTest),
		plain("a correct payment in a second session after an underpayment marks the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				second := x.again(p)
				x.happens(p, paying(less(1)))
				x.paysOnce(second)
			}, again),
		plain("declined in one session, then paid in a second marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("declined"))
			second := x.again(p)
			x.paysOnce(second)
		}, again),
		plain("declined, failed, then paid in a third session marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("declined"))
			second := x.again(p)
			x.happens(second, becomes("failed"))
			third := x.again(second)
			x.paysOnce(third)
		}, again),
		plain("declined in five sessions, then paid in a sixth marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			for range 5 {
				x.happens(p, becomes("declined"))
				p = x.again(p)
			}
			x.paysOnce(p)
		}, again),
	)
}

// severalSessions are payments for an order with several sessions.
func severalSessions() []Scenario {
	return advised(eachPayment,
		plain("an old session that expires does not undo the payment in a new one", func(x *exam, p ecomtrade24.Payment) {
			second := x.again(p)
			x.pays(second)
			x.settle()
			x.late(p, becomes("expired"))
			x.paid(second)
		}, again),
		plain("a canceled new session does not block the payment in the old one", func(x *exam, p ecomtrade24.Payment) {
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

// partialPayments are partial payments, which must not mark the order paid.
func partialPayments() []Scenario {
	return advised(eachPayment,
		plain("a partial payment reported twice does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			_, part := half(string(p.Amount)) // twice the greater half is the amount, or a cent more
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
		halves("a test of one half and a payment of the other do not mark the order paid", isTest),
		halves("one half processing and a payment of the other do not mark the order paid", becomes("processing")),
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

// secondPayments are payments for a paid order, which need manual review.
func secondPayments() []Scenario {
	return advised(paidAgain,
		plain("a second payment in the session goes to manual review", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.happens(p, paying(transaction("tx_second")))
			x.reported(p)
		}, review),
		plain("a repeated first payment does not end the review of the second", func(x *exam, p ecomtrade24.Payment) {
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

// lastingReviews check what must not end a manual review, and what must start one.
func lastingReviews() []Scenario {
	return advised(paidAgain,
		bare("another status does not end a manual review", func(x *exam) {
			orders := x.eachBecomes(unfinished(), func(x *exam, p ecomtrade24.Payment, c change) {
				x.happens(p, paying(less(1)))
				x.reported(p)
				x.late(p, c)
			})
			x.settle()
			x.judges(orders, "after ", unfinished(), (*exam).reported)
		}, review),
		plain("Pay again does not end a manual review", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, paying(less(1)))
			x.reported(p)
			x.pressAgain(p)
			x.settle()
			x.reported(p)
		}, review, again),
		plain("a wrong payment after the correct one goes to manual review", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.happens(p, paying(less(1), transaction("tx_second")))
			x.reported(p)
		}, review),
	)
}

func transaction(id string) change { return func(p *ecomtrade24.Payment) { p.TxID = id } }

// corrected is a wrong payment and then a correct one in the same session.
func corrected(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.says(with(p, paying(c, transaction("tx_first"))))
		x.settle()
		x.paysOnce(p)
	})
}

// halves is one half that is not a payment, and then a payment of the other half.
func halves(name string, c change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		first, rest := half(string(p.Amount))
		x.says(with(p, paying(amount(first), c, transaction("tx_half"))))
		x.settle()
		x.says(with(p, paying(amount(rest), transaction("tx_rest"))))
		x.unpaid(p)
	})
}

// sameOrder skips the scenario if the second session has a separate order. p is paid.
func (x *exam) sameOrder(p, second ecomtrade24.Payment) {
	if second.OrderID != p.OrderID && !x.order(second.OrderID).Paid {
		x.skip("in this shop each session is a separate order")
	}
}
