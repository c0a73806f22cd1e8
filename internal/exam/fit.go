package exam

import (
	"context"
	"maps"
	"math/big"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	calibrating = 8                    // orders that are paid at once
	leastSettle = 5 * time.Millisecond // for a shop that does its work before it responds
)

// Fit checks that the shop can be examined: a purchase reaches the gateway, the shop knows its order, and a payment
// pays. If c has no time to settle, Fit sets it, to twice what the shop took when several orders were paid at once.
//
//nolint:contextcheck // an exam holds its context
func Fit(ctx context.Context, g Gateway, shop *Shop, c *Config) *Failure {
	s := Scenario{Group: "fitness", Name: "the shop can be examined", Alone: true, run: func(x *exam) {
		p := x.buy()
		if o := x.order(p.OrderID); !o.empty() {
			x.unfit("order %s, which nobody has paid: expected unpaid, not shipped; got %v: look at what Order returns",
				quoted(p.OrderID), o)
		}
		if due, ok := new(big.Rat).SetString(string(p.Amount)); ok && due.Cmp(big.NewRat(1, 10)) < 0 {
			x.unfit("Buy bought something for %s: let it buy something dearer, since scenarios pay some cents too little",
				p.Amount)
		}
		x.accepted(p)
		x.counted(p, c)
		x.paid(p)
		took := x.calibrate()
		if c.Settle == 0 {
			c.Settle = leastSettle + 2*took
		}
	}}
	used := *c
	if used.Settle == 0 {
		used.Settle = leastSettle
	}
	f := s.Examine(ctx, g, shop, used)
	if f != nil && !f.Unfit {
		f.Problem += "; nothing else can be examined before a plain payment works"
	}
	return f
}

// accepted pays the order, in any of the signature's forms.
func (x *exam) accepted(p ecomtrade24.Payment) {
	first := x.pays(p)
	if acknowledged(first) {
		return
	}
	for _, name := range webhook.SignatureHeaders() {
		for _, prefix := range []bool{false, true} {
			body := x.body(with(p, paying()))
			form := delivery.Format{Header: name, Prefix: prefix}
			if acknowledged(x.post(header(name, form.Sign(x.shop.Secret, body)), body)) {
				x.rejected = 0
				return
			}
		}
	}
	switch first {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		x.unfit("the webhook endpoint responds %d: is it at the path that the gateway delivers to?", first)
	case http.StatusUnauthorized, http.StatusForbidden:
		x.unfit("the webhook endpoint responds %d to a correctly signed webhook: does the shop have this gateway's secret? "+
			"Is a CSRF check in front of the endpoint?", first)
	}
}

// counted ends the examination if a count of the order does not count what it should. It remembers what is counted.
func (x *exam) counted(p ecomtrade24.Payment, c *Config) {
	o := x.eventually(p.OrderID, func(o Order) bool { return x.paidOnce(p.OrderID, o) })
	if !o.Paid {
		return
	}
	if o.Fulfilled == 0 {
		x.unfit("order %s is paid: expected shipped once; got %v: if the shop does not count shipments, say so with NoCount",
			quoted(p.OrderID), o)
	}
	if off := x.off(p.OrderID, o, 1); off != "" {
		x.unfit("order %s is paid: expected each side effect to happen once; got %s: "+
			"count how often it happens, not how much", quoted(p.OrderID), off)
	}
	c.effects = o.Effects
}

// calibrate returns how long after the last response the shop may still be at work on payments.
func (x *exam) calibrate() time.Duration {
	var orders []ecomtrade24.Payment
	var bodies [][]byte
	for range calibrating {
		known := len(x.fresh)
		p, led := x.purchase()
		if led != "" || len(x.fresh) == known {
			break // this shop takes purchases in a row for one order
		}
		orders = append(orders, p)
		bodies = append(bodies, x.body(x.gateway.Tell(p.SessionID, paying())))
	}
	x.atOnce(bodies...)
	responded := x.quietSince
	for _, p := range orders {
		x.eventually(p.OrderID, func(o Order) bool { return x.paidOnce(p.OrderID, o) })
	}
	return time.Since(responded)
}

// Hooks are scenarios that show that the shop's hooks do something. The scenarios that need a hook are not played if
// its own fails: Proves names it.
func Hooks() []Hook {
	return []Hook{
		{front, proof("Front serves the return URL", front, func(x *exam) {
			p := x.buy()
			to := x.ways(p)[0]
			if page := x.visit(http.MethodGet, to, ""); page.Status == 0 || page.Status >= http.StatusBadRequest {
				x.unfit("the return URL %s: expected a page; got %s", shortened(to), responded(page.Status))
			}
		})},
		{again, proof("Again opens another session", again, func(x *exam) { x.again(x.buy()) })},
		{returns, proof("the return page of a paid order says paid", returns, func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			deadline := time.Now().Add(x.config.Patience)
			for !x.returns(p) {
				if !time.Now().Before(deadline) {
					x.fails(Misleads, "the return page of order %s, which is paid: expected to say so; got nothing of it",
						quoted(p.OrderID))
				}
				x.transcript = x.transcript[:len(x.transcript)-1]
				x.pause(10 * time.Millisecond)
			}
		})},
		{reconcile, proof("Reconcile finds a payment whose webhook was lost", reconcile, func(x *exam) {
			p := x.buy()
			x.gateway.Tell(p.SessionID, paying())
			x.note("the order is paid at the gateway, and every webhook is lost")
			x.recoversLookup(p)
		}).fix("If the hook makes the shop look up its sessions, its lookups lose payments: " +
			"Inbox.Expect and Inbox.Reconcile find them.")},
		{breaks, proof("Break keeps the shop from storing a payment", breaks, func(x *exam) {
			p := x.buy()
			x.gateway.Tell(p.SessionID, paying())
			var o Order
			var err error
			x.whileBroken(func() int {
				status := x.attempt(with(p, paying()))
				x.settle()
				o, err = x.shop.Order(x.ctx, p.OrderID)
				return status
			})
			if err == nil && o.Paid {
				x.unfit("Break(true) did nothing: the shop stored a payment")
			}
		})},
		{statements, proof("Statements sees the webhook's statements", statements, func(x *exam) {
			p := x.buy()
			x.shop.Statements.FailNth(0)
			x.pays(p)
			x.paid(p)
			if x.shop.Statements.Count() == 0 {
				x.unfit("Statements saw none: does the shop use the database that it wraps?")
			}
		})},
		{restart, proof("a restart forgets no payment", restart, func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			x.restarts()
			x.paid(p)
		})},
		{totals, proof("a purchase and its payment move the totals", totals, func(x *exam) {
			before := x.totals()
			p := x.buy()
			x.pays(p)
			x.paid(p)
			if maps.Equal(before, x.totals()) {
				x.unfit("Totals returned the same before a purchase and after its payment")
			}
		})},
		{logs, proof("Log returns what the shop logs", logs, func(x *exam) {
			before := x.log()
			x.everyKind()
			if x.log() == before {
				x.unfit("Log returned nothing new after rejected webhooks, a rejected key and a payment")
			}
		})},
	}
}

// Hook is a scenario that shows that one hook works.
type Hook struct {
	Proves string
	Scenario
}

func proof(name, hook string, run func(x *exam)) Scenario {
	return in("hooks", "See the hook's documentation.", alone(name, run, hook))[0]
}
