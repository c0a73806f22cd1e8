package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

type triggered struct {
	Event    string  `json:"event"`
	Status   string  `json:"status,omitempty"`   // set only for a replayed delivery
	OrderID  string  `json:"order_id,omitempty"` // set only for a replayed delivery
	N        int     `json:"n"`
	Response int     `json:"response,omitempty"` // 0 if there was no response
	Error    string  `json:"error,omitempty"`
	TookMS   float64 `json:"took_ms"`
	Expected string  `json:"expected"`
	OK       bool    `json:"ok"`
	took     time.Duration
	problem  string
}

func (k kind) record(n int, response delivery.Response) triggered {
	r := triggered{
		Event: k.name, N: n, Response: response.Status, TookMS: float64(response.Took.Microseconds()) / 1000,
		Expected: k.want, OK: k.right(response), took: response.Took, problem: response.String(),
	}
	if response.Status == 0 {
		r.Error = response.String()
	}
	return r
}

func (a *app) triggerLine(r triggered) string {
	mark, note := a.color(a.out, green, "ok    "), ""
	if !r.OK {
		mark, note = a.color(a.out, red, "FAILED"), "  expected "+r.Expected
	}
	if about := strings.TrimSpace(r.Status + " " + r.OrderID); about != "" {
		note = "  " + guard.Line(about, 40) + note
	}
	return fmt.Sprintf("  %s %4d  %-26s %9s%s\n", mark, r.N, guard.Line(r.problem, 26), delivery.InMS(r.took), note)
}

// summary prints the totals, and fails if a delivery failed.
func (a *app) summary(records []triggered) error {
	wrong := 0
	for _, r := range records {
		if !r.OK {
			wrong++
		}
	}
	if len(records) > 1 && !a.json {
		slices.SortFunc(records, func(a, b triggered) int { return cmp.Compare(a.took, b.took) })
		fmt.Fprintf(a.out, "%d deliveries, %d with an unexpected response; median %s, slowest %s\n", len(records), wrong,
			delivery.InMS(records[len(records)/2].took), delivery.InMS(records[len(records)-1].took))
	}
	if wrong > 0 || len(records) == 0 {
		return errFailed
	}
	return nil
}
