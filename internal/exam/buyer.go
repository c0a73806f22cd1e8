package exam

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// buy does what a buyer does, and returns the payment due in the session that the gateway has made.
func (x *exam) buy() ecomtrade24.Payment {
	p, led := x.purchase()
	if led != "" {
		x.unfit("%s", led)
	}
	return p
}

// another is a purchase of another order than those of the scenario so far. A shop may take two purchases in a row for
// one order, until that is paid; then the scenario cannot be played.
func (x *exam) another() ecomtrade24.Payment {
	known, paid := len(x.fresh), maps.Clone(x.wasPaid)
	p, led := x.purchase()
	if led == "" {
		x.isNew(p, paid)
	}
	if led != "" || len(x.fresh) == known {
		x.skip("two purchases in a row are one order in this shop; let each Buy be another buyer")
	}
	return p
}

// others are n further orders.
func (x *exam) others(n int) []ecomtrade24.Payment {
	orders := make([]ecomtrade24.Payment, n)
	for i := range orders {
		orders[i] = x.another()
	}
	return orders
}

// purchase presses Buy. led says why no session came of it, although Buy did not fail.
func (x *exam) purchase() (p ecomtrade24.Payment, led string) {
	x.shop.buying.Lock()
	defer x.shop.buying.Unlock()
	before, calls := len(x.gateway.Sessions()), x.gateway.Calls()
	if err := x.sends(x.shop.Buy); err != nil {
		x.unfit("Buy failed: %v%s", err, x.reasons(calls))
	}
	if len(x.gateway.Sessions()) == before {
		return p, x.nothing("Buy", calls)
	}
	return x.newest("a buyer buys"), ""
}

// isNew fails if a purchase is for an order that was paid before.
func (x *exam) isNew(p ecomtrade24.Payment, paid map[string]bool) {
	if paid[p.OrderID] {
		x.fails(LosesPayment, "a purchase: expected another order than %s, which is paid; got this one again",
			quoted(p.OrderID))
	}
}

// sends presses a button, and keeps where it sent the buyer.
func (x *exam) sends(press func(context.Context) error) error {
	var to atomic.Pointer[string]
	err := press(context.WithValue(x.ctx, sentTo{}, &to))
	x.sentTo = ""
	if at := to.Load(); at != nil {
		x.sentTo = *at
	}
	return err
}

type sentTo struct{} // the key of a context

// SentTo reports where Buy or Again, whose context ctx is, sent the buyer.
func SentTo(ctx context.Context, to string) {
	if at, ok := ctx.Value(sentTo{}).(*atomic.Pointer[string]); ok {
		at.Store(&to)
	}
}

// nothing says why a press of a button made no session.
func (x *exam) nothing(hook string, calls int) string {
	if x.gateway.Calls() == calls {
		return hook + " made no call to the gateway: does the shop use this gateway's URL?"
	}
	return hook + " made no session" + x.reasons(calls)
}

// reasons is what the gateway rejected since, to be added to an error.
func (x *exam) reasons(calls int) string {
	if why := x.gateway.Rejected(calls); len(why) > 0 {
		return ": the gateway rejected " + why[len(why)-1]
	}
	return ""
}

// newest is the payment due in the newest session. It remembers the order as it is before anything happens to it.
func (x *exam) newest(what string) ecomtrade24.Payment {
	all := x.gateway.Sessions()
	p := all[len(all)-1]
	x.quietSince = time.Now()
	x.note("%s: order %s, session %s, %s %s", what, quoted(p.OrderID), p.SessionID, p.Amount, p.Currency)
	x.watch(p)
	return p
}

func (x *exam) watch(p ecomtrade24.Payment) {
	if _, known := x.fresh[p.OrderID]; !known {
		x.fresh[p.OrderID] = Order{} // also if the shop does not know the order
		x.fresh[p.OrderID] = x.order(p.OrderID)
	}
}

// sessions are those that a scenario has made that runs alone.
func (x *exam) sessions() []ecomtrade24.Payment {
	all := x.gateway.Sessions()[x.earlier:]
	for _, p := range all {
		x.watch(p)
	}
	return all
}

// again opens another session for a purchase, which may have another order ID. A shop may lead the buyer back to a
// session that is open; that one then expires first.
func (x *exam) again(p ecomtrade24.Payment) ecomtrade24.Payment {
	x.settle()
	if second, ok := x.pressAgain(p); ok {
		return second
	}
	x.happens(p, becomes(ecomtrade24.StatusExpired))
	deadline := time.Now().Add(x.config.Patience)
	for {
		x.settle()
		if second, ok := x.pressAgain(p); ok {
			return second
		}
		if !time.Now().Before(deadline) {
			x.fails(StopsShop, "order %s, whose session has expired: expected Pay again to open a session; got none",
				quoted(p.OrderID))
		}
		x.pause(10 * time.Millisecond)
	}
}

// pressAgain presses Pay again, and reports whether that opened a session.
func (x *exam) pressAgain(p ecomtrade24.Payment) (second ecomtrade24.Payment, opened bool) {
	x.shop.buying.Lock()
	defer x.shop.buying.Unlock()
	before := len(x.gateway.Sessions())
	err := x.sends(func(ctx context.Context) error { return x.shop.Again(ctx, p.OrderID) })
	x.quietSince = time.Now()
	if len(x.gateway.Sessions()) > before {
		return x.newest("the buyer presses Pay again"), true
	}
	x.note("the buyer presses Pay again: no new session, %s", outcome(err))
	return p, false
}

// returns opens the page to which the buyer comes back, and reports whether it says paid.
func (x *exam) returns(p ecomtrade24.Payment) bool {
	x.settle()
	says, err := x.shop.Return(x.ctx, p.OrderID)
	if err != nil {
		x.unfit("Return failed: %v", err)
	}
	x.note("the buyer comes back, and the page says paid: %t", says)
	return says
}

// visit opens a page as a stranger does. body makes it a POST of a form.
func (x *exam) visit(method, to, body string) Page {
	r, err := http.NewRequestWithContext(x.ctx, method, to, strings.NewReader(body))
	if err != nil {
		x.unfit("the shop's return URL cannot be opened: %v", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return x.open(r)
}

func (x *exam) open(r *http.Request) Page {
	page, err := x.shop.Visit(r)
	x.quietSince = time.Now()
	if err != nil {
		x.note("a stranger opens %s %s: %v", r.Method, shortened(r.URL.RequestURI()), err)
		return Page{}
	}
	x.note("a stranger opens %s %s → %d", r.Method, shortened(r.URL.RequestURI()), page.Status)
	return page
}

func shortened(s string) string {
	if len(s) > 160 {
		return s[:160] + "…"
	}
	return s
}

// outcome describes what came of a purchase.
func outcome(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return "no error"
}

// catchUp lets the shop look up what is open.
func (x *exam) catchUp() {
	ctx, cancel := context.WithTimeout(x.ctx, x.config.Patience)
	defer cancel()
	err := x.shop.Reconcile(ctx)
	x.quietSince = time.Now()
	x.note("the shop looks up open sessions: %s", outcome(err))
}

// restarts restarts the shop.
func (x *exam) restarts() {
	if err := x.shop.Restart(x.ctx); err != nil {
		x.unfit("Restart failed: %v", err)
	}
	x.note("the shop restarts")
}
