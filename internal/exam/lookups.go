package exam

import (
	"net/http"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// lookedUpStatuses returns scenarios with lookups that find no matching payment.
func lookedUpStatuses() []Scenario {
	return advised("Check a lookup response with Payment.Settles, like a webhook.",
		bareAlone("a lookup response with any status except paid does not mark the order paid", func(x *exam) {
			statuses := append(unfinished(), "refunded", "archived")
			orders := x.eachBecomes(statuses, (*exam).unseen)
			x.catchUp()
			x.judges(orders, "a lookup response with status ", statuses, (*exam).unpaid)
		}, reconcile),
		alone("an underpayment found by a lookup goes to manual review",
			lookedUp(paying(less(1)), (*exam).reported), reconcile, review),
	)
}

// lookedUpSessions returns scenarios that check which sessions a shop looks up, and for how long.
func lookedUpSessions() []Scenario {
	return advised("As inbox does, look up a session until it is paid; if it ends unpaid, look it up a few more times. "+
		"In the test, the Reconcile hook must look up all sessions, regardless of their schedule.",
		bareAlone("a lookup finds a payment after a webhook with another status", findsAfter(
			func(x *exam, p ecomtrade24.Payment, c change) { x.happens(p, c) }), reconcile),
		bareAlone("a lookup finds a payment after a lookup response with another status",
			findsAfter((*exam).unseen), reconcile),
		alone("a lookup finds the newest of twelve open sessions", func(x *exam, _ ecomtrade24.Payment) {
			x.recoversLookup(x.others(11)[10])
		}, reconcile),
		alone("visiting the return and cancel URLs does not end the session's lookups", func(x *exam, p ecomtrade24.Payment) {
			x.visitWays(p, "")
			x.recoversLookup(p)
		}, reconcile, front),
		alone("a payment for one order does not end the lookups for another order",
			func(x *exam, before ecomtrade24.Payment) {
				p, after := x.another(), x.another()
				x.paysOnce(p)
				x.unseen(after, paying())
				x.finds(after)
				x.recoversLookup(before)
			}, reconcile),
		alone("a wrong payment in one session does not end the lookups of another session",
			func(x *exam, p ecomtrade24.Payment) {
				second := x.again(p)
				x.says(with(p, paying(less(1))))
				x.settle()
				x.recoversLookup(second)
			}, reconcile, again),
	)
}

// visitedLookups returns scenarios with visits to a return page that may look up its order.
func visitedLookups() []Scenario {
	return advised(ownState,
		bare("the return page does not mark the order paid if the gateway reports another status", func(x *exam) {
			statuses := append(unfinished(), "refunded")
			orders := x.eachBecomes(statuses, func(x *exam, p ecomtrade24.Payment, c change) {
				x.unseen(p, c)
				x.visit(http.MethodGet, x.ways(p)[0], "")
			})
			x.judges(orders, "a visit to the return page while a lookup returns status ", statuses, (*exam).unpaid)
		}),
		bare("the return page does not mark the order paid if the gateway reports a wrong payment", func(x *exam) {
			for _, c := range []change{paying(less(1)), paying(otherCurrency), paying(isTest)} {
				p := x.buy()
				x.unseen(p, c)
				x.visit(http.MethodGet, x.ways(p)[0], "")
				x.unpaid(p)
			}
		}),
	)
}

// unfinished returns the statuses in which a session can still be paid.
func unfinished() (statuses []ecomtrade24.PaymentStatus) {
	for _, s := range wire.Statuses {
		if s.Rank > 0 && s.Rank < wire.RankPaid {
			statuses = append(statuses, ecomtrade24.PaymentStatus(s.Name))
		}
	}
	return statuses
}

// eachBecomes buys once for each status, and gives the purchase that status by invoking the function happens.
func (x *exam) eachBecomes(
	statuses []ecomtrade24.PaymentStatus, happens func(*exam, ecomtrade24.Payment, change),
) []ecomtrade24.Payment {
	orders := make([]ecomtrade24.Payment, len(statuses))
	for i, status := range statuses {
		orders[i] = x.buy()
		happens(x, orders[i], becomes(status))
	}
	return orders
}

// judges invokes the function judge for each order. A failure names the order's status.
func (x *exam) judges(
	orders []ecomtrade24.Payment, after string, statuses []ecomtrade24.PaymentStatus,
	judge func(*exam, ecomtrade24.Payment),
) {
	for i, p := range orders {
		x.about = after + string(statuses[i])
		judge(x, p)
	}
}

// unseen applies a change to the session at the gateway without a webhook.
func (x *exam) unseen(p ecomtrade24.Payment, c change) {
	x.note("changed at the gateway without a webhook: %s", words(x.gateway.EditPayment(p.SessionID, c)))
}

// findsAfter returns a function that buys once for each unfinished status. The function first reports the status to the
// shop, by a webhook or a lookup. Then the sessions are paid, but no webhook is sent, and a lookup must find the
// payments.
func findsAfter(first func(*exam, ecomtrade24.Payment, change)) func(x *exam) {
	return func(x *exam) {
		orders := x.eachBecomes(unfinished(), first)
		x.catchUp()
		x.settle()
		for _, p := range orders {
			x.unseen(p, paying())
		}
		x.judges(orders, "paid after ", unfinished(), (*exam).finds)
	}
}
