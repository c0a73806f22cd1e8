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

// buy makes a purchase and returns the payment due in the new session.
func (x *exam) buy() ecomtrade24.Payment {
	p, led := x.purchase()
	if led != "" {
		x.unfit("%s", led)
	}
	return p
}

// another returns the payment of one more purchase, with a new order. It skips the scenario if the shop reuses an
// unpaid order for the next purchase.
func (x *exam) another() ecomtrade24.Payment {
	known, paid := len(x.fresh), maps.Clone(x.wasPaid)
	p, led := x.purchase()
	if led == "" {
		x.isNew(p, paid)
	}
	if led != "" || len(x.fresh) == known {
		x.skip("this shop reuses the order for the next purchase: let each Buy act as a different buyer")
	}
	return p
}

// others returns the payments of n more purchases.
func (x *exam) others(n int) []ecomtrade24.Payment {
	orders := make([]ecomtrade24.Payment, n)
	for i := range orders {
		orders[i] = x.another()
	}
	return orders
}

// purchase presses Buy. If Buy succeeds but opens no session, the result led says why.
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

// isNew fails if a purchase got an order that was paid before.
func (x *exam) isNew(p ecomtrade24.Payment, paid map[string]bool) {
	if paid[p.OrderID] {
		x.fails(LosesPayment, "a purchase: expected a new order; got %s, which is already paid",
			quoted(p.OrderID))
	}
}

// sends calls the function press, which presses a button, and stores the URL to which the shop sent the buyer.
func (x *exam) sends(press func(context.Context) error) error {
	var to atomic.Pointer[string]
	err := press(context.WithValue(x.ctx, sentTo{}, &to))
	x.sentTo = ""
	if at := to.Load(); at != nil {
		x.sentTo = *at
	}
	return err
}

type sentTo struct{} // a context key

// SentTo reports where Buy or Again sent the buyer. ctx is the context of Buy or Again.
func SentTo(ctx context.Context, to string) {
	if at, ok := ctx.Value(sentTo{}).(*atomic.Pointer[string]); ok {
		at.Store(&to)
	}
}

// nothing returns the reason why the hook created no session.
func (x *exam) nothing(hook string, calls int) string {
	if x.gateway.Calls() == calls {
		return hook + " made no call to the gateway: check that the shop uses this gateway's URL"
	}
	return hook + " created no session" + x.reasons(calls)
}

// reasons returns a description of the last call that the gateway rejected; the caller appends it to an error.
func (x *exam) reasons(calls int) string {
	if why := x.gateway.Rejected(calls); len(why) > 0 {
		return ": the gateway rejected " + why[len(why)-1]
	}
	return ""
}

// newest returns the payment due in the newest session. It stores the order's initial state.
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
		x.fresh[p.OrderID] = Order{} // recorded even if the shop does not know the order
		x.fresh[p.OrderID] = x.order(p.OrderID)
	}
}

// sessions returns the sessions of a scenario that runs alone.
func (x *exam) sessions() []ecomtrade24.Payment {
	all := x.gateway.Sessions()[x.earlier:]
	for _, p := range all {
		x.watch(p)
	}
	return all
}

// again presses the Pay again button to open another session for a purchase, maybe with another order ID. If the shop
// sends the buyer back to the open session, again lets that session expire first.
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
			x.fails(StopsShop, "order %s, whose session expired: expected the Pay again button to open a session; got none",
				quoted(p.OrderID))
		}
		x.pause(10 * time.Millisecond)
	}
}

// pressAgain presses the Pay again button and reports whether that opened a session.
func (x *exam) pressAgain(p ecomtrade24.Payment) (second ecomtrade24.Payment, opened bool) {
	x.shop.buying.Lock()
	defer x.shop.buying.Unlock()
	before := len(x.gateway.Sessions())
	err := x.sends(func(ctx context.Context) error { return x.shop.Again(ctx, p.OrderID) })
	x.quietSince = time.Now()
	if len(x.gateway.Sessions()) > before {
		return x.newest("the buyer presses the Pay again button"), true
	}
	x.note("the buyer presses the Pay again button: no new session, %s", outcome(err))
	return p, false
}

// returns opens the return page and reports whether it says paid.
func (x *exam) returns(p ecomtrade24.Payment) bool {
	x.settle()
	says, err := x.shop.Return(x.ctx, p.OrderID)
	if err != nil {
		x.unfit("Return failed: %v", err)
	}
	x.note("the buyer returns; the page says paid: %t", says)
	return says
}

// visit opens a page as a stranger. If body is not empty, visit posts it as a form.
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

// outcome describes the result of a hook.
func outcome(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return "no error"
}

// catchUp makes the shop look up open sessions.
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
