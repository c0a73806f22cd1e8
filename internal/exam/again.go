package exam

import (
	"context"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const everySession = "Keep every session of an order, because each can still be paid."

// closedOrders returns scenarios in which the Pay again button must open no session.
func closedOrders() []Scenario {
	return advised("Look up the last session before you open another. If it is processing or paid, open no session.",
		plain("the Pay again button opens no session while a payment is processing", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("processing"))
			x.closed(p, "is processing")
		}),
		plain("the Pay again button opens no session for a paid order", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			x.closed(p, "has succeeded")
			x.paid(p)
		}),
	)
}

// openOrders returns scenarios with an order that has several sessions.
func openOrders() []Scenario {
	return advised(everySession,
		plain("the Pay again button does not lose a payment that is processing", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("processing"))
			x.settle()
			x.pressAgain(p)
			x.paysOnce(p)
		}),
		plain("a payment in the older of two browser tabs marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			older := x.again(p)
			x.again(older)
			x.paysOnce(older)
		}),
		plain("a payment in the oldest of four sessions marks the order paid", func(x *exam, p ecomtrade24.Payment) {
			last := p
			for range 3 {
				last = x.again(last)
			}
			x.paysOnce(p)
		}),
		plain("a late payment in the first of two sessions ships once", func(x *exam, p ecomtrade24.Payment) {
			second := x.again(p)
			x.happens(second, becomes("declined"))
			x.settle()
			x.paysOnce(p)
		}),
		plain("the Pay again button does not lose the payment that follows a wrong payment",
			func(x *exam, p ecomtrade24.Payment) {
				x.says(with(p, paying(less(1), transaction("tx_first"))))
				x.settle()
				second, opened := x.pressAgain(p)
				if !opened {
					second = p
				}
				x.paysOnce(second)
			}),
	)
}

// failingAgain returns scenarios that press the Pay again button twice at the same time, or while the gateway fails.
func failingAgain() []Scenario {
	return advised(everySession,
		alone("an order ships once if the Pay again button is pressed twice at the same time",
			func(x *exam, p ecomtrade24.Payment) {
				x.together(2, func(ctx context.Context) error { return x.shop.Again(ctx, p.OrderID) })
				x.note("the buyer presses the Pay again button twice at the same time: %d sessions", len(x.sessions())-1)
				x.paysAll()
			}),
		alone("the Pay again button keeps the first session if the gateway fails", func(x *exam, p ecomtrade24.Payment) {
			x.gateway.FailCalls(tries, 500)
			x.note("the buyer presses the Pay again button; the gateway fails: %s", outcome(x.shop.Again(x.ctx, p.OrderID)))
			x.gateway.Heal()
			x.paysOnce(p)
		}),
	)
}

// closed fails if the shop opens another session for the order.
func (x *exam) closed(p ecomtrade24.Payment, state string) {
	x.settle()
	second, opened := x.pressAgain(p)
	if !opened {
		return
	}
	if second.OrderID != p.OrderID { // another ID can mean the same order or a new order
		x.paysOnce(p)
		x.sameOrder(p, second)
	}
	x.fails(ChargesTwice, "order %s, whose payment %s: expected no new session; got session %s",
		quoted(p.OrderID), state, second.SessionID)
}
