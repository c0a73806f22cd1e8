package exam

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	tryAgain  = "Show the buyer an error, keep the order open, and let the buyer try again."
	unchanged = "Redirect the buyer to the new session's CheckoutURL, unchanged. Do not build, escape or cache the URL."
)

// failingCheckouts returns scenarios with purchases while the gateway fails.
func failingCheckouts() []Scenario {
	return advised(tryAgain,
		sick("a gateway error affects only one purchase", http.StatusInternalServerError),
		sick("a proxy's error page affects only one purchase", http.StatusBadGateway),
		sick("a 429 from the gateway affects only one purchase", http.StatusTooManyRequests),
		sick("a rejected API key affects only one purchase", http.StatusUnauthorized),
		sick("a 200 response with an error affects only one purchase", http.StatusOK),
		bareAlone("a plan without methods does not block later purchases", planned()).
			fix("Do not cache the plan yourself: Client.Checkout fetches it again when the gateway rejects a session."),
		bareAlone("a plan change does not block later purchases", planned("first_method", "second_method")).
			fix("Do not cache the plan yourself: Client.Checkout fetches it again when the gateway rejects a session."),
		alone("a call that gets no response from the gateway blocks only its own buyer", hangs).
			fix("Hold no lock or transaction while you call the gateway."),
		alone("a payment marks the order paid even if session.php's response was lost", func(x *exam, _ ecomtrade24.Payment) {
			// The shop already knows its plan, so its next call creates the session.
			before := len(x.sessions())
			x.gateway.DropResponses(tries)
			x.note("another buyer buys; the gateway's response is lost: %s", outcome(x.shop.Buy(x.ctx)))
			x.gateway.Heal()
			for _, p := range x.sessions()[before:] {
				x.paysOnce(p)
			}
		}).fix("Store the order before CreateSession, and keep the order after ErrOutcomeUnknown."),
		bareAlone("a webhook that arrives earlier than session.php's response marks the order paid", early).
			fix("Store the order before CreateSession, and find it by its order ID, not by the session ID."),
	)
}

// buyers returns scenarios that check purchases and the URLs to which they send buyers.
func buyers() []Scenario {
	return advised(tryAgain,
		plain("the Buy button sends the buyer to the session's checkout URL", func(x *exam, p ecomtrade24.Payment) {
			x.leads("Buy", p)
			if second, led := x.purchase(); led == "" {
				x.leads("Buy", second)
			}
		}).fix(unchanged),
		plain("the Pay again button sends the buyer to the new session's checkout URL", func(x *exam, p ecomtrade24.Payment) {
			x.leads("Pay again", x.again(p))
		}, again).fix(unchanged),
		bareAlone("each order ships once if Buy is pressed twice at the same time", func(x *exam) {
			x.together(2, x.shop.Buy)
			x.note("a buyer presses Buy twice at the same time: %d sessions", len(x.sessions()))
			x.paysAll()
		}),
		alone("eight buyers can all pay at the same time", func(x *exam, _ ecomtrade24.Payment) {
			x.together(8, x.shop.Buy)
			x.note("eight buyers buy at once: %d sessions", len(x.sessions())-1)
			x.paysAll()
		}),
	)
}

const (
	tries  = 8                      // more calls than a client makes for one session
	lateBy = 100 * time.Millisecond // delay of a response, so that a webhook comes first
)

// leads fails unless the button that created the session sent the buyer to that session's checkout URL.
func (x *exam) leads(button string, p ecomtrade24.Payment) {
	switch want := x.checkoutURL(p); x.sentTo {
	case want:
		x.note("%s sends the buyer to %s", button, want)
	case "":
		x.skip("%s does not report where it sends the buyer, by a redirect or shoptest.SentTo", button)
	default:
		x.fails(StopsShop, "%s, order %s: expected the buyer to be sent to %s; got %s",
			button, quoted(p.OrderID), want, shortened(x.sentTo))
	}
}

// checkoutURL returns the checkout URL in the gateway's response.
func (x *exam) checkoutURL(p ecomtrade24.Payment) string {
	return x.shop.Gateway + "/pay.php?session=" + p.SessionID
}

// paysAll pays each session of a scenario that runs alone, and checks the session's order.
func (x *exam) paysAll() {
	for _, p := range x.sessions() {
		x.pays(p)
	}
	for _, p := range x.sessions() {
		x.paid(p)
	}
}

// together invokes f n times at the same time.
func (x *exam) together(n int, f func(context.Context) error) {
	var all sync.WaitGroup
	for range n {
		all.Go(func() { _ = f(x.ctx) })
	}
	all.Wait()
	x.quietSince = time.Now()
}

// sick returns a scenario in which a buyer buys while the gateway responds with the given status.
func sick(name string, status int) Scenario {
	return bareAlone(name, func(x *exam) {
		x.gateway.FailCalls(tries, status)
		x.note("a buyer buys; the gateway responds %d: %s", status, outcome(x.shop.Buy(x.ctx)))
		x.gateway.Heal()
		for _, p := range x.sessions() {
			x.unpaid(p)
		}
		p := x.recovers()
		x.paysOnce(p)
	})
}

// planned returns a function that switches the merchant to Smart Routing, with each of the methods in turn, or with no
// methods. A shop may support only some methods, but if it sells with the first method it must sell with the next.
func planned(methods ...string) func(x *exam) {
	return func(x *exam) {
		usual, offered := x.gateway.Plan()
		if len(methods) == 0 {
			x.gateway.SetPlan(ecomtrade24.ModeSmartRouting)
			x.note("a buyer buys; the plan lists no methods: %s", outcome(x.shop.Buy(x.ctx)))
		}
		for _, id := range methods {
			before := len(x.gateway.Sessions())
			x.gateway.SetPlan(ecomtrade24.ModeSmartRouting, ecomtrade24.Method{ID: id, Available: true})
			x.note("a buyer buys; the plan lists only %s: %s", id, outcome(x.shop.Buy(x.ctx)))
			switch {
			case len(x.gateway.Sessions()) > before:
				continue
			case id != methods[0]:
				x.recovers()
			}
			break
		}
		x.gateway.SetPlan(usual, offered...)
		p := x.recovers()
		x.paysOnce(p)
	}
}

// recovers retries a purchase until it succeeds and returns the payment due. A shop may need some seconds to notice the
// change: the SDK refreshes a plan at most every five seconds.
func (x *exam) recovers() ecomtrade24.Payment {
	before := len(x.gateway.Sessions())
	deadline := time.Now().Add(x.config.Patience + 10*time.Second)
	for n, pause := 1, 10*time.Millisecond; ; n, pause = n+1, min(2*pause, time.Second) {
		err := x.shop.Buy(x.ctx)
		if len(x.gateway.Sessions()) > before {
			x.note("the gateway works again; a buyer could buy after %d attempts", n)
			return x.newest("a buyer buys")
		}
		if !time.Now().Before(deadline) {
			x.note("the gateway works again; a buyer tries to buy %d times: %s", n, outcome(err))
			x.fails(StopsShop, "expected a purchase to work when the gateway works again; it fails")
		}
		x.pause(pause)
	}
}

// hangs delivers a webhook for order p while the gateway does not respond to another buyer's call.
func hangs(x *exam, p ecomtrade24.Payment) {
	before := x.gateway.Calls()
	x.gateway.SlowCalls(1, time.Hour)
	bought := x.buysMeanwhile()
	x.awaitCall(before)
	x.note("another buyer buys; the gateway does not respond")
	if x.oneWorker() {
		x.gateway.Heal()
		x.note("the gateway responds: %s", outcome(<-bought))
		x.skip(oneWorker)
	}
	body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
	for range 3 { // the gateway repeats a webhook until it is acknowledged
		status := x.send(request{header: signature(x.shop.Secret, body), body: body, hangUp: 2 * time.Second})
		x.note("webhook: the first order is paid → %s", responded(status))
		if acknowledged(status) {
			break
		}
	}
	var o Order
	var err error
	for deadline := time.Now().Add(x.config.Patience); !o.Paid && time.Now().Before(deadline); {
		x.pause(2 * time.Millisecond)
		o, err = x.shop.Order(x.ctx, p.OrderID)
	}
	x.gateway.Heal()
	x.note("the gateway responds: %s", outcome(<-bought))
	if !o.Paid {
		x.fails(StopsShop, "order %s, while the gateway did not respond to another buyer: expected paid; got %v (%s)",
			quoted(p.OrderID), o, outcome(err))
	}
	x.paid(p)
}

// buysMeanwhile starts a purchase in the background and returns a channel that receives its outcome, even if the hook
// ends its goroutine, as testing.T.FailNow does.
func (x *exam) buysMeanwhile() <-chan error {
	bought := make(chan error, 1)
	go func() {
		err := errors.New("the hook Buy ended its goroutine")
		defer func() { bought <- err }()
		err = x.shop.Buy(x.ctx)
	}()
	return bought
}

// early makes a purchase and delivers its webhook before the gateway responds to the call that created the session.
func early(x *exam) {
	x.gateway.DelayResponses(tries, lateBy)
	bought := x.buysMeanwhile()
	deadline := time.Now().Add(x.config.Patience + lateBy*tries)
	for len(x.gateway.Sessions()) == x.earlier && time.Now().Before(deadline) {
		x.pause(time.Millisecond)
	}
	all := x.gateway.Sessions()[x.earlier:]
	if len(all) == 0 {
		x.gateway.Heal()
		x.unfit("a buyer bought, but the gateway created no session: %s", outcome(<-bought))
	}
	p := all[0]
	x.note("a buyer buys; the gateway created session %s but has not responded yet", p.SessionID)
	x.gateway.EditPayment(p.SessionID, paying())
	status := x.attempt(with(p, paying()))
	x.note("the gateway responds: %s", outcome(<-bought))
	x.gateway.Heal()
	x.redelivered(p, status)
	x.paid(p)
}
