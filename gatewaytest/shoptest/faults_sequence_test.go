package shoptest_test

import "slices"

// sequenceFaults are bugs in handling statuses before or after a payment.
var sequenceFaults = []fault{
	bug("the shop always applies the newest status",
		"a payment followed by a webhook with status failed ships once",
		undoes(func(s *smallShop, _ *order, m message) bool { return !s.isPaid(m) })).
		reported("https://github.com/webrenew/memories/issues/397"),
	bug("a webhook with status expired undoes a payment",
		"a payment followed by a webhook with status expired ships once", takesBack("expired")).
		reported("https://github.com/mollie/WooCommerce/issues/1159").
		also("a payment repeated after other statuses ships once",
			"a later status does not undo a payment even if a database statement fails"),
	bug("a webhook with status canceled undoes a payment",
		"a payment followed by a webhook with status canceled ships once", takesBack("cancelled", "canceled")).
		also("a payment followed by a webhook with status cancelled ships once"),
	bug("a webhook with status declined undoes a payment",
		"a payment followed by a webhook with status failed ships once", takesBack("declined", "failed")).
		reported("https://github.com/NEARBuilders/nearmerch.com/issues/209").
		also("a payment followed by a webhook with status declined ships once"),
	bug("a webhook with status processing undoes a payment",
		"a payment followed by a webhook with status review ships once", takesBack("processing", "review", "pending")),
	bug("a webhook with an unknown status undoes a payment",
		"a payment followed by a webhook with status archived ships once",
		undoes(func(_ *smallShop, _ *order, m message) bool { return rank(m.text("status")) == 0 })).
		reported("https://github.com/mollie/WooCommerce/issues/165"),
	bug("the shop rejects a payment after a webhook with status expired",
		"a payment after a webhook with status expired marks the order paid", stuckIn("expired")).
		also("webhooks in reverse sequence mark the order paid"),
	bug("the shop rejects a payment after a webhook with status canceled",
		"a payment after a webhook with status cancelled marks the order paid", stuckIn("cancelled", "canceled")).
		reported("https://github.com/mollie/WooCommerce/issues/139"),
	bug("the shop rejects a payment after a webhook with status declined",
		"a payment after a webhook with status declined marks the order paid", stuckIn("declined", "failed")).
		also("a session that fails, is processing, then is paid marks the order paid",
			"a payment after a webhook with status failed marks the order paid",
			"a late payment in the first of two sessions ships once"),
	bug("the shop closes an order after three declines",
		"a session that is declined five times and then paid ships once", func(s *smallShop) {
			s.overtaken = func(o *order, m message) bool {
				if m.text("status") == "declined" {
					s.disk.counts("declines of "+o.id, 1)
				}
				return s.disk.counts("declines of "+o.id, 0) >= 3
			}
		}),
	bug("the shop closes an order after three declined sessions",
		"a payment in a sixth session after five declined sessions marks the order paid",
		ignores(func(_ *smallShop, o *order, _ message) bool {
			declined := 0
			for _, status := range o.statuses {
				if status == "declined" {
					declined++
				}
			}
			return declined >= 3
		})),
	bug("a lookup response with status pending undoes a payment",
		"a lookup response with status pending does not undo a payment", func(s *smallShop) {
			s.due = everySession
			undoes(func(_ *smallShop, _ *order, m message) bool {
				_, webhook := m["sent_at"]
				return !webhook && m.text("status") == "pending"
			})(s)
		}),
	bug("a webhook with status review ships an order that is in manual review",
		"random webhook sequences neither lose nor duplicate a payment", func(s *smallShop) {
			s.apply = func(t *tables, m message) error {
				o := s.find(t, m)
				if o != nil && o.review && !o.paid && m.text("status") == "review" {
					o.paid = true
					return s.ship(t, o)
				}
				return s.applies(t, m)
			}
		}),
	bug("the shop rejects a payment after a webhook with status review",
		"a payment after a webhook with status review marks the order paid", stuckIn("review")),
	bug("the shop rejects a payment after a webhook with status processing",
		"an order that is pending, then processing, then paid ships once", stuckIn("processing")).
		also("the Pay again button does not lose a payment that is processing"),
	bug("the shop applies only the first status",
		"an order that is pending, then processing, then paid ships once",
		ignores(func(_ *smallShop, o *order, _ message) bool { return o.status != "" })),
	bug("the shop ignores all sessions of an order except the first",
		"a payment in a second session after a declined session marks the order paid",
		onlySession(func(sessions []string) string { return sessions[0] })),
	bug("the shop ignores all sessions of an order except the last",
		"a canceled newer session does not block the payment in the older session",
		onlySession(func(sessions []string) string { return sessions[len(sessions)-1] })).
		reported("https://github.com/mollie/Shopware6/issues/1313"),
	bug("the shop handles only the event type payment.session",
		"a webhook with event type payment.completed marks the order paid",
		ignores(func(_ *smallShop, _ *order, m message) bool { return m.text("event") != "payment.session" })).
		also("a webhook with a type member instead of an event member is accepted"),
}

// takesBack makes the shop mark a paid order unpaid when one of the statuses arrives.
func takesBack(statuses ...string) func(*smallShop) {
	return undoes(func(_ *smallShop, _ *order, m message) bool { return slices.Contains(statuses, m.text("status")) })
}

// undoes makes the shop mark a paid order unpaid after some messages.
func undoes(some func(s *smallShop, o *order, m message) bool) func(*smallShop) {
	return ignores(func(s *smallShop, o *order, m message) bool {
		o.paid = o.paid && !some(s, o, m)
		return false
	})
}

// ignores makes the shop skip some messages.
func ignores(some func(s *smallShop, o *order, m message) bool) func(*smallShop) {
	return func(s *smallShop) { s.overtaken = func(o *order, m message) bool { return some(s, o, m) } }
}

// stuckIn makes the shop ignore all messages after one of the statuses, unless the order is paid.
func stuckIn(statuses ...string) func(*smallShop) {
	return ignores(func(_ *smallShop, o *order, _ message) bool {
		return !o.paid && slices.Contains(statuses, o.status)
	})
}

// onlySession makes the shop ignore messages about all sessions of an order except the one that the function pick
// returns.
func onlySession(pick func(sessions []string) string) func(*smallShop) {
	return ignores(func(_ *smallShop, o *order, m message) bool {
		return len(o.sessions) > 0 && m.session() != pick(o.sessions)
	})
}
