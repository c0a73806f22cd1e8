package exam

import (
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
)

func twice() []Scenario {
	const (
		costs  = "Goods leave twice for one payment."
		reader = "A buyer has paid twice and nobody knows: he asks his bank for the money back."
		rows   = "inbox tells it as PaidAgain: keep a row for a person, who refunds one."
	)
	return in("twice", costs,
		"inbox counts each payment once; else mark the order paid in the statement that tells whether it was not.",
		Scenario{Name: "the same webhook again ships nothing more", run: func(x *exam) {
			p := x.buy()
			for range 3 {
				x.pays(p)
			}
			x.paid(p)
		}},
		Scenario{Name: "the same payment sixteen times at once ships once", run: func(x *exam) {
			p := x.gateway.Tell(x.buy().SessionID, paidFor)
			body := x.body(p)
			var senders sync.WaitGroup
			for range 16 {
				senders.Go(func() { x.delivers(body) })
			}
			senders.Wait()
			x.note("webhook, sixteen times at once: %s", words(p))
			x.paid(p)
		}},
		Scenario{Name: "the same payment under the other event type ships once", run: func(x *exam) {
			p := x.gateway.Tell(x.buy().SessionID, paidFor)
			x.signed(p, nil)
			x.signed(p, func(w *courier.Webhook) { w.Type = ecomtrade24.EventPaymentCompleted })
			x.paid(p)
		}},
		Scenario{
			Name: "payment.completed alone pays", Costs: "A buyer has paid and gets nothing.",
			Mend: "Look at the status, not at the event's type: both types tell of a payment.",
			run: func(x *exam) {
				p := x.gateway.Tell(x.buy().SessionID, paidFor)
				x.signed(p, func(w *courier.Webhook) { w.Type = ecomtrade24.EventPaymentCompleted })
				x.paid(p)
			},
		},
		Scenario{Name: "the same payment without its transaction ships once", run: func(x *exam) {
			p := x.gateway.Tell(x.buy().SessionID, paidFor)
			x.signed(with(p, func(p *ecomtrade24.Payment) { p.TxID = "" }), nil)
			x.signed(p, nil)
			x.paid(p)
		}},
		Scenario{Name: "a second payment in the session ships nothing more", run: func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.sends(p, paying(func(p *ecomtrade24.Payment) { p.TxID = nth(2) }))
			x.paid(p)
		}},
		Scenario{Name: "two paid sessions ship once", needs: again, run: func(x *exam) {
			p := x.buy()
			second := x.again(p)
			x.pays(p)
			x.pays(second)
			x.paid(p)
		}},
		Scenario{
			Name: "the second of two paid sessions is reported to a person", needs: again | review, Costs: reader, Mend: rows,
			run: func(x *exam) {
				p := x.buy()
				second := x.again(p)
				x.pays(p)
				x.pays(second)
				x.reported(p)
				x.paid(p)
			},
		},
		Scenario{Name: "two sessions paid at the same moment ship once", needs: again, run: func(x *exam) {
			p := x.buy()
			second := x.again(p)
			var senders sync.WaitGroup
			for _, session := range []ecomtrade24.Payment{p, second} {
				body := x.body(x.gateway.Tell(session.SessionID, paidFor))
				for range 4 {
					senders.Go(func() { x.delivers(body) })
				}
			}
			senders.Wait()
			x.note("webhooks of both payments, at once")
			x.paid(p)
		}},
		Scenario{
			Name: "one order's payment pays no other order", Costs: "One payment ships everybody's goods.",
			Mend: "Find the order by the event's order id.", run: func(x *exam) {
				first, second := x.buy(), x.buy()
				if first.OrderID == second.OrderID {
					x.unfit("two purchases have one order id, %q", first.OrderID)
				}
				x.pays(first)
				x.paid(first)
				x.unpaid(second)
			},
		},
	)
}

// body is the webhook of a payment.
func (x *exam) body(p ecomtrade24.Payment) []byte { return courier.Of(p, x.now()).Body() }
