package exam

import "slices"

// Scenarios are all of them, in the order in which they are played.
func Scenarios() []Scenario {
	return slices.Concat(
		forgery(), around(), shapes(), letters(), money(), clocks(), arrival(), payments(), twice(), gaps(), responses(),
		loss(), halfDone(), catchingUp(), checkout(), payAgain(), wayBack(), shared(), leaks(),
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
