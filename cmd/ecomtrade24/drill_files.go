package main

import (
	_ "embed"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"os"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

//go:embed drill.html
var reportPage string

// htmlReport is the data of the HTML page.
type htmlReport struct {
	Shop   string
	Ended  string
	Passed int
	Gaps   []gap
	Costs  []cost // worst impact first
	Groups []group
}

// cost holds the failures with the same impact.
type cost struct {
	Impact   string
	Failures []played
}

// writeHTML writes the report as one self-contained page.
func (r *report) writeHTML(file string) error {
	if file == "" {
		return nil
	}
	page := htmlReport{
		Shop: guard.Line(guard.URL(*r.flags.texts["shop"]), 80), Ended: r.ended, Gaps: r.gaps(),
		Passed: group{"", r.records}.tally()[passed], Groups: r.groups(),
	}
	for _, record := range r.failures() {
		title := record.failure.Title()
		if n := len(page.Costs); n == 0 || page.Costs[n-1].Impact != title {
			page.Costs = append(page.Costs, cost{Impact: title})
		}
		last := &page.Costs[len(page.Costs)-1]
		last.Failures = append(last.Failures, record)
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return cannotOpen("--html", err, "name a writable file")
	}
	var document strings.Builder
	if err := template.Must(template.New("report").Parse(reportPage)).Execute(&document, page); err != nil {
		return err
	}
	_, err = out.WriteString(guard.Text(document.String()))
	return errors.Join(err, out.Close())
}

// The report in the JUnit XML format, which CI servers read; https://github.com/testmoapp/junitxml describes the
// format.
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
		n, took := group.tally(), 0.0
		suite := junitSuite{Name: group.Name, Tests: len(group.Records), Failures: n[failed], Skipped: n[skipped]}
		for _, record := range group.Records {
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
	if err := os.WriteFile(file, []byte(xml.Header+guard.Text(string(document))+"\n"), 0o600); err != nil {
		return cannotOpen("--junit", err, "name a writable file")
	}
	return nil
}

func (p played) junit() junitCase {
	c := junitCase{Name: p.Scenario, Class: "drill." + p.Group, Seconds: seconds(p.TookMS)}
	switch p.Result {
	case failed:
		c.Failure = &junitMessage{p.Problem, p.failure.Error()}
	case skipped:
		c.Skipped = &junitMessage{Message: p.gap()}
	}
	return c
}

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }
