package shoptest_test

import "slices"

// sequenceFaults are about what an earlier or a later status does.
var sequenceFaults = ofKind(
	"sequence",
	fault{
		name:   "the shop always applies the newest status",
		source: "https://github.com/webrenew/memories/issues/397",
		found:  "paid, then failed ships once",
		plant: func(s *smallShop) {
			s.overtaken = func(o *order, m message) bool {
				o.paid = o.paid && s.isPaid(m)
				return false
			}
		},
	},
	fault{
		name:   "expired undoes a payment",
		source: "https://github.com/mollie/WooCommerce/issues/1159",
		found:  "paid, then expired ships once",
		also: []string{
			"a payment repeated after other statuses ships once",
			"another status does not undo a payment, whichever statement fails",
		},
		plant: takesBack("expired"),
	},
	fault{
		name:  "canceled undoes a payment",
		found: "paid, then canceled ships once",
		also:  []string{"paid, then cancelled ships once"},
		plant: takesBack("cancelled", "canceled"),
	},
	fault{
		name:   "declined undoes a payment",
		source: "https://github.com/NEARBuilders/nearmerch.com/issues/209",
		found:  "paid, then failed ships once",
		also:   []string{"paid, then declined ships once"},
		plant:  takesBack("declined", "failed"),
	},
	fault{
		name:  "processing undoes a payment",
		found: "paid, then review ships once",
		plant: takesBack("processing", "review", "pending"),
	},
	fault{
		name:   "an unknown status undoes a payment",
		source: "https://github.com/mollie/WooCommerce/issues/165",
		found:  "paid, then archived ships once",
		plant: func(s *smallShop) {
			s.overtaken = func(o *order, m message) bool {
				o.paid = o.paid && rank(m.text("status")) > 0
				return false
			}
		},
	},
	fault{
		name:  "the shop rejects a payment after expired",
		found: "expired, then paid marks the order paid",
		also:  []string{"webhooks in reverse mark the order paid"},
		plant: stuckIn("expired"),
	},
	fault{
		name:   "the shop rejects a payment after canceled",
		source: "https://github.com/mollie/WooCommerce/issues/139",
		found:  "cancelled, then paid marks the order paid",
		plant:  stuckIn("cancelled", "canceled"),
	},
	fault{
		name:  "the shop rejects a payment after declined",
		found: "declined, then paid marks the order paid",
		also: []string{
			"failed, then processing, then paid marks the order paid",
			"failed, then paid marks the order paid",
			"a late payment in the first of two sessions ships once",
		},
		plant: stuckIn("declined", "failed"),
	},
	fault{
		name:  "three declines close an order",
		found: "declined five times, then paid ships once",
		plant: func(s *smallShop) {
			s.overtaken = func(o *order, m message) bool {
				n := int64(0)
				if m.text("status") == "declined" {
					n = 1
				}
				return s.disk.counts("declines of "+o.id, n) >= 3
			}
		},
	},
	fault{
		name:  "three declined sessions close an order",
		found: "declined in five sessions, then paid in a sixth marks the order paid",
		plant: func(s *smallShop) {
			s.overtaken = func(o *order, _ message) bool {
				declined := 0
				for _, status := range o.statuses {
					if status == "declined" {
						declined++
					}
				}
				return declined >= 3
			}
		},
	},
	fault{
		name:  "a lookup of pending undoes a payment",
		found: "a lookup of pending does not undo a payment",
		plant: func(s *smallShop) {
			s.due = func(t *tables) (all []lookup) {
				for _, o := range t.all() {
					for _, session := range o.sessions {
						all = append(all, lookup{o.id, session})
					}
				}
				return all
			}
			s.overtaken = func(o *order, m message) bool {
				if _, webhook := m["sent_at"]; !webhook && m.text("status") == "pending" {
					o.paid = false
				}
				return false
			}
		},
	},
	fault{
		name:  "the status review ships an order in manual review",
		found: "random webhooks lose and duplicate no payment",
		plant: func(s *smallShop) {
			s.apply = func(t *tables, m message) error {
				o := s.find(t, m)
				if o != nil && o.review && !o.paid && m.text("status") == "review" {
					o.paid = true
					return s.ship(t, o)
				}
				return s.applies(t, m)
			}
		},
	},
	fault{
		name:  "the shop rejects a payment after the status review",
		found: "review, then paid marks the order paid",
		plant: stuckIn("review"),
	},
	fault{
		name:  "the shop rejects a payment after processing",
		found: "pending, processing, paid ships once",
		also:  []string{"Pay again while a payment is processing loses no payment"},
		plant: stuckIn("processing"),
	},
	fault{
		name:  "the shop applies only the first status",
		found: "pending, processing, paid ships once",
		plant: func(s *smallShop) { s.overtaken = func(o *order, _ message) bool { return o.status != "" } },
	},
	fault{
		name:  "only an order's first session counts",
		found: "declined in one session, then paid in a second marks the order paid",
		plant: onlySession(func(sessions []string) string { return sessions[0] }),
	},
	fault{
		name:   "only an order's last session counts",
		source: "https://github.com/mollie/Shopware6/issues/1313",
		found:  "a canceled new session does not block the payment in the old one",
		plant:  onlySession(func(sessions []string) string { return sessions[len(sessions)-1] }),
	},
	fault{
		name:  "only payment.session is handled",
		found: "payment.completed alone marks the order paid",
		also:  []string{"a type member instead of event is accepted"},
		plant: func(s *smallShop) {
			s.overtaken = func(_ *order, m message) bool { return m.text("event") != "payment.session" }
		},
	},
)

// takesBack makes a paid order unpaid when one of the statuses comes.
func takesBack(statuses ...string) func(*smallShop) {
	return func(s *smallShop) {
		s.overtaken = func(o *order, m message) bool {
			if slices.Contains(statuses, m.text("status")) {
				o.paid = false
			}
			return false
		}
	}
}

// stuckIn ignores whatever comes after one of the statuses.
func stuckIn(statuses ...string) func(*smallShop) {
	return func(s *smallShop) {
		s.overtaken = func(o *order, _ message) bool { return !o.paid && slices.Contains(statuses, o.status) }
	}
}

// onlySession ignores messages about any other session of the order.
func onlySession(pick func(sessions []string) string) func(*smallShop) {
	return func(s *smallShop) {
		s.overtaken = func(o *order, m message) bool {
			return len(o.sessions) > 0 && m.session() != pick(o.sessions)
		}
	}
}
