package exam

import (
	"slices"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Scenarios are all of them, in the order in which they are played.
func Scenarios() []Scenario {
	return slices.Concat(
		forgery(), around(), shapes(), apiShapes(), letters(), money(), clocks(), arrival(), payments(), twice(), gaps(),
		responses(), loss(), halfDone(), catchingUp(), lookups(), checkout(), payAgain(), wayBack(), shared(), books(),
		leaks(),
	)
}

// in puts scenarios into a group. fix is for those that have none.
func in(group, fix string, scenarios ...Scenario) []Scenario {
	for i := range scenarios {
		s := &scenarios[i]
		s.Group = group
		if s.Fix == "" {
			s.Fix = fix
		}
	}
	return scenarios
}

// plain is a scenario that can share the gateway and the shop with others.
func plain(name string, run func(x *exam), needs ...string) Scenario {
	return Scenario{Name: name, run: run, needs: needs}
}

// alone is a scenario beside which no other may run.
func alone(name string, run func(x *exam), needs ...string) Scenario {
	return Scenario{Name: name, run: run, needs: needs, Alone: true}
}

// fix is the scenario with advice of its own.
func (s Scenario) fix(advice string) Scenario {
	s.Fix = advice
	return s
}

// ignored is a webhook, made from a session that waits for its payment, after which the order must still be unpaid.
func ignored(name string, edit ...change) Scenario {
	return plain(name, func(x *exam) {
		p := x.buy()
		x.says(with(p, edit...))
		x.unpaid(p)
	})
}

// nonePays is a scenario that tries several spellings, each with an order, after which all orders must be unpaid.
func nonePays(name string, spellings []string, try func(x *exam, p ecomtrade24.Payment, spelling string)) Scenario {
	return plain(name, func(x *exam) {
		p := x.buy()
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
