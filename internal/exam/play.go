package exam

import "context"

// Played holds a scenario and its result.
type Played struct {
	Scenario

	Missing string   // the missing hook, if the scenario was not played
	Failure *Failure // nil if the scenario passed
}

// Play plays the scenarios against one shop and reports each in sequence. It plays up to the given number of scenarios
// in parallel if they allow it. It ends early if the function report returns false or ctx ends.
func Play(ctx context.Context, g Gateway, shop *Shop, c Config, scenarios []Scenario, parallel int,
	report func(Played) (goOn bool),
) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	play := func(s Scenario) Played {
		p := Played{Scenario: s, Missing: s.Missing(shop, c)}
		if p.Missing == "" {
			p.Failure = s.Examine(ctx, g, shop, c)
		}
		return p
	}
	for len(scenarios) > 0 {
		n := 1
		for !scenarios[0].Alone && n < len(scenarios) && !scenarios[n].Alone {
			n++
		}
		results := make([]chan Played, n)
		slots := make(chan struct{}, parallel)
		for i, s := range scenarios[:n] {
			results[i] = make(chan Played, 1)
			go func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				p := Played{Scenario: s, Failure: &Failure{Scenario: s, Unfit: true, Problem: "a hook ended its goroutine"}}
				defer func() { results[i] <- p }()
				p = play(s)
			}()
		}
		goOn := true
		for _, result := range results {
			if p := <-result; goOn && ctx.Err() == nil && !report(p) {
				goOn = false
				cancel()
			}
		}
		if ctx.Err() != nil {
			return
		}
		scenarios = scenarios[n:]
	}
}
