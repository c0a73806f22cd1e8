package exam

import (
	"net/http"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// lookedUpStatuses are lookups that find no payment.
func lookedUpStatuses() []Scenario {
	return advised("Check a lookup with Payment.Settles, like a webhook.",
		bareAlone("a lookup of any other status does not mark the order paid", func(x *exam) {
			statuses := append(unfinished(), "refunded", "archived")
			orders := x.eachBecomes(statuses, (*exam).unseen)
			x.catchUp()
			x.judges(orders, "a lookup of ", statuses, (*exam).unpaid)
		}, reconcile),
		alone("a lookup of an underpayment goes to manual review",
			lookedUp(paying(less(1)), (*exam).reported), reconcile, review),
	)
}

// lookedUpSessions check which sessions a shop looks up, and for how long.
func lookedUpSessions() []Scenario {
	return advised("Like inbox, look up a session until it is paid, and a few more times after it ended otherwise. "+
		"In the test, the Reconcile hook must look up all sessions, regardless of their schedule.",
		bareAlone("a lookup finds a payment after a webhook of another status", findsAfter(
			func(x *exam, p ecomtrade24.Payment, c change) { x.happens(p, c) }), reconcile),
		bareAlone("a lookup finds a payment after a lookup of another status", findsAfter((*exam).unseen), reconcile),
		alone("a lookup finds the newest of twelve open sessions", func(x *exam, _ ecomtrade24.Payment) {
			x.recoversLookup(x.others(11)[10])
		}, reconcile),
		alone("visiting the return and cancel URLs does not end lookups", func(x *exam, p ecomtrade24.Payment) {
			x.visitWays(p, "")
			x.recoversLookup(p)
		}, reconcile, front),
		alone("a payment for one order does not end lookups of another", func(x *exam, before ecomtrade24.Payment) {
			p, after := x.another(), x.another()
			x.paysOnce(p)
			x.unseen(after, paying())
			x.finds(after)
			x.recoversLookup(before)
		}, reconcile),
		alone("a wrong payment in one session does not end lookups of another", func(x *exam, p ecomtrade24.Payment) {
			second := x.again(p)
			x.says(with(p, paying(less(1))))
			x.settle()
			x.recoversLookup(second)
		}, reconcile, again),
	)
}

// visitedLookups are visits to a return page that looks its order up.
func visitedLookups() []Scenario {
	return advised(ownState,
		bare("a return does not mark the order paid if the gateway reports another status", func(x *exam) {
			statuses := append(unfinished(), "refunded")
			orders := x.eachBecomes(statuses, func(x *exam, p ecomtrade24.Payment, c change) {
				x.unseen(p, c)
				x.visit(http.MethodGet, x.ways(p)[0], "")
			})
			x.judges(orders, "a return whose lookup says ", statuses, (*exam).unpaid)
		}),
		bare("a return does not mark the order paid if the gateway reports a wrong payment", func(x *exam) {
			for _, c := range []change{paying(less(1)), paying(otherCurrency), paying(isTest)} {
				p := x.buy()
				x.unseen(p, c)
				x.visit(http.MethodGet, x.ways(p)[0], "")
				x.unpaid(p)
			}
		}),
	)
}

// unfinished are the statuses in which a session can still be paid.
func unfinished() (statuses []ecomtrade24.PaymentStatus) {
	for _, s := range wire.Statuses {
		if s.Rank > 0 && s.Rank < wire.RankPaid {
			statuses = append(statuses, ecomtrade24.PaymentStatus(s.Name))
		}
	}
	return statuses
}

// eachBecomes buys once for each status, and makes that happen.
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

// judges judges each of the orders, about which that status was said.
func (x *exam) judges(
	orders []ecomtrade24.Payment, after string, statuses []ecomtrade24.PaymentStatus,
	judge func(*exam, ecomtrade24.Payment),
) {
	for i, p := range orders {
		x.about = after + string(statuses[i])
		judge(x, p)
	}
}

// unseen changes the session at the gateway, and no webhook says so.
func (x *exam) unseen(p ecomtrade24.Payment, c change) {
	x.note("at the gateway, and without a webhook: %s", words(x.gateway.EditPayment(p.SessionID, c)))
}

// findsAfter are sessions that are first in each other status, as a webhook or a lookup says. Then they are paid, and
// every webhook is lost.
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
