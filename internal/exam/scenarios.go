package exam

import (
	"cmp"
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Scenarios are all of them, in the sequence in which they are played. A new one goes into one of these lists, each of
// which stands in a file of its theme.
func Scenarios() []Scenario {
	return slices.Concat(
		in("forgery", forgedSignatures(), forgedWebhooks(), signatureForms()),
		in("untrusted input", besideBody(), insideBody()),
		in("JSON variants", looseMembers(), longMembers(), apiShapes()),
		in("exact matching", nearOrderIDs(), nearStatuses()),
		in("money", wrongAmounts(), otherStatuses(), reviewedAmounts()),
		in("timestamps", dates(), sequences(), expiries()),
		in("status sequences", firstPayments(), anySequence(), laterStatuses(), endedSessions()),
		in("several payments", corrections(), severalSessions(), partialPayments(), secondPayments(), lastingReviews()),
		in("duplicates", repetitions(), otherRepetitions(), secondSales(), otherOrders()),
		in("missing fields", gaps()),
		in("responses", unusableWebhooks(), acknowledgements()),
		in("outages and restarts", slowSenders(), failingDatabase(), restarts()),
		in("failing statements", halfPayments(), halfChanges(), halfPurchases()),
		in("lookups", needing(reconcile, slices.Concat(
			lookupsAndWebhooks(), wrongLookups(), failingLookups(), refusedLookups(), unusableResponses())),
			lookedUpStatuses(), lookedUpSessions()),
		in("checkout", failingCheckouts(), buyers()),
		in("pay again", needing(again, slices.Concat(closedOrders(), openOrders(), failingAgain()))),
		in("return page", needing(front, slices.Concat(forgedReturns(), harmlessVisits(), visitsBesides(), revealingPages(),
			writtenURLs(), hostileURLs(), visitedLookups())), returning()),
		in("concurrent orders", paidAtOnce(), sharedTotals(), sharedNumbers()),
		in("totals and invoices", bookedPayments(), bookedOrders(), invoices()),
		in("leaks", logged(), shown()),
	)
}

// in puts lists of scenarios into a group.
func in(group string, lists ...[]Scenario) []Scenario {
	scenarios := slices.Concat(lists...)
	for i := range scenarios {
		scenarios[i].Group = group
	}
	return scenarios
}

// advised gives the scenarios that have no advice this one.
func advised(fix string, scenarios ...Scenario) []Scenario {
	for i, s := range scenarios {
		scenarios[i].Fix = cmp.Or(s.Fix, fix)
	}
	return scenarios
}

// needing makes the scenarios need a hook.
func needing(hook string, scenarios []Scenario) []Scenario {
	for i := range scenarios {
		scenarios[i].needs = append(scenarios[i].needs, hook)
	}
	return scenarios
}

// plain is a scenario that begins with a purchase: p is due. It can share the gateway and the shop with others.
func plain(name string, run func(x *exam, p ecomtrade24.Payment), needs ...string) Scenario {
	return bare(name, func(x *exam) { run(x, x.buy()) }, needs...)
}

// alone is plain, but no other scenario may run beside it.
func alone(name string, run func(x *exam, p ecomtrade24.Payment), needs ...string) Scenario {
	return bareAlone(name, func(x *exam) { run(x, x.buy()) }, needs...)
}

// bare is a scenario that begins with nothing. It can share the gateway and the shop with others.
func bare(name string, run func(x *exam), needs ...string) Scenario {
	return Scenario{Name: name, run: run, needs: needs}
}

// bareAlone is bare, but no other scenario may run beside it.
func bareAlone(name string, run func(x *exam), needs ...string) Scenario {
	return Scenario{Name: name, run: run, needs: needs, Alone: true}
}

// fix is the scenario with advice of its own.
func (s Scenario) fix(advice string) Scenario {
	s.Fix = advice
	return s
}

// ignored is a webhook, made from a session that waits for its payment, after which the order must still be unpaid.
func ignored(name string, edit ...change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.says(with(p, edit...))
		x.unpaid(p)
	})
}

// nonePays is a scenario that tries several spellings, each with an order, after which all orders must be unpaid.
func nonePays(name string, spellings []string, try func(x *exam, p ecomtrade24.Payment, spelling string)) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		orders := []ecomtrade24.Payment{p}
		for range spellings[1:] {
			if next, led := x.purchase(); led == "" { // else the shop takes purchases in a row for one order
				p = next
			}
			orders = append(orders, p)
		}
		for i, spelling := range spellings {
			try(x, orders[i], spelling)
		}
		for i, spelling := range spellings {
			x.about = "after " + quoted(spelling)
			x.unpaid(orders[i])
		}
	})
}
