package shoptest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// sessionFaults are bugs in handling a lookup's status, and in ending lookups too early.
var sessionFaults = slices.Concat(
	paysLookups("review", "declined", "failed", "expired", "cancelled", "refunded", "archived"),
	endsLookups("webhook", "a lookup finds a payment after a webhook with another status"),
	endsLookups("lookup response", "a lookup finds a payment after a lookup response with another status"),
	[]fault{
		bug("the shop ignores a wrong amount in a lookup response",
			"an underpayment found by a lookup goes to manual review", func(s *smallShop) {
				s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
					if err == nil && s.isPaid(m) && !s.settles(s.stored(asked.order), m) {
						return nil
					}
					return s.learns(ctx, asked, m, err)
				}
			}),
		bug("visiting the return page ends the session's lookups",
			"visiting the return and cancel URLs does not end the session's lookups", func(s *smallShop) {
				s.skipsDone()
				visits(func(s *smallShop, _ *http.Request, id string) { s.done(s.sessionsOf(id)...) })(s)
			}),
		bug("the cancel page deletes the order's sessions",
			"visiting the return and cancel URLs does not end the session's lookups",
			cancels(func(o *order) { o.sessions = nil })),
		bug("each Reconcile run looks up only the five oldest open sessions",
			"a lookup finds the newest of twelve open sessions", func(s *smallShop) {
				s.due = func(t *tables) []lookup {
					all := openSessions(t)
					slices.SortFunc(all, func(a, b lookup) int { return strings.Compare(a.session, b.session) })
					return all[:min(5, len(all))]
				}
			}),
		bug("a payment closes all sessions of its buyer",
			"a payment for one order does not end the lookups for another order", func(s *smallShop) {
				s.place = func(ctx context.Context) (string, error) {
					id, err := s.places(ctx)
					s.changes(id, func(_ *tables, o *order) { o.email = "buyer@example.com" })
					return id, err
				}
				s.paymentEnds(func(paid, other *order) bool { return paid.email == other.email })
			}),
		bug("a payment closes all older sessions",
			"a payment for one order does not end the lookups for another order", func(s *smallShop) {
				s.paymentEnds(func(paid, other *order) bool { return slices.Compare(other.sessions, paid.sessions) <= 0 })
			}),
		bug("a wrong payment closes all sessions of its order",
			"a wrong payment in one session does not end the lookups of another session", func(s *smallShop) {
				s.skipsDone()
				affects(func(t *tables, o *order, m message) {
					for _, session := range o.sessions {
						t.seen["done "+session] = t.seen["done "+session] || s.isPaid(m) && !o.paid
					}
				})(s)
			}),
		bug("the shop ends a session's lookups before it stores the payment that a lookup found",
			"a lookup finds a payment with a lost webhook even if a database statement fails", func(s *smallShop) {
				s.skipsDone()
				s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
					if err == nil && s.isPaid(m) {
						s.done(asked.session)
					}
					return s.learns(ctx, asked, m, err)
				}
			}),
		bug("the shop sends the buyer to the checkout even if it could not store the session",
			"if a database statement fails, a purchase shows an error or is looked up later", func(s *smallShop) {
				s.open = func(ctx context.Context, id string) error {
					if err := s.opens(ctx, id); !errors.Is(err, shoptest.ErrStatement) {
						return err
					}
					return nil
				}
			}),
	},
)

// paysLookups returns a fault for each status: the shop treats a lookup response with that status as a payment.
func paysLookups(statuses ...string) (rows []fault) {
	for _, status := range statuses {
		rows = append(rows, bug("a lookup response with status "+status+" marks the order paid",
			"a lookup response with any status except paid does not mark the order paid",
			learnsPaid(func(s *smallShop, o *order, m message) bool {
				return s.settles(o, m) && (s.isPaid(m) || m.text("status") == status)
			})))
	}
	return rows
}

// endsLookups returns faults: the shop no longer looks up a session after a webhook or lookup response with certain
// statuses.
func endsLookups(source, found string) (rows []fault) {
	for _, statuses := range [][]string{
		{"pending", "processing"}, {"review"}, {"declined", "failed"}, {"expired"}, {"cancelled"},
	} {
		rows = append(rows, bug("a "+source+" with status "+strings.Join(statuses, " or ")+" ends the session's lookups",
			found, func(s *smallShop) {
				s.skipsDone()
				hears := func(m message, err error) error {
					if err == nil && slices.Contains(statuses, m.text("status")) {
						s.done(m.session())
					}
					return err
				}
				if source == "webhook" {
					s.handle = func(ctx context.Context, m message) error { return hears(m, s.work(ctx, m)) }
					return
				}
				s.learn = func(ctx context.Context, asked lookup, m message, err error) error {
					return hears(m, s.learns(ctx, asked, m, err))
				}
			}))
	}
	return rows
}

// skipsDone makes the shop skip lookups of sessions that the function done has marked.
func (s *smallShop) skipsDone() {
	s.due = func(t *tables) []lookup {
		return slices.DeleteFunc(openSessions(t), func(l lookup) bool { return t.seen["done "+l.session] })
	}
}

// done marks sessions so that skipsDone skips their lookups.
func (s *smallShop) done(sessions ...string) {
	_ = s.disk.tx(func(t *tables) error {
		for _, session := range sessions {
			t.seen["done "+session] = true
		}
		return nil
	})
}

// paymentEnds makes an order's payment also end the lookups of some other orders.
func (s *smallShop) paymentEnds(of func(paid, other *order) bool) {
	s.skipsDone()
	s.ship = func(t *tables, o *order) error {
		for _, other := range t.all() {
			for _, session := range other.sessions {
				if of(o, other) {
					t.seen["done "+session] = true
				}
			}
		}
		return ships(t, o)
	}
}
