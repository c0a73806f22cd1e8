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
	calibrating = 8                    // number of orders paid at the same time
	leastSettle = 5 * time.Millisecond // settle time of a shop that finishes its work before it responds
)

// Fit checks that the shop can be tested: a purchase reaches the gateway, the shop knows its order, and a payment marks
// it paid. If c.Settle is 0, Fit sets it to twice the time that the shop took for several payments at once.
//
//nolint:contextcheck // an exam holds its context
func Fit(ctx context.Context, g Gateway, shop *Shop, c *Config) *Failure {
	s := bareAlone("the shop can be examined", func(x *exam) { x.fits(c) })
	s.Group = "basics"
	used := *c
	if used.Settle == 0 {
		used.Settle = leastSettle
	}
	f := s.Examine(ctx, g, shop, used)
	if f != nil && !f.Unfit {
		f.Problem += "; fix this first: every other scenario needs a plain payment to work"
	}
	return f
}

func (x *exam) fits(c *Config) {
	p := x.buy()
	if o := x.order(p.OrderID); !o.empty() {
		x.unfit("order %s, before any payment: expected unpaid, not shipped; got %v: check what Order returns",
			quoted(p.OrderID), o)
	}
	if due, ok := new(big.Rat).SetString(string(p.Amount)); ok && due.Cmp(big.NewRat(1, 10)) < 0 {
		x.unfit("Buy bought something for %s: let it buy something for at least 0.10",
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

// accepted checks that the shop accepts the webhook of the order's payment in at least one signature format.
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
		x.unfit("the webhook endpoint responds %d: check the path of the endpoint", first)
	case http.StatusUnauthorized, http.StatusForbidden:
		x.unfit("the webhook endpoint responds %d to a correctly signed webhook: check that the shop has this gateway's "+
			"secret, and that no CSRF check rejects the request", first)
	}
}

// counted ends the examination if the order's counts are wrong. Otherwise it stores in c which side effects the shop
// counts.
func (x *exam) counted(p ecomtrade24.Payment, c *Config) {
	o := x.eventually(p.OrderID, func(o Order) bool { return x.paidOnce(p.OrderID, o) })
	if !o.Paid {
		return
	}
	if o.Fulfilled == 0 {
		x.unfit("order %s is paid: expected shipped once; got %v: if the shop does not count shipments, set NoCount",
			quoted(p.OrderID), o)
	}
	if off := x.off(p.OrderID, o, 1); off != "" {
		x.unfit("order %s is paid: expected each side effect to happen once; got %s: "+
			"count occurrences; do not add up amounts", quoted(p.OrderID), off)
	}
	c.effects = o.Effects
}

// calibrate returns how long the shop may keep working on payments after the last response.
func (x *exam) calibrate() time.Duration {
	var orders []ecomtrade24.Payment
	var bodies [][]byte
	for range calibrating {
		known := len(x.fresh)
		p, led := x.purchase()
		if led != "" || len(x.fresh) == known {
			break // this shop reuses the order for the next purchase
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
