package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

type played struct {
	Group      string   `json:"group"`
	Scenario   string   `json:"scenario"`
	Result     string   `json:"result"` // passed, failed or skipped
	Needs      string   `json:"needs,omitempty"`
	Problem    string   `json:"problem,omitempty"`
	Transcript []string `json:"transcript,omitempty"`
	Impact     string   `json:"impact,omitempty"`
	Fix        string   `json:"fix,omitempty"`
	Command    string   `json:"command,omitempty"` // command line that plays only this scenario
	TookMS     float64  `json:"took_ms"`

	failure *exam.Failure
}

// The results of a scenario.
const (
	passed  = "passed"
	failed  = "failed"
	skipped = "skipped" // the scenario was not examined
)

type report struct {
	app     *app
	flags   *drillFlags
	records []played
	ended   string // why the drill stopped early
	begun   time.Time
	group   string // the last group printed
}

// play checks the shop and its hooks, and then plays the scenarios. It prints each scenario as soon as it ends.
func (a *app) play(ctx context.Context, s *drilled, scenarios []exam.Scenario, hooks []exam.Hook) *report {
	r := &report{app: a, flags: s.flags, begun: time.Now()}
	shop, gateway := s.examined(), drillGateway{s.gateway, s.flags.config.BaseURL, s.flags.config.APIKey}
	c := exam.Config{
		Patience: s.flags.patience, Settle: s.flags.settle, Stories: s.flags.stories, Broken: map[string]string{},
	}
	if f := exam.Fit(ctx, gateway, shop, &c); f != nil {
		r.add(exam.Played{Scenario: f.Scenario, Failure: f})
		r.ended = "The shop cannot be examined, so nothing else was played."
		return r
	}
	for _, hook := range hooks {
		p := exam.Played{Scenario: hook.Scenario, Missing: hook.Missing(shop, c)}
		if p.Missing == "" {
			p.Failure = hook.Examine(ctx, gateway, shop, c)
		}
		if p.Failure != nil {
			c.Broken[hook.Proves] = p.Failure.Problem
		}
		r.add(p)
	}
	exam.Play(ctx, gateway, shop, c, scenarios, s.flags.parallel, func(p exam.Played) bool {
		r.add(p)
		if p.Failure == nil || !p.Failure.Unfit {
			return true
		}
		again := c
		f := exam.Fit(ctx, gateway, shop, &again)
		if f != nil && ctx.Err() == nil {
			r.add(exam.Played{Scenario: f.Scenario, Failure: f})
			r.ended = "The shop can no longer be examined, so the remaining scenarios were not played."
		}
		return f == nil
	})
	return r
}

// add prints a scenario's result and records it.
func (r *report) add(p exam.Played) {
	record := played{Group: p.Group, Scenario: p.Name, Result: passed, TookMS: since(r.begun), failure: p.Failure}
	r.begun = time.Now()
	mark, lesson := r.app.color(r.app.out, green, "ok    "), ""
	switch f := p.Failure; {
	case p.Missing != "":
		record.Result, record.Needs = skipped, need(p.Missing)
		mark, lesson = r.app.color(r.app.out, yellow, "-     "), ": needs "+record.Needs
	case f != nil && f.Skipped:
		record.Result, record.Problem = skipped, f.Problem
		mark, lesson = r.app.color(r.app.out, yellow, "-     "), ": "+guard.Line(f.Problem, 400)
	case f != nil:
		record.Result, record.Problem, record.Transcript = failed, f.Problem, f.Transcript
		record.Command = r.flags.command(p.Group, p.Name)
		if !f.Unfit {
			record.Impact, record.Fix = f.Impact.String(), p.Fix
		}
		mark, lesson = r.app.color(r.app.out, red, "FAILED"), "\n"+indented(f.Error())
	}
	r.records = append(r.records, record)
	text := fmt.Sprintf("  %s  %s%s\n", mark, p.Name, strings.TrimSuffix(lesson, "\n"))
	if p.Group != r.group {
		text = "\n" + p.Group + "\n" + text
	}
	r.group = p.Group
	r.app.print(record, text)
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("          " + guard.Line(strings.TrimSuffix(line, "\n"), 400) + "\n")
	}
	return b.String()
}

// group holds the records of one group of scenarios.
type group struct {
	Name    string
	Records []played
}

func (r *report) groups() (groups []group) {
	for _, record := range r.records {
		i := slices.IndexFunc(groups, func(g group) bool { return g.Name == record.Group })
		if i < 0 {
			groups = append(groups, group{Name: record.Group})
			i = len(groups) - 1
		}
		groups[i].Records = append(groups[i].Records, record)
	}
	return groups
}

// tally counts the results.
func (g group) tally() map[string]int {
	n := map[string]int{}
	for _, record := range g.Records {
		n[record.Result]++
	}
	return n
}

// gap is a reason why scenarios were not examined, with the number of scenarios.
type gap struct {
	Why string `json:"why"`
	N   int    `json:"scenarios"`
}

func scenarios(n int) string {
	if n == 1 {
		return "1 scenario"
	}
	return fmt.Sprintf("%d scenarios", n)
}

// gap returns why the scenario was not examined.
func (p played) gap() string {
	if p.Needs != "" {
		return "needs " + p.Needs
	}
	return p.Problem
}

func (r *report) gaps() (gaps []gap) {
	for _, record := range r.records {
		if record.Result != skipped {
			continue
		}
		why := record.gap()
		i := slices.IndexFunc(gaps, func(g gap) bool { return g.Why == why })
		if i < 0 {
			gaps = append(gaps, gap{Why: why})
			i = len(gaps) - 1
		}
		gaps[i].N++
	}
	return gaps
}

// failures returns the failed scenarios, worst first.
func (r *report) failures() (failures []played) {
	for _, record := range r.records {
		if record.Result == failed {
			failures = append(failures, record)
		}
	}
	slices.SortStableFunc(failures, func(a, b played) int { return exam.Worst(a.failure, b.failure) })
	return failures
}

// verdict prints the gaps, the failures by impact, and a table of results by group.
func (r *report) verdict() error {
	var b strings.Builder
	if r.ended != "" {
		fmt.Fprintf(&b, "\n%s\n", guard.Line(r.ended, 400))
	}
	for i, g := range r.gaps() {
		if i == 0 {
			b.WriteString("\nNot examined:\n")
		}
		fmt.Fprintf(&b, "  %s: %s\n", scenarios(g.N), guard.Line(g.Why, 400))
	}
	title := ""
	for _, record := range r.failures() {
		if now := record.failure.Title(); now != title {
			title = now
			fmt.Fprintf(&b, "\n%s\n", title)
		}
		fmt.Fprintf(&b, "  %s\n    %s\n", record.Scenario, record.Command)
	}
	fmt.Fprintf(&b, "\n%-18s  %6s  %6s  %12s\n", "", passed, failed, "not examined")
	total := group{"total", r.records}
	for _, group := range append(r.groups(), total) {
		n := group.tally()
		fmt.Fprintf(&b, "%-18s  %6d  %6d  %12d\n", group.Name, n[passed], n[failed], n[skipped])
	}
	all := total.tally()
	r.app.print(struct {
		Passed      int    `json:"passed"`
		Failed      int    `json:"failed"`
		Skipped     int    `json:"skipped"`
		NotExamined []gap  `json:"not_examined,omitempty"`
		Ended       string `json:"ended,omitempty"`
	}{all[passed], all[failed], all[skipped], r.gaps(), r.ended}, b.String())
	if all[failed] > 0 {
		return errFailed
	}
	return nil
}
