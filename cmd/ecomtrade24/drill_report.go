package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// played is the record of one scenario.
type played struct {
	Group      string   `json:"group"`
	Scenario   string   `json:"scenario"`
	Result     string   `json:"result"` // passed, failed or skipped
	Needs      string   `json:"needs,omitempty"`
	Problem    string   `json:"problem,omitempty"`
	Transcript []string `json:"transcript,omitempty"`
	Costs      string   `json:"costs,omitempty"`
	Mend       string   `json:"mend,omitempty"`
	TookMS     float64  `json:"took_ms"`
}

// The results.
const (
	passed  = "passed"
	failed  = "failed"
	skipped = "skipped"
)

// report is the whole drill.
type report struct {
	app     *app
	records []played
	ended   string // why not all was played
}

// play plays the scenarios one after the other, and prints each as it ends. It ends early if the shop can no longer be
// examined.
func (a *app) play(ctx context.Context, s *drilled, scenarios []exam.Scenario, c exam.Config) *report {
	r := &report{app: a}
	shop, gateway := s.shop(ctx), drillGateway{s.gateway}
	fit := func() bool {
		begun := time.Now()
		failure := exam.Fit(ctx, gateway, shop, c)
		if failure == nil {
			return true
		}
		r.add(failure.Scenario, failure, begun)
		return false
	}
	if !fit() {
		r.ended = "The shop cannot be examined: nothing else was played."
		return r
	}
	group := ""
	for _, scenario := range scenarios {
		if ctx.Err() != nil {
			return r
		}
		if scenario.Group != group && !a.json {
			fmt.Fprintln(a.out, "\n"+scenario.Group)
		}
		group = scenario.Group
		if missing := scenario.Missing(shop); missing != "" {
			r.skip(scenario, missing)
			continue
		}
		begun := time.Now()
		failure := scenario.Examine(ctx, gateway, shop, c)
		r.add(scenario, failure, begun)
		if failure != nil && failure.Unfit && ctx.Err() == nil && !fit() {
			r.ended = "The shop can no longer be examined: what comes after was not played."
			return r
		}
	}
	return r
}

func (r *report) skip(s exam.Scenario, missing string) {
	record := played{Group: s.Group, Scenario: s.Name, Result: skipped, Needs: need(missing)}
	r.records = append(r.records, record)
	mark := r.app.color(r.app.out, yellow, "-     ")
	r.app.print(record, fmt.Sprintf("  %s  %s: needs %s\n", mark, s.Name, record.Needs))
}

func (r *report) add(s exam.Scenario, failure *exam.Failure, begun time.Time) {
	record := played{Group: s.Group, Scenario: s.Name, Result: passed, TookMS: since(begun)}
	mark, lesson := r.app.color(r.app.out, green, "ok    "), ""
	if failure != nil {
		record.Result, record.Problem, record.Transcript = failed, failure.Problem, failure.Transcript
		record.Costs, record.Mend = s.Costs, s.Mend
		mark = r.app.color(r.app.out, red, "FAILED")
		var b strings.Builder
		for line := range strings.Lines(failure.Error()) {
			b.WriteString("          " + clean(strings.TrimSuffix(line, "\n"), 400) + "\n")
		}
		lesson = b.String()
	}
	r.records = append(r.records, record)
	r.app.print(record, fmt.Sprintf("  %s  %s\n%s", mark, s.Name, lesson))
}

// tally counts the results of a group, or of all if group is "".
func (r *report) tally(group string) (n map[string]int) {
	n = map[string]int{}
	for _, record := range r.records {
		if group == "" || record.Group == group {
			n[record.Result]++
		}
	}
	return n
}

func (r *report) groups() (names []string) {
	for _, record := range r.records {
		if !slices.Contains(names, record.Group) {
			names = append(names, record.Group)
		}
	}
	return names
}

// verdict prints the table at the end, and what was not seen.
func (r *report) verdict(s *drilled) error {
	all := r.tally("")
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-18s  %6s  %6s  %7s\n", "", passed, failed, skipped)
	for _, group := range append(r.groups(), "") {
		n, name := r.tally(group), group
		if name == "" {
			name = "together"
		}
		fmt.Fprintf(&b, "%-18s  %6d  %6d  %7d\n", name, n[passed], n[failed], n[skipped])
	}
	if r.ended != "" {
		fmt.Fprintf(&b, "\n%s\n", r.ended)
	}
	if s.patterns["fulfilled"] == nil {
		b.WriteString("\nHow often goods were released was not looked at: --fulfilled tells where to see it.\n")
	}
	if all[failed] > 0 {
		b.WriteString("\nFailed:\n")
		for _, record := range r.records {
			if record.Result == failed {
				fmt.Fprintf(&b, "  %s: %s\n", record.Group, record.Scenario)
			}
		}
	}
	r.app.print(struct {
		Passed  int    `json:"passed"`
		Failed  int    `json:"failed"`
		Skipped int    `json:"skipped"`
		Ended   string `json:"ended,omitempty"`
	}{all[passed], all[failed], all[skipped], r.ended}, b.String())
	if all[failed] > 0 {
		return errFailed
	}
	return nil
}

// The report as CI servers read it: https://github.com/testmoapp/junitxml describes the form.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Seconds  string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Seconds string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func (r *report) writeJUnit(file string) error {
	if file == "" {
		return nil
	}
	var suites junitSuites
	for _, group := range r.groups() {
		n := r.tally(group)
		suite := junitSuite{
			Name: group, Tests: n[passed] + n[failed] + n[skipped], Failures: n[failed], Skipped: n[skipped],
		}
		took := 0.0
		for _, record := range r.records {
			if record.Group != group {
				continue
			}
			took += record.TookMS
			suite.Cases = append(suite.Cases, record.junit())
		}
		suite.Seconds = seconds(took)
		suites.Suites = append(suites.Suites, suite)
	}
	document, err := xml.MarshalIndent(suites, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append([]byte(xml.Header), append(document, '\n')...), 0o600); err != nil {
		return cannotOpen("--junit", err, "name a file that can be written")
	}
	return nil
}

func (p played) junit() junitCase {
	c := junitCase{Name: p.Scenario, Class: "drill." + p.Group, Seconds: seconds(p.TookMS)}
	switch p.Result {
	case failed:
		lesson := exam.Failure{
			Scenario: exam.Scenario{Costs: p.Costs, Mend: p.Mend}, Transcript: p.Transcript, Problem: p.Problem,
		}
		c.Failure = &junitMessage{p.Problem, lesson.Error()}
	case skipped:
		c.Skipped = &junitMessage{Message: "needs " + p.Needs}
	}
	return c
}

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }
