package exam

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func checkout() []Scenario {
	// sick is a gateway that does not do what it is asked when the buyer buys.
	sick := func(name, what string, ill func(x *exam) (heal func())) Scenario {
		return Scenario{
			Name: name, Costs: "One bad minute of the gateway stops the shop, or pays an order.",
			Mend: "Show the buyer that it did not work, keep the order open, and let him try again.",
			run: func(x *exam) {
				heal := ill(x)
				x.note("a buyer buys, and the gateway %s: %s", what, outcome(x.shop.Buy(x.ctx)))
				for _, p := range x.sessions() {
					x.unpaid(p)
				}
				p := x.recovers(heal)
				x.pays(p)
				x.paid(p)
			},
		}
	}
	fails := func(name string, status int) Scenario {
		return sick(name, "responds "+http.StatusText(status), func(x *exam) func() {
			x.gateway.FailNext(attempts, status)
			return x.gateway.Heal
		})
	}
	return in("checkout", "Goods leave for nothing.",
		"Show an order's own state, and let only a webhook or a status change it.",
		fails("a gateway that fails stops one purchase and no more", http.StatusInternalServerError),
		fails("a proxy's page instead of the gateway stops one purchase and no more", http.StatusBadGateway),
		fails("a gateway that is too busy stops one purchase and no more", http.StatusTooManyRequests),
		fails("a key that is refused stops one purchase and no more", http.StatusUnauthorized),
		planned("methods that are not offered for a while stop no purchase for good"),
		planned("a plan that changes stops no purchase for good", "card", "upi"),
		Scenario{
			Name:  "a gateway that hangs stops nobody but its own buyer",
			Costs: "While the gateway does not respond, no payment of anybody else arrives.",
			Mend:  "Hold no lock and no transaction open while a call to the gateway is under way.",
			run:   hangs,
		},
		Scenario{
			Name:  "a session whose response was lost still pays its order",
			Costs: "A buyer has paid and gets nothing, because the shop forgot the order when the gateway did not respond.",
			Mend:  "Store the order before CreateSession, and keep it after ErrOutcomeUnknown.",
			run: func(x *exam) {
				x.buy() // so that the shop knows its plan, and the next call is the session's
				before := len(x.sessions())
				x.gateway.DropNext(attempts)
				x.note("another buyer buys, and the gateway's response is lost: %s", outcome(x.shop.Buy(x.ctx)))
				x.gateway.Heal()
				for _, p := range x.sessions()[before:] {
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
				for len(x.sessions()) == 0 && time.Now().Before(deadline) {
					x.pause(time.Millisecond)
				}
				all := x.sessions()
				if len(all) == 0 {
					x.unfit("the buyer buys, and the gateway has made no session")
				}
				p := all[0]
				x.note("a buyer buys; the gateway has made session %s and not responded yet", p.SessionID)
				status := x.sends(p, paidFor)
				x.note("the gateway responds: %s", outcome(<-bought))
				x.gateway.Heal()
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
				x.note("the buyer presses twice at once: %d sessions", len(x.sessions()))
				for _, p := range x.sessions() {
					x.pays(p)
				}
				for _, p := range x.sessions() {
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
				before := len(x.sessions())
				err := x.shop.Again(x.ctx, p.OrderID) // the shop may well refuse
				x.note("the buyer presses Pay again: %s, new sessions: %d", outcome(err), len(x.sessions())-before)
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

// planned is a merchant who has Smart Routing for a while: with each of the methods in turn, or with none. Whether the
// shop can sell with the first one is its own business; if so, it can with the next one.
func planned(name string, methods ...string) Scenario {
	return Scenario{
		Name: name, Costs: "The shop sells nothing until somebody restarts it.",
		Mend: "Client.Checkout asks for the plan again when the gateway refuses because of it; forget your own copy then.",
		run: func(x *exam) {
			usual, offered := x.gateway.Plan()
			if len(methods) == 0 {
				x.gateway.SetPlan(ecomtrade24.ModeSmartRouting)
				x.note("a buyer buys, and the plan lists no method: %s", outcome(x.shop.Buy(x.ctx)))
			}
			for i, id := range methods {
				before := len(x.sessions())
				only := ecomtrade24.Method{ID: id, Available: true}
				x.gateway.SetPlan(ecomtrade24.ModeSmartRouting, only)
				x.note("a buyer buys, and the plan lists %s only: %s", id, outcome(x.shop.Buy(x.ctx)))
				if i > 0 && len(x.sessions()) == before {
					x.recovers(func() {})
				}
				if len(x.sessions()) == before {
					break
				}
			}
			p := x.recovers(func() { x.gateway.SetPlan(usual, offered...) })
			x.pays(p)
			x.paid(p)
		},
	}
}

// recovers heals what was wrong with the gateway, and returns the payment due of a purchase that works again. A shop
// may take some seconds to see what has changed: the SDK doubts a plan at most every five.
func (x *exam) recovers(heal func()) ecomtrade24.Payment {
	heal()
	before := len(x.sessions())
	deadline := time.Now().Add(x.config.Patience + 10*time.Second)
	for tries, pause := 1, 10*time.Millisecond; ; tries, pause = tries+1, min(2*pause, time.Second) {
		err := x.shop.Buy(x.ctx)
		if all := x.sessions(); len(all) > before {
			x.note("nothing is wrong any more, and a buyer buys, %d times until it works", tries)
			return all[len(all)-1]
		}
		if !time.Now().Before(deadline) {
			x.note("nothing is wrong any more, and a buyer buys, %d times: %s", tries, outcome(err))
			x.fails("nothing is wrong any more, and no purchase reaches the gateway")
		}
		x.pause(pause)
	}
}

// hangs is a gateway that does not respond to one call, while a webhook about somebody else's order comes.
func hangs(x *exam) {
	p := x.buy()
	before := x.gateway.Calls()
	x.gateway.SlowNext(1, time.Hour)
	bought := make(chan error, 1)
	go func() { bought <- x.shop.Buy(x.ctx) }()
	deadline := time.Now().Add(x.config.Patience)
	for x.gateway.Calls() == before && time.Now().Before(deadline) {
		x.pause(time.Millisecond)
	}
	x.note("another buyer buys, and the gateway does not respond")
	body := x.body(x.gateway.Tell(p.SessionID, paidFor))
	for range 3 { // the gateway repeats what was not acknowledged
		status := x.posted(2*time.Second, right(x.shop.Secret, body), len(body), bytes.NewReader(body))
		x.note("webhook: the order of the first is paid → %s", responded(status))
		if status >= 200 && status <= 299 {
			break
		}
	}
	x.paid(p)
	x.gateway.Heal()
	x.note("the gateway responds: %s", outcome(<-bought))
}

// outcome is what became of a purchase, for the transcript.
func outcome(err error) string {
	if err != nil {
		return "it fails: " + err.Error()
	}
	return "it works"
}

// returns opens the page to which the buyer comes back.
func (x *exam) returns(p ecomtrade24.Payment) bool {
	says, err := x.shop.Return(x.ctx, p.OrderID)
	if err != nil {
		x.unfit("Return fails: %v", err)
	}
	x.note("the buyer comes back, and the page says paid: %t", says)
	return says
}
