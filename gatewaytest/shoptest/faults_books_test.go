package shoptest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
)

// bookFaults are bugs in totals and invoice numbers, including numbers that a restart resets.
var bookFaults = []fault{
	givesBack("a webhook with status declined or failed restores stock", false, "declined", "failed"),
	givesBack("a webhook with status canceled restores stock", false, "cancelled"),
	givesBack("a webhook with status declined after the payment restores stock", true, "declined"),
	givesBack("a webhook with status canceled or failed after the payment restores stock", true, "cancelled", "failed"),
	bug("a payment after a webhook with status expired does not reduce stock",
		"totals change once when a payment follows another status", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				if !o.paid && t.seen["expired "+o.id] {
					t.stock++
				}
				return s.claims(t, o, m)
			}
			remembers("expired")(s)
		}),
	bug("an order reduces stock for each of its sessions",
		"totals change once for an order with two sessions", func(s *smallShop) {
			s.ship = func(t *tables, o *order) error {
				t.stock -= max(0, len(o.sessions)-1)
				return ships(t, o)
			}
		}),
	bug("a second payment reduces stock again",
		"totals change once when one order is paid twice", paidTwice(func(t *tables, _ *order) { t.stock-- })),
	bug("a test webhook reduces stock",
		"totals change once when a payment follows a test webhook or a wrong payment", func(s *smallShop) {
			s.apply = func(t *tables, m message) error {
				if s.isTest(m) && s.find(t, m) != nil {
					t.stock--
					return nil
				}
				return s.applies(t, m)
			}
		}),
	bug("a wrong payment reduces stock",
		"totals change once when a payment follows a test webhook or a wrong payment",
		affects(func(t *tables, o *order, m message) {
			if m.text("status") == "paid" && !o.paid {
				t.stock--
			}
		})),
	bug("a payment found by a lookup does not reduce stock",
		"totals change once for a payment found by a lookup",
		byLookup((*smallShop).paysNow, func(t *tables, _ *order) { t.stock++ })),
	bug("a lookup response with status expired restores stock",
		"totals change once for a payment found by a lookup",
		byLookup((*smallShop).expires, func(t *tables, _ *order) { t.stock++ })),
	bug("a payment found by a lookup creates no invoice",
		"a payment found by a lookup gets a unique invoice number",
		byLookup((*smallShop).paysNow, func(_ *tables, o *order) { o.invoice = "" })),
	bug("a payment after a decline creates no invoice",
		"a payment after a decline gets a unique invoice number", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				err := s.claims(t, o, m)
				if t.seen["declined "+o.id] {
					o.invoice = ""
				}
				return err
			}
			remembers("declined")(s)
		}),
	bug("the shop keeps its invoice counter in memory",
		"a payment after a restart gets a unique invoice number", func(s *smallShop) {
			var last atomic.Int64
			s.ship = func(t *tables, o *order) error {
				err := ships(t, o)
				o.invoice = strconv.FormatInt(last.Add(1), 10)
				return err
			}
		}),
	bug("the shop keeps its order counter in memory, and replaces old orders after a restart",
		"a restart does not block purchases", func(s *smallShop) { s.newID = numberedByProcess() }),
	bug("the shop keeps its order counter in memory, so a unique index rejects new orders",
		"a restart does not block purchases", func(s *smallShop) {
			newID := numberedByProcess()
			s.place = func(context.Context) (id string, err error) {
				err = s.disk.tx(func(t *tables) error {
					id = newID(t)
					if t.get(id) != nil {
						return errors.New("UNIQUE constraint failed: orders.id")
					}
					t.put(&order{id: id, amount: s.amount, currency: s.currency, email: "buyer@example.com"})
					return nil
				})
				return id, err
			}
		}),
}

func numberedByProcess() func(*tables) string {
	var last atomic.Int64
	return func(*tables) string { return fmt.Sprintf("Order-%d", last.Add(1)) }
}

// remembers makes the shop mark the orders that had a status.
func remembers(status string) func(*smallShop) {
	return affects(func(t *tables, o *order, m message) {
		if m.text("status") == status {
			t.seen[status+" "+o.id] = true
		}
	})
}

// givesBack returns a fault: the shop restores stock when an order gets one of the statuses. It affects paid orders if
// paid is true, and unpaid orders otherwise.
func givesBack(name string, paid bool, statuses ...string) fault {
	f := fault{name: name, found: "totals change once when a payment follows another status"}
	if paid {
		f.found = "totals change once when another status follows a payment"
	}
	f.plant = affects(func(t *tables, o *order, m message) {
		if o.paid == paid && slices.Contains(statuses, m.text("status")) {
			t.stock++
		}
	})
	return f
}

// paidTwice makes the shop invoke the function do when a paid order is paid again.
func paidTwice(do func(t *tables, o *order)) func(*smallShop) {
	return func(s *smallShop) {
		s.claim = func(t *tables, o *order, m message) error {
			if o.paid && !o.knows(m.payment()) {
				do(t, o)
			}
			return s.claims(t, o, m)
		}
	}
}

// byLookup makes the shop invoke the function do after a lookup response for which the function kind returns true.
func byLookup(kind func(*smallShop, message) bool, do func(t *tables, o *order)) func(*smallShop) {
	return func(s *smallShop) {
		s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
			happens := err == nil && kind(s, m)
			err = s.learns(ctx, asked, m, err)
			if happens && err == nil {
				s.changes(asked.order, do)
			}
			return err
		}
	}
}

func (s *smallShop) expires(m message) bool { return m.text("status") == "expired" }
