package main

import (
	_ "embed"
	"errors"
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
	Costs  []cost // the worst first
	Groups []group
}

// cost are the failures of one impact.
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
