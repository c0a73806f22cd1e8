package exam

import (
	"github.com/ecomtrade24/ecomtrade24-go"
)

const oneTransaction = "Do everything in one transaction, as inbox does: record the webhook, mark the order paid, " +
	"queue the shipment."

// halfPayments returns scenarios in which one database statement fails during a webhook. Each scenario makes each
// statement fail in turn, each time with a new order. The gateway delivers again, and the result must be as if nothing
// had failed.
func halfPayments() []Scenario {
	return advised(oneTransaction,
		eachStatement("a payment ships once even if a database statement fails", nil,
			func(x *exam, p ecomtrade24.Payment) { x.pays(p) }, (*exam).paid),
		eachStatement("a repeated payment ships once even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment { x.pays(p); return p },
			func(x *exam, p ecomtrade24.Payment) { x.pays(p) }, (*exam).paid),
		eachStatement("a payment that follows another status ships once even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment {
				x.happens(p, becomes("processing"))
				return p
			},
			func(x *exam, p ecomtrade24.Payment) { x.pays(p) }, (*exam).paid),
		eachStatement("a correct payment after an underpayment ships once even if a database statement fails", nil,
			func(x *exam, p ecomtrade24.Payment) {
				x.says(with(p, paying(less(1), transaction("tx_first"))))
				x.pays(p)
			}, (*exam).paid),
		eachStatement("a wrong payment does not mark the order paid even if a database statement fails", nil,
			func(x *exam, p ecomtrade24.Payment) { x.happens(p, paying(less(1))) }, (*exam).unpaid),
		eachStatement("an underpayment goes to manual review even if a database statement fails", nil,
			func(x *exam, p ecomtrade24.Payment) { x.happens(p, paying(less(1))) }, (*exam).reported, review),
	)
}

// halfChanges returns scenarios in which one database statement fails during a later webhook or a lookup.
func halfChanges() []Scenario {
	return advised(oneTransaction,
		eachStatement("a second payment goes to manual review even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment { x.pays(p); return p },
			func(x *exam, p ecomtrade24.Payment) { x.happens(p, paying(transaction("tx_second"))) },
			(*exam).reported, review),
		eachStatement("a later status does not undo a payment even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment { x.pays(p); return p },
			func(x *exam, p ecomtrade24.Payment) { x.late(p, becomes("expired")) }, (*exam).paid),
		eachStatement("a payment in a second session ships once even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment {
				x.happens(p, becomes("declined"))
				return x.again(p)
			},
			func(x *exam, p ecomtrade24.Payment) { x.pays(p) }, (*exam).paid, again),
		eachStatement("a payment reported by a lookup and a webhook ships once even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment {
				return x.gateway.EditPayment(p.SessionID, paying())
			},
			func(x *exam, p ecomtrade24.Payment) { x.catchUp(); x.pays(p) }, (*exam).paid, reconcile),
		eachStatement("a lookup finds a payment with a lost webhook even if a database statement fails",
			func(x *exam, p ecomtrade24.Payment) ecomtrade24.Payment {
				return x.gateway.EditPayment(p.SessionID, paying())
			},
			func(x *exam, _ ecomtrade24.Payment) { x.catchUp() }, (*exam).finds, reconcile),
	)
}

// halfPurchases returns scenarios that check purchases and totals while one database statement fails.
func halfPurchases() []Scenario {
	return advised(oneTransaction,
		booked("totals change once even if a database statement fails", func(x *exam, one map[string]int) {
			for n, reached := 1, true; reached && n <= mostStatements; n++ {
				x.sells(one, "", func(x *exam, p ecomtrade24.Payment) {
					reached = x.failing(n, func() { x.pays(p) })
					x.paid(p)
				})
			}
		}, statements),
		bareAlone("a purchase with a failing database statement does not block later purchases",
			purchases((*exam).paysOnce), statements).
			fix("Roll back, show the buyer an error, and keep no state that blocks later purchases."),
		bareAlone("if a database statement fails, a purchase shows an error or is looked up later",
			purchases((*exam).recoversLookup),
			statements, reconcile).
			fix("Commit inbox.Expect, or your own record of the session, before you send the buyer to the checkout."),
	)
}

const mostStatements = 60 // maximum number of statements that fail in turn

// eachStatement returns a scenario that repeats a step with new orders; each time a different statement fails.
func eachStatement(
	name string, before func(*exam, ecomtrade24.Payment) ecomtrade24.Payment,
	step func(*exam, ecomtrade24.Payment), judge func(*exam, ecomtrade24.Payment), needs ...string,
) Scenario {
	return bareAlone(name, func(x *exam) {
		for n := 1; n <= mostStatements; n++ {
			p := x.buy()
			if before != nil {
				p = before(x, p)
			}
			reached := x.failing(n, func() { step(x, p) })
			judge(x, p)
			if !reached {
				return
			}
			x.transcript = nil
		}
	}, append(needs, statements)...)
}

// failing makes the n-th statement of a step fail, and reports whether the step has that many statements.
func (x *exam) failing(n int, step func()) (reached bool) {
	x.settle()
	x.shop.Statements.FailNth(n)
	x.note("statement %d fails", n)
	step()
	x.settle()
	reached = x.shop.Statements.Count() >= n
	x.shop.Statements.FailNth(0)
	return reached
}

// purchases returns a function that buys repeatedly; each time a different statement of the purchase fails. If the shop
// shows no error, the buyer reaches the checkout and pays.
func purchases(pays func(*exam, ecomtrade24.Payment)) func(x *exam) {
	return func(x *exam) {
		for n := 1; n <= mostStatements; n++ {
			x.shop.Statements.FailNth(n)
			before := len(x.gateway.Sessions())
			err := x.shop.Buy(x.ctx)
			reached := x.shop.Statements.Count() >= n
			x.shop.Statements.FailNth(0)
			x.note("a buyer buys; statement %d fails: %s", n, outcome(err))
			for _, p := range x.gateway.Sessions()[before:] {
				if err == nil {
					x.watch(p)
					pays(x, p)
				}
			}
			if !reached {
				break
			}
		}
		x.paysOnce(x.buy())
	}
}

// paysOnce pays the order and checks that it is marked paid and shipped once.
func (x *exam) paysOnce(p ecomtrade24.Payment) {
	x.pays(p)
	x.paid(p)
}
