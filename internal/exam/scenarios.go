package exam

import (
	"cmp"
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Scenarios returns all scenarios in the sequence in which they are played. Add new scenarios to one of these lists.
// Each list is in the file of its topic.
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

// The helper in returns the scenarios of all lists as one group.
func in(group string, lists ...[]Scenario) []Scenario {
	scenarios := slices.Concat(lists...)
	for i := range scenarios {
		scenarios[i].Group = group
	}
	return scenarios
}

// advised returns the scenarios, and adds the given fix to those that have no fix yet.
func advised(fix string, scenarios ...Scenario) []Scenario {
	for i, s := range scenarios {
		scenarios[i].Fix = cmp.Or(s.Fix, fix)
	}
	return scenarios
}

// needing returns the scenarios with one more required hook.
func needing(hook string, scenarios []Scenario) []Scenario {
	for i := range scenarios {
		scenarios[i].needs = append(scenarios[i].needs, hook)
	}
	return scenarios
}

// plain returns a scenario that starts with a purchase. p is the payment due. The scenario can run at the same time as
// others.
func plain(name string, run func(x *exam, p ecomtrade24.Payment), needs ...string) Scenario {
	return bare(name, func(x *exam) { run(x, x.buy()) }, needs...)
}

// alone is like plain, but no other scenario may run at the same time.
func alone(name string, run func(x *exam, p ecomtrade24.Payment), needs ...string) Scenario {
	return bareAlone(name, func(x *exam) { run(x, x.buy()) }, needs...)
}

// bare returns a scenario without an initial purchase. The scenario can run at the same time as others.
func bare(name string, run func(x *exam), needs ...string) Scenario {
	return Scenario{Name: name, run: run, needs: needs}
}

// bareAlone is like bare, but no other scenario may run at the same time.
func bareAlone(name string, run func(x *exam), needs ...string) Scenario {
	return Scenario{Name: name, run: run, needs: needs, Alone: true}
}

// fix returns the scenario with this advice as its fix.
func (s Scenario) fix(advice string) Scenario {
	s.Fix = advice
	return s
}

// ignored returns a scenario that delivers a webhook about an unpaid session, and checks that the order stays unpaid.
func ignored(name string, edit ...change) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		x.says(with(p, edit...))
		x.unpaid(p)
	})
}

// nonePays returns a scenario that tries several spellings, each with a separate order, and checks that all orders stay
// unpaid.
func nonePays(name string, spellings []string, try func(x *exam, p ecomtrade24.Payment, spelling string)) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		orders := []ecomtrade24.Payment{p}
		for range spellings[1:] {
			if next, led := x.purchase(); led == "" { // otherwise the shop reuses the order
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
