package shoptest_test

import "slices"

// sequenceFaults are about what an earlier or a later status does.
var sequenceFaults = []fault{
	bug("the shop always applies the newest status",
		"paid, then failed ships once", undoes(func(s *smallShop, _ *order, m message) bool { return !s.isPaid(m) })).
		reported("https://github.com/webrenew/memories/issues/397"),
	bug("expired undoes a payment", "paid, then expired ships once", takesBack("expired")).
		reported("https://github.com/mollie/WooCommerce/issues/1159").
		also("a payment repeated after other statuses ships once",
			"another status does not undo a payment, whichever statement fails"),
	bug("canceled undoes a payment", "paid, then canceled ships once", takesBack("cancelled", "canceled")).
		also("paid, then cancelled ships once"),
	bug("declined undoes a payment", "paid, then failed ships once", takesBack("declined", "failed")).
		reported("https://github.com/NEARBuilders/nearmerch.com/issues/209").also("paid, then declined ships once"),
	bug("processing undoes a payment", "paid, then review ships once", takesBack("processing", "review", "pending")),
	bug("an unknown status undoes a payment",
		"paid, then archived ships once",
		undoes(func(_ *smallShop, _ *order, m message) bool { return rank(m.text("status")) == 0 })).
		reported("https://github.com/mollie/WooCommerce/issues/165"),
	bug("the shop rejects a payment after expired", "expired, then paid marks the order paid", stuckIn("expired")).
		also("webhooks in reverse mark the order paid"),
	bug("the shop rejects a payment after canceled",
		"cancelled, then paid marks the order paid", stuckIn("cancelled", "canceled")).
		reported("https://github.com/mollie/WooCommerce/issues/139"),
	bug("the shop rejects a payment after declined",
		"declined, then paid marks the order paid", stuckIn("declined", "failed")).
		also("failed, then processing, then paid marks the order paid",
			"failed, then paid marks the order paid",
			"a late payment in the first of two sessions ships once"),
	bug("three declines close an order", "declined five times, then paid ships once", func(s *smallShop) {
		s.overtaken = func(o *order, m message) bool {
			if m.text("status") == "declined" {
				s.disk.counts("declines of "+o.id, 1)
			}
			return s.disk.counts("declines of "+o.id, 0) >= 3
		}
	}),
	bug("three declined sessions close an order",
		"declined in five sessions, then paid in a sixth marks the order paid",
		ignores(func(_ *smallShop, o *order, _ message) bool {
			declined := 0
			for _, status := range o.statuses {
				if status == "declined" {
					declined++
				}
			}
			return declined >= 3
		})),
	bug("a lookup of pending undoes a payment", "a lookup of pending does not undo a payment", func(s *smallShop) {
		s.due = everySession
		undoes(func(_ *smallShop, _ *order, m message) bool {
			_, webhook := m["sent_at"]
			return !webhook && m.text("status") == "pending"
		})(s)
	}),
	bug("the status review ships an order in manual review",
		"random webhooks lose and duplicate no payment", func(s *smallShop) {
			s.apply = func(t *tables, m message) error {
				o := s.find(t, m)
				if o != nil && o.review && !o.paid && m.text("status") == "review" {
					o.paid = true
					return s.ship(t, o)
				}
				return s.applies(t, m)
			}
		}),
	bug("the shop rejects a payment after the status review", "review, then paid marks the order paid", stuckIn("review")),
	bug("the shop rejects a payment after processing", "pending, processing, paid ships once", stuckIn("processing")).
		also("Pay again while a payment is processing loses no payment"),
	bug("the shop applies only the first status",
		"pending, processing, paid ships once",
		ignores(func(_ *smallShop, o *order, _ message) bool { return o.status != "" })),
	bug("only an order's first session counts",
		"declined in one session, then paid in a second marks the order paid",
		onlySession(func(sessions []string) string { return sessions[0] })),
	bug("only an order's last session counts",
		"a canceled new session does not block the payment in the old one",
		onlySession(func(sessions []string) string { return sessions[len(sessions)-1] })).
		reported("https://github.com/mollie/Shopware6/issues/1313"),
	bug("only payment.session is handled",
		"payment.completed alone marks the order paid",
		ignores(func(_ *smallShop, _ *order, m message) bool { return m.text("event") != "payment.session" })).
		also("a type member instead of event is accepted"),
}

// takesBack makes a paid order unpaid when one of the statuses comes.
func takesBack(statuses ...string) func(*smallShop) {
	return undoes(func(_ *smallShop, _ *order, m message) bool { return slices.Contains(statuses, m.text("status")) })
}

// undoes makes a paid order unpaid when some messages come.
func undoes(some func(s *smallShop, o *order, m message) bool) func(*smallShop) {
	return ignores(func(s *smallShop, o *order, m message) bool {
		o.paid = o.paid && !some(s, o, m)
		return false
	})
}

// ignores does not apply some messages.
func ignores(some func(s *smallShop, o *order, m message) bool) func(*smallShop) {
	return func(s *smallShop) { s.overtaken = func(o *order, m message) bool { return some(s, o, m) } }
}

// stuckIn ignores whatever comes after one of the statuses.
func stuckIn(statuses ...string) func(*smallShop) {
	return ignores(func(_ *smallShop, o *order, _ message) bool {
		return !o.paid && slices.Contains(statuses, o.status)
	})
}

// onlySession ignores messages about any other session of the order.
func onlySession(pick func(sessions []string) string) func(*smallShop) {
	return ignores(func(_ *smallShop, o *order, m message) bool {
		return len(o.sessions) > 0 && m.session() != pick(o.sessions)
	})
}
