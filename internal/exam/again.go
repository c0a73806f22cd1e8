package exam

import (
	"context"
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// payAgain are buyers who press Pay more often than they should.
func payAgain() []Scenario {
	scenarios := slices.Concat(in("pay again",
		"Look up the last session before you open another: while it is processing, or paid, open none.",
		plain("no second session while a payment is processing", func(x *exam) {
			p := x.buy()
			x.happens(p, becomes("processing"))
			x.closed(p, "is processing")
		}),
		plain("no second session for a paid order", func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			x.closed(p, "has succeeded")
			x.paid(p)
		}),
	), in("pay again", "Keep every session of an order: each of them can still be paid.",
		plain("Pay again while a payment is processing loses nothing", func(x *exam) {
			p := x.buy()
			x.happens(p, becomes("processing"))
			x.settle()
			x.pressAgain(p)
			x.pays(p)
			x.paid(p)
		}),
		plain("the payment in the older of two tabs pays", func(x *exam) {
			p := x.buy()
			older := x.again(p)
			x.again(older)
			x.pays(older)
			x.paid(older)
		}),
		plain("the payment in the oldest of four sessions pays", func(x *exam) {
			p := x.buy()
			last := p
			for range 3 {
				last = x.again(last)
			}
			x.pays(p)
			x.paid(p)
		}),
		plain("a declined card and the first session's late payment pay once", func(x *exam) {
			p := x.buy()
			second := x.again(p)
			x.happens(second, becomes("declined"))
			x.settle()
			x.pays(p)
			x.paid(p)
		}),
		plain("Pay again after a wrong payment loses nothing", func(x *exam) {
			p := x.buy()
			x.says(with(p, paying(less(1), transaction("tx_first"))))
			x.settle()
			second, opened := x.pressAgain(p)
			if !opened {
				second = p
			}
			x.pays(second)
			x.paid(second)
		}),
		alone("two presses of Pay at once pay once", func(x *exam) {
			p := x.buy()
			x.together(2, func(ctx context.Context) error { return x.shop.Again(ctx, p.OrderID) })
			x.note("the buyer presses Pay again twice at once: %d sessions", len(x.sessions())-1)
			for _, session := range x.sessions() {
				x.pays(session)
			}
			for _, session := range x.sessions() {
				x.paid(session)
			}
		}),
		alone("Pay again while the gateway fails keeps the first session", func(x *exam) {
			p := x.buy()
			x.gateway.FailNext(tries, 500)
			x.note("the buyer presses Pay again, and the gateway fails: %s", outcome(x.shop.Again(x.ctx, p.OrderID)))
			x.gateway.Heal()
			x.pays(p)
			x.paid(p)
		}),
	))
	for i := range scenarios {
		scenarios[i].needs = append(scenarios[i].needs, again)
	}
	return scenarios
}

// closed fails if the shop opens another session for an order whose payment is in that state.
func (x *exam) closed(p ecomtrade24.Payment, state string) {
	x.settle()
	second, opened := x.pressAgain(p)
	if !opened {
		return
	}
	if second.OrderID != p.OrderID { // another try of the order, or another order?
		x.pays(p)
		x.paid(p)
		x.sameOrder(p, second)
	}
	x.fails(ChargesTwice, "order %s, whose payment %s: expected no further session; got session %s",
		quoted(p.OrderID), state, second.SessionID)
}
