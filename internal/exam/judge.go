package exam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// order returns the shop's record of an order.
func (x *exam) order(id string) Order {
	o, err := x.shop.Order(x.ctx, id)
	for deadline := time.Now().Add(x.config.Patience); err != nil && time.Now().Before(deadline); {
		x.pause(10 * time.Millisecond)
		o, err = x.shop.Order(x.ctx, id)
	}
	switch {
	case err != nil && x.seen[id]:
		x.fails(LosesPayment, "order %s: expected the shop to keep it; got %v", quoted(id), err)
	case err != nil:
		x.unfit("Order(%s) failed: %v", quoted(id), err)
	}
	x.seen[id] = true
	if x.shop.NoCount {
		o.Fulfilled = 0
		if o.Paid {
			o.Fulfilled = 1
		}
	}
	if o.Paid {
		x.wasPaid[id] = true
	}
	return o
}

// sideEffects returns the names of all side effects that the shop counts. Zero counts may be missing.
func (x *exam) sideEffects(id string, o Order) []string {
	names := map[string]int{}
	for _, some := range []map[string]int{x.config.effects, x.fresh[id].Effects, o.Effects} {
		maps.Copy(names, some)
	}
	return slices.Sorted(maps.Keys(names))
}

// The method off describes the side effects that did not happen exactly n times since the purchase, or returns "".
func (x *exam) off(id string, o Order, n int) string {
	var words []string
	for _, name := range x.sideEffects(id, o) {
		if d := o.Effects[name] - x.fresh[id].Effects[name]; d != n {
			words = append(words, fmt.Sprintf("%s %+d", name, d))
		}
	}
	return strings.Join(words, ", ")
}

// paidOnce reports whether the order is marked paid, and the shipment and each side effect happened once.
func (x *exam) paidOnce(id string, o Order) bool {
	return o.Paid && o.Fulfilled == 1 && x.off(id, o, 1) == ""
}

// The method paid checks that the order is marked paid and shipped once.
func (x *exam) paid(p ecomtrade24.Payment) {
	id := p.OrderID
	o := x.eventually(id, func(o Order) bool { return x.paidOnce(id, o) })
	if x.paidOnce(id, o) {
		x.settle()
		o = x.order(id)
	}
	switch {
	case x.paidOnce(id, o):
		x.note("order %s: %v", quoted(id), o)
		return
	case o.Paid && o.Fulfilled == 1:
		x.fails(Miscounts, "order %s: expected each side effect to happen once; got %s", quoted(id), x.off(id, o, 1))
	case o.Fulfilled > 1:
		x.fails(ShipsTwice, "order %s: expected paid, shipped once; got %v", quoted(id), o)
	case !o.Paid && x.wasPaid[id]:
		x.fails(TakesBack, "order %s: expected paid, shipped once; got %v", quoted(id), o)
	}
	x.fails(LosesPayment, "order %s: expected paid, shipped once; got %v", quoted(id), o)
}

// The method unpaid checks that the order is neither marked paid nor shipped.
func (x *exam) unpaid(p ecomtrade24.Payment) {
	x.settle()
	o := x.order(p.OrderID)
	if o.Paid || o.Fulfilled > 0 {
		x.fails(ShipsUnpaid, "order %s: expected unpaid, not shipped; got %v", quoted(p.OrderID), o)
	}
	if off := x.off(p.OrderID, o, 0); off != "" {
		x.fails(Miscounts, "order %s: expected unpaid, no side effect; got %s", quoted(p.OrderID), off)
	}
}

// The method reported checks that the order is in manual review.
func (x *exam) reported(p ecomtrade24.Payment) {
	if x.shop.NoReview {
		return
	}
	if o := x.eventually(p.OrderID, func(o Order) bool { return o.Review }); !o.Review {
		x.fails(HidesPayment, "order %s: expected in manual review; got %v", quoted(p.OrderID), o)
	}
}

// eventually waits until the function right accepts the order, but at most as long as Patience, and returns the order.
// It checks after 2 ms and then less and less often, so it waits at most a tenth longer than necessary.
func (x *exam) eventually(id string, right func(Order) bool) Order {
	begun := time.Now()
	for {
		o := x.order(id)
		waited := time.Since(begun)
		if right(o) || waited >= x.config.Patience {
			return o
		}
		x.pause(max(2*time.Millisecond, waited/10))
	}
}
