package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/diagnose"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// recorder is the endpoint that stores webhooks.
type recorder struct {
	app      *app
	verifier *webhook.Verifier // nil without a secret
	secret   string
	response int
	count    int
	stop     context.CancelFunc

	mu     sync.Mutex
	file   *os.File
	stored int
	failed error
}

const (
	largestRecorded  = 1 << 20
	largestDiagnosed = 64 << 10 // no webhook is larger, and diagnosing a larger body takes too long
)

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d := recorded{
		ReceivedAt: time.Now().UTC(), Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, Header: req.Header,
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, largestRecorded+1))
	switch {
	case err != nil:
		d.Incomplete = "it ended early"
	case len(body) > largestRecorded:
		d.Incomplete, body = "it is larger than 1 MiB", body[:largestRecorded]
	}
	if utf8.Valid(body) {
		d.Body = string(body)
	} else {
		d.Base64 = body
	}
	if r.verifier != nil && d.Incomplete == "" {
		right := r.verifier.Verify(req.Header, body) == nil
		d.Verified, d.Sandbox = &right, right && r.secret == sandboxSecret
		if !right && len(body) <= largestDiagnosed {
			for _, reason := range diagnose.Diagnose(diagnose.Input{Header: req.Header, Body: body, Secret: r.secret}).Reasons {
				d.Why = append(d.Why, reason.Text)
			}
		}
	}
	if !r.store(d) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(r.response)
}

// store writes the delivery and reports whether the write succeeded. The program ends after it has stored --count
// deliveries.
func (r *recorder) store(d recorded) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count > 0 && r.stored == r.count {
		return false
	}
	encoder := json.NewEncoder(r.file)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		r.failed = fmt.Errorf("cannot store the delivery: %w", err)
		r.stop()
		return false
	}
	r.stored++
	r.app.print(r.line(d))
	if r.stored == r.count {
		r.stop()
	}
	return true
}

// line describes a delivery, without the buyer's data.
func (r *recorder) line(d recorded) (record any, text string) {
	verdict := "not checked: no secret"
	switch {
	case d.Incomplete != "":
		verdict = "INCOMPLETE: " + d.Incomplete
	case d.Verified != nil:
		verdict = "verified"
		if !*d.Verified {
			verdict = "NOT VERIFIED: " + guard.Line(cmp.Or(strings.Join(d.Why, "; "), "too large to diagnose"), 200)
		}
	}
	var status, order, about string
	if ev := d.event(); ev != nil {
		status, order = string(ev.Status), ev.OrderID
		about = fmt.Sprintf("%-10s %s", status, order)
	} else if d.verified() {
		about = "no event"
	}
	line := struct {
		N          int      `json:"n"`
		Status     string   `json:"status,omitempty"`
		OrderID    string   `json:"order_id,omitempty"`
		Bytes      int      `json:"bytes"`
		Incomplete string   `json:"incomplete,omitempty"`
		Verified   *bool    `json:"verified"`
		Why        []string `json:"why,omitempty"`
	}{r.stored, status, order, len(d.content()), d.Incomplete, d.Verified, d.Why}
	return line, strings.TrimRight(fmt.Sprintf("%4d  %s  %-36s %s", r.stored,
		d.ReceivedAt.Local().Format(time.TimeOnly), guard.Line(about, 36), verdict), " ") + "\n"
}
