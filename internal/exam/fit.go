package exam

import (
	"context"
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
	s := bareAlone("the shop can be examined", func(x *exam) { x.fits(c) })
	s.Group = "fitness"
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

func (x *exam) fits(c *Config) {
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
		bodies = append(bodies, x.body(x.gateway.EditPayment(p.SessionID, paying())))
	}
	x.atOnce(bodies...)
	responded := x.quietSince
	for _, p := range orders {
		x.eventually(p.OrderID, func(o Order) bool { return x.paidOnce(p.OrderID, o) })
	}
	return time.Since(responded)
}
