package shoptest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
)

// bookFaults are about totals and invoice numbers, and about what a restart does to numbers.
var bookFaults = []fault{
	givesBack("declined or failed restores stock", false, "declined", "failed"),
	givesBack("canceled restores stock", false, "cancelled"),
	givesBack("declined after the payment restores stock", true, "declined"),
	givesBack("canceled or failed after the payment restores stock", true, "cancelled", "failed"),
	bug("a payment after expired does not reduce stock",
		"totals change once for a payment after another status", func(s *smallShop) {
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
		"totals change once for two payments for one order", paidTwice(func(t *tables, _ *order) { t.stock-- })),
	bug("a test reduces stock", "totals change once for a payment after a test or a wrong payment", func(s *smallShop) {
		s.apply = func(t *tables, m message) error {
			if s.isTest(m) && s.find(t, m) != nil {
				t.stock--
				return nil
			}
			return s.applies(t, m)
		}
	}),
	bug("a wrong payment reduces stock",
		"totals change once for a payment after a test or a wrong payment", affects(func(t *tables, o *order, m message) {
			if m.text("status") == "paid" && !o.paid {
				t.stock--
			}
		})),
	bug("a payment found by a lookup does not reduce stock",
		"totals change once for a payment found by a lookup",
		byLookup((*smallShop).paysNow, func(t *tables, _ *order) { t.stock++ })),
	bug("a lookup of expired restores stock",
		"totals change once for a payment found by a lookup",
		byLookup((*smallShop).expires, func(t *tables, _ *order) { t.stock++ })),
	bug("a payment found by a lookup creates no invoice",
		"a payment found by a lookup gets its own invoice number",
		byLookup((*smallShop).paysNow, func(_ *tables, o *order) { o.invoice = "" })),
	bug("a payment after a decline creates no invoice",
		"a payment after a decline gets its own invoice number", func(s *smallShop) {
			s.claim = func(t *tables, o *order, m message) error {
				err := s.claims(t, o, m)
				if t.seen["declined "+o.id] {
					o.invoice = ""
				}
				return err
			}
			remembers("declined")(s)
		}),
	bug("the process counts invoice numbers in memory",
		"a payment after a restart gets its own invoice number", func(s *smallShop) {
			var last atomic.Int64
			s.ship = func(t *tables, o *order) error {
				err := ships(t, o)
				o.invoice = strconv.FormatInt(last.Add(1), 10)
				return err
			}
		}),
	bug("the process counts order numbers in memory, and replaces old orders",
		"a restart does not block purchases", func(s *smallShop) { s.newID = numberedByProcess() }),
	bug("the process counts order numbers in memory, and a unique index rejects them",
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

// remembers marks the orders that had a status.
func remembers(status string) func(*smallShop) {
	return affects(func(t *tables, o *order, m message) {
		if m.text("status") == status {
			t.seen[status+" "+o.id] = true
		}
	})
}

// givesBack puts something back to stock when an order, which is paid or not, gets one of the statuses.
func givesBack(name string, paid bool, statuses ...string) fault {
	f := fault{name: name, found: "totals change once for a payment after another status"}
	if paid {
		f.found = "totals change once for a payment before another status"
	}
	f.plant = affects(func(t *tables, o *order, m message) {
		if o.paid == paid && slices.Contains(statuses, m.text("status")) {
			t.stock++
		}
	})
	return f
}

// paidTwice does something when an order that is paid is paid again.
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

// byLookup does something to an order after a lookup that has a response of that kind.
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
