package main

import (
	"encoding/xml"
	"fmt"
	"os"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// The report as CI servers read it: https://github.com/testmoapp/junitxml describes the format.
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
