package exam

import (
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func checkout() []Scenario {
	// sick is a gateway that does not do what it is asked when the buyer buys.
	sick := func(name string, what string, ill func(x *exam)) Scenario {
		return Scenario{
			Name: name, Costs: "One bad minute of the gateway stops the shop, or pays an order.",
			Mend: "Show the buyer that it did not work, keep the order open, and let him try again.",
			run: func(x *exam) {
				ill(x)
				err := x.shop.Buy(x.ctx)
				x.note("a buyer buys, and the gateway %s: Buy says %v", what, err)
				for _, p := range x.gateway.Sessions() {
					x.unpaid(p)
				}
				x.healthy()
				if err := x.shop.Buy(x.ctx); err != nil {
					x.fails("the gateway is well again, and Buy fails: %v", err)
				}
				all := x.gateway.Sessions()
				if len(all) == 0 {
					x.unfit("the gateway has made no session")
				}
				x.pays(all[len(all)-1])
				x.paid(all[len(all)-1])
			},
		}
	}
	fails := func(name string, status int) Scenario {
		return sick(name, "responds "+http.StatusText(status), func(x *exam) { x.gateway.FailNext(attempts, status) })
	}
	return in("checkout", "Goods leave for nothing.",
		"Show an order's own state, and let only a webhook or a status change it.",
		fails("a gateway that fails stops one purchase and no more", http.StatusInternalServerError),
		fails("a proxy's page instead of the gateway stops one purchase and no more", http.StatusBadGateway),
		fails("a gateway that is too busy stops one purchase and no more", http.StatusTooManyRequests),
		fails("a key that is refused stops one purchase and no more", http.StatusUnauthorized),
		Scenario{
			Name:  "a session whose response was lost still pays its order",
			Costs: "A buyer has paid and gets nothing, because the shop forgot the order when the gateway did not respond.",
			Mend:  "Store the order before CreateSession, and keep it after ErrOutcomeUnknown.",
			run: func(x *exam) {
				x.buy() // so that the shop knows its plan, and the next call is the session's
				before := len(x.gateway.Sessions())
				x.gateway.DropNext(attempts)
				err := x.shop.Buy(x.ctx)
				x.note("another buyer buys, and the gateway's response is lost: Buy says %v", err)
				x.healthy()
				for _, p := range x.gateway.Sessions()[before:] {
					x.pays(p)
					x.paid(p)
				}
			},
		},
		Scenario{
			Name:  "a webhook before the session's response pays",
			Costs: "A buyer has paid and gets nothing, because his webhook was faster than the response to CreateSession.",
			Mend:  "Store the order before CreateSession; find it by the order id, and not by the session's.",
			run: func(x *exam) {
				x.gateway.LateNext(attempts, lateBy)
				bought := make(chan error, 1)
				go func() { bought <- x.shop.Buy(x.ctx) }()
				deadline := time.Now().Add(x.config.Patience + lateBy*attempts)
				for len(x.gateway.Sessions()) == 0 && time.Now().Before(deadline) {
					x.pause(time.Millisecond)
				}
				all := x.gateway.Sessions()
				if len(all) == 0 {
					x.unfit("the buyer buys, and the gateway has made no session")
				}
				p := all[0]
				x.note("a buyer buys; the gateway has made session %s and not responded yet", p.SessionID)
				status := x.sends(p, paidFor)
				x.note("the gateway responds, Buy says %v", <-bought)
				x.healthy()
				if status < 200 || status > 299 {
					x.sends(p, nil) // the gateway repeats what was not acknowledged
				}
				x.paid(p)
			},
		},
		Scenario{
			Name:  "a buyer who presses twice at once pays for each order once",
			Costs: "Goods leave twice for one payment.",
			Mend:  "Mark the order paid in the statement that tells whether it was not.", run: func(x *exam) {
				var presses sync.WaitGroup
				for range 2 {
					presses.Go(func() { _ = x.shop.Buy(x.ctx) })
				}
				presses.Wait()
				x.note("the buyer presses twice at once: %d sessions", len(x.gateway.Sessions()))
				for _, p := range x.gateway.Sessions() {
					x.pays(p)
				}
				for _, p := range x.gateway.Sessions() {
					x.paid(p)
				}
			},
		},
		Scenario{
			Name: "pressing Pay again while a payment is under way loses nothing", needs: again,
			Costs: "The buyer pays twice and gets one order, or pays and gets none.",
			Mend:  "Offer no second session while one is processing; if there is one, each payment counts once.",
			run: func(x *exam) {
				p := x.buy()
				x.sends(p, becomes("processing"))
				before := len(x.gateway.Sessions())
				err := x.shop.Again(x.ctx, p.OrderID) // the shop may well refuse
				x.note("the buyer presses Pay again: %v, %d new sessions", err, len(x.gateway.Sessions())-before)
				x.pays(p)
				x.paid(p)
			},
		},
		Scenario{Name: "coming back proves no payment", needs: returns, run: func(x *exam) {
			p := x.buy()
			if x.returns(p) {
				x.fails("the return page says that order %s is paid, and nobody has paid", p.OrderID)
			}
			x.unpaid(p)
		}},
		Scenario{Name: "the return page of an expired session says nothing of a payment", needs: returns, run: func(x *exam) {
			p := x.buy()
			x.sends(p, becomes("expired"))
			if x.returns(p) {
				x.fails("the return page says that order %s is paid, and its session has expired", p.OrderID)
			}
			x.unpaid(p)
		}},
		Scenario{Name: "the return page of one order says nothing of another", needs: returns, run: func(x *exam) {
			p, other := x.buy(), x.buy()
			x.pays(p)
			x.paid(p)
			if x.returns(other) {
				x.fails("the return page says that order %s is paid, and %s is", other.OrderID, p.OrderID)
			}
			x.unpaid(other)
		}},
		Scenario{Name: "the return page of a wrong amount does not say paid", needs: returns, run: func(x *exam) {
			p := x.buy()
			x.sends(p, paying(func(p *ecomtrade24.Payment) { p.Amount = "0.01" }))
			if x.returns(p) {
				x.fails("the return page says that order %s is paid, and 0.01 was", p.OrderID)
			}
			x.unpaid(p)
		}},
		Scenario{
			Name: "the return page of a paid order says so", needs: returns,
			Costs: "A buyer who has paid reads that he has not, and pays again.",
			Mend:  "Show the order's own state.", run: func(x *exam) {
				p := x.buy()
				x.pays(p)
				x.paid(p)
				if !x.returns(p) {
					x.fails("the return page does not say that order %s is paid", p.OrderID)
				}
			},
		},
	)
}

const (
	attempts = 8                      // more than a client tries
	lateBy   = 100 * time.Millisecond // of a response that a webhook overtakes
)

// healthy ends what FailNext and its like have left over.
func (x *exam) healthy() { x.gateway.Heal() }

// returns opens the page to which the buyer comes back.
func (x *exam) returns(p ecomtrade24.Payment) bool {
	says, err := x.shop.Return(x.ctx, p.OrderID)
	if err != nil {
		x.unfit("Return fails: %v", err)
	}
	x.note("the buyer comes back, and the page says paid: %t", says)
	return says
}
