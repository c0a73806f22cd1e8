// Package exam examines a merchant's shop: scenarios in which a shop could lose money, played against it by a gateway.
// Package gatewaytest/shoptest runs them in a test, and the command ecomtrade24 drill from outside.
package exam

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Gateway is the gateway that the shop is connected to. Its methods are those of gatewaytest.Gateway.
type Gateway interface {
	Sessions() []ecomtrade24.Payment
	Tell(session string, change func(*ecomtrade24.Payment)) ecomtrade24.Payment
	Calls() int // of its API, so far
	FailNext(n, status int)
	DropNext(n int)
	SlowNext(n int, d time.Duration)
	LateNext(n int, d time.Duration)
	Heal()
	Plan() (ecomtrade24.IntegrationMode, []ecomtrade24.Method)
	SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method)
}

// Order is what the shop thinks of an order.
type Order struct {
	Paid      bool
	Fulfilled int  // how often goods were released for it
	Review    bool // it waits for a person
}

// Shop is the shop of one scenario. The fields up to Order are required; each of the others unlocks scenarios.
type Shop struct {
	// Secret signs the webhooks.
	Secret string
	// Post sends a request to the shop's webhook endpoint, whose URL it puts in, and returns the response's status.
	Post func(r *http.Request) (status int, err error)
	// Buy does what a buyer does, up to the gateway's checkout.
	Buy func(ctx context.Context) error
	// Order says what the shop thinks of an order.
	Order func(ctx context.Context, id string) (Order, error)

	Again     func(ctx context.Context, order string) error                  // opens another session for an order
	Return    func(ctx context.Context, order string) (paid bool, err error) // opens the page to which the buyer returns
	Reconcile func(ctx context.Context) error                                // asks the gateway about what is open
	Break     func(broken bool)                                              // breaks and mends the shop's database
	Restart   func(ctx context.Context) error                                // ends the shop's process and starts it again

	NoReview bool   // the shop has no list of what waits for a person
	Domain   string // the shop's domain, if the account has several: a payment for another one is not its own
}

// Config is how patient the examination is.
type Config struct {
	Patience time.Duration // that something must happen within
	Quiet    time.Duration // after which nothing more happens that must not
	Stories  int           // random stories
}

// Scenario is one thing that a shop must do.
type Scenario struct {
	Group, Name string
	Costs       string // what a shop loses that fails it, in one sentence
	Mend        string // how, with the SDK's name for it
	needs       need
	run         func(x *exam)
}

type need int

const (
	nothing need = 0
	again   need = 1 << iota
	returns
	reconcile
	breaks
	restart
	review
	domain
)

// Missing says what the scenario needs that the shop does not have, or "".
func (s Scenario) Missing(shop *Shop) string {
	for _, n := range []struct {
		need   need
		absent bool
		name   string
	}{
		{again, shop.Again == nil, "Again"},
		{returns, shop.Return == nil, "Return"},
		{reconcile, shop.Reconcile == nil, "Reconcile"},
		{breaks, shop.Break == nil, "Break"},
		{restart, shop.Restart == nil, "Restart"},
		{review, shop.NoReview, "list of what waits for a person"},
		{domain, shop.Domain == "", "Domain"},
	} {
		if s.needs&n.need != 0 && n.absent {
			return n.name
		}
	}
	return ""
}

// Failure is a scenario that the shop did not pass.
//
//nolint:errname // it is the lesson of a failure, and no error that anybody handles
type Failure struct {
	Scenario

	Unfit      bool     // the shop cannot be examined at all
	Transcript []string // what was done and what was seen, in order
	Problem    string
}

// Error is the lesson.
func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", f.Problem)
	for i, line := range f.Transcript {
		fmt.Fprintf(&b, "  %2d. %s\n", i+1, line)
	}
	if f.Costs != "" {
		fmt.Fprintf(&b, "It costs: %s\n", f.Costs)
	}
	if f.Mend != "" {
		fmt.Fprintf(&b, "Mend it: %s\n", f.Mend)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Examine plays the scenario and returns nil if the shop passes. Sessions that the gateway has already are none of its
// business, so that the scenarios can be played on one gateway and one shop, one after the other.
func (s Scenario) Examine(ctx context.Context, g Gateway, shop *Shop, c Config) (failure *Failure) {
	x := &exam{ctx: ctx, gateway: g, shop: shop, config: c, scenario: s, earlier: len(g.Sessions())}
	mode, methods := g.Plan()
	defer func() {
		g.Heal()
		g.SetPlan(mode, methods...)
		switch p := recover().(type) {
		case nil:
		case *Failure:
			failure = p
		default:
			panic(p)
		}
	}()
	s.run(x)
	return nil
}

// Fit tells whether the shop can be examined: that a purchase reaches the gateway, that the shop knows its order, and
// that the endpoint takes a webhook about it.
func Fit(ctx context.Context, g Gateway, shop *Shop, c Config) *Failure {
	s := Scenario{Group: "fitness", Name: "the shop can be examined", run: func(x *exam) {
		p := x.buy()
		if o := x.order(p.OrderID); o != (Order{}) {
			x.unfit("a fresh order that nobody has paid is %v: look at what Order returns", o)
		}
		status := x.sends(p, nil)
		switch status {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			x.unfit("the webhook endpoint responds %d: is it at the path that the gateway delivers to?", status)
		case http.StatusUnauthorized, http.StatusForbidden:
			x.unfit("the webhook endpoint responds %d to a rightly signed webhook: has the shop the gateway's secret?", status)
		}
	}}
	f := s.Examine(ctx, g, shop, c)
	if f != nil {
		f.Unfit = true
	}
	return f
}

// exam is a scenario under way.
type exam struct {
	ctx        context.Context //nolint:containedctx // of one scenario, whose steps all end with it
	gateway    Gateway
	shop       *Shop
	config     Config
	scenario   Scenario
	earlier    int // sessions, of the scenarios before
	transcript []string
}

// sessions are those that the scenario has made.
func (x *exam) sessions() []ecomtrade24.Payment { return x.gateway.Sessions()[x.earlier:] }

func (x *exam) note(format string, args ...any) {
	x.transcript = append(x.transcript, fmt.Sprintf(format, args...))
}

// fails ends the scenario.
func (x *exam) fails(format string, args ...any) {
	panic(&Failure{Scenario: x.scenario, Transcript: x.transcript, Problem: fmt.Sprintf(format, args...)})
}

func (x *exam) unfit(format string, args ...any) {
	panic(&Failure{Scenario: x.scenario, Unfit: true, Transcript: x.transcript, Problem: fmt.Sprintf(format, args...)})
}

// buy does what a buyer does, and returns the payment that is due in the session that the gateway has made.
func (x *exam) buy() ecomtrade24.Payment {
	before := len(x.sessions())
	if err := x.shop.Buy(x.ctx); err != nil {
		x.unfit("Buy fails: %v", err)
	}
	return x.newest(before, "a buyer buys: ")
}

// again opens another session for the order. A shop may lead the buyer back to a session that is open still: then that
// one expires first.
func (x *exam) again(p ecomtrade24.Payment) ecomtrade24.Payment {
	before := len(x.sessions())
	err := x.shop.Again(x.ctx, p.OrderID)
	if len(x.sessions()) == before {
		x.note("the buyer presses Pay again, and the shop opens no second session while the first is open")
		x.sends(p, becomes("expired"))
		err = x.shop.Again(x.ctx, p.OrderID)
	}
	if err != nil {
		x.unfit("Again fails: %v", err)
	}
	second := x.newest(before, "the buyer presses Pay again: ")
	if second.OrderID != p.OrderID {
		x.unfit("Again opens a session for order %q instead of %q", second.OrderID, p.OrderID)
	}
	return second
}

func (x *exam) newest(before int, what string) ecomtrade24.Payment {
	all := x.sessions()
	if len(all) <= before {
		x.unfit("%sthe gateway has made no session: does the shop use this gateway's URL and key?", what)
	}
	p := all[len(all)-1]
	x.note("%sorder %s, session %s, %s %s", what, p.OrderID, p.SessionID, p.Amount, p.Currency)
	return p
}

// order is what the shop thinks of an order.
func (x *exam) order(id string) Order {
	o, err := x.shop.Order(x.ctx, id)
	if err != nil {
		x.unfit("Order(%q) fails: %v", id, err)
	}
	return o
}

// String is the order in words.
func (o Order) String() string {
	words := []string{"not paid"}
	if o.Paid {
		words[0] = "paid"
	}
	switch o.Fulfilled {
	case 0:
	case 1:
		words = append(words, "fulfilled")
	default:
		words = append(words, fmt.Sprintf("fulfilled %d times", o.Fulfilled))
	}
	if o.Review {
		words = append(words, "waiting for a person")
	}
	return strings.Join(words, ", ")
}

// eventually waits until the order is as it must be.
func (x *exam) eventually(id, must string, right func(Order) bool) {
	deadline := time.Now().Add(x.config.Patience)
	for {
		o := x.order(id)
		if right(o) {
			x.note("order %s is %v", id, o)
			return
		}
		if !time.Now().Before(deadline) {
			x.fails("order %s must be %s, and is %v", id, must, o)
		}
		x.pause(5 * time.Millisecond)
	}
}

func (x *exam) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-x.ctx.Done():
		x.unfit("the time is over: %v", context.Cause(x.ctx))
	}
}

// paid: the order is paid and was fulfilled once.
func (x *exam) paid(p ecomtrade24.Payment) {
	x.eventually(p.OrderID, "paid, and fulfilled once", func(o Order) bool { return o.Paid && o.Fulfilled == 1 })
	x.stays(p, "paid, and fulfilled once", func(o Order) bool { return o.Paid && o.Fulfilled == 1 })
}

// unpaid: the order is not paid, and nothing was released for it.
func (x *exam) unpaid(p ecomtrade24.Payment) {
	x.stays(p, "not paid, and nothing released", func(o Order) bool { return !o.Paid && o.Fulfilled == 0 })
}

// stays looks once, after a while in which nothing may happen.
func (x *exam) stays(p ecomtrade24.Payment, must string, right func(Order) bool) {
	x.pause(x.config.Quiet)
	if o := x.order(p.OrderID); !right(o) {
		x.fails("order %s must be %s, and is %v", p.OrderID, must, o)
	}
}

// reported: a person is asked.
func (x *exam) reported(p ecomtrade24.Payment) {
	if !x.shop.NoReview {
		x.eventually(p.OrderID, "waiting for a person", func(o Order) bool { return o.Review })
	}
}

var errNoResponse = errors.New("no response")
