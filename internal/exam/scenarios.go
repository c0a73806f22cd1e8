package exam

import "slices"

// Scenarios are all of them, in the order in which they are played.
func Scenarios() []Scenario {
	return slices.Concat(forgery(), money(), arrival(), twice(), gaps(), loss(), checkout())
}

// in puts scenarios into a group, and tells those that say nothing of their own what it costs and how to mend it.
func in(group, costs, mend string, scenarios ...Scenario) []Scenario {
	for i := range scenarios {
		s := &scenarios[i]
		s.Group = group
		if s.Costs == "" {
			s.Costs = costs
		}
		if s.Mend == "" {
			s.Mend = mend
		}
	}
	return scenarios
}
