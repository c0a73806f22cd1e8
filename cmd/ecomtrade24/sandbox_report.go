package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// exports returns the settings for the shop's environment. It shows the key and secret only if they are the defaults.
func exports(c sandbox.Config) string {
	export := func(name, value, known string) string {
		if value != known {
			return "# " + name + " is already set\n"
		}
		return "export " + name + "=" + guard.Shell(value) + "\n"
	}
	domain := "" // the gateway accepts any domain
	if len(c.Domains) > 0 {
		domain = "export " + envDomain + "=" + guard.Shell(c.Domains[0]) + "\n"
	}
	return "export " + envBaseURL + "=" + c.BaseURL + "\n" +
		"export " + envDeployment + "=" + string(c.Deployment) + "\n" +
		export(envAPIKey, c.APIKey, sandboxKey) + export(envWebhookSecret, c.WebhookSecret, sandboxSecret) + domain
}

func (a *app) describe(c sandbox.Config, targets []string) {
	where := "nowhere: set --webhook-url"
	for i, t := range targets {
		if i == 0 {
			where = guard.Line(t, 100)
		} else {
			where += "\n                  " + guard.Line(t, 100)
		}
	}
	a.print(struct {
		BaseURL     string   `json:"base_url"`
		Deployment  string   `json:"deployment"`
		Mode        string   `json:"mode"`
		WebhookURLs []string `json:"webhook_urls,omitempty"`
	}{c.BaseURL, string(c.Deployment), string(c.Mode), targets},
		fmt.Sprintf("The sandbox runs a %s gateway with %s. No money moves.\n\n", c.Deployment, c.Mode)+
			exports(c)+"\nWebhooks go to    "+where+"\nWatch it at       "+c.BaseURL+"/\nStop with Ctrl-C.\n\n")
}

type called struct {
	Time      string   `json:"time"`
	Call      int      `json:"call"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Response  int      `json:"response,omitempty"`
	SessionID string   `json:"session_id,omitempty"`
	OrderID   string   `json:"order_id,omitempty"`
	Rejected  string   `json:"rejected,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	TookMS    float64  `json:"took_ms"`
}

func (a *app) printCall(r sandbox.Request) {
	record := called{
		Time: stamp(r.Time), Call: r.Number, Method: r.Method, Path: r.Path, Response: r.Status, SessionID: r.SessionID,
		OrderID: r.OrderID, Rejected: r.Rejected, Warnings: r.Warnings, TookMS: float64(r.Took.Microseconds()) / 1000,
	}
	color, status := green, strconv.Itoa(r.Status)
	switch {
	case r.Status == 0:
		color, status = red, "dropped"
	case r.Rejected != "":
		color = red
	case len(r.Warnings) > 0:
		color = yellow
	}
	text := fmt.Sprintf("%s  call        %-22s  %s %8s  %s %s\n", r.Time.Format(time.TimeOnly), guard.Line(r.OrderID, 22),
		a.color(a.out, color, fmt.Sprintf("%-20s", status)), delivery.InMS(r.Took),
		guard.Line(r.Method, 8), guard.Line(r.Path, 40))
	var b strings.Builder
	b.WriteString(text)
	for _, why := range append([]string{r.Rejected}, r.Warnings...) {
		if why != "" {
			b.WriteString(wrap(guard.Line(why, 300), "          ", 80))
		}
	}
	a.print(record, b.String())
}

type delivered struct {
	Time      string  `json:"time"`
	Webhook   int     `json:"webhook"`
	Attempt   int     `json:"attempt"`
	SessionID string  `json:"session_id"`
	OrderID   string  `json:"order_id"`
	Status    string  `json:"status"`
	URL       string  `json:"url"`
	Response  int     `json:"response,omitempty"`
	Error     string  `json:"error,omitempty"`
	TookMS    float64 `json:"took_ms"`
	NextMS    float64 `json:"next_ms,omitempty"` // milliseconds until the next attempt
}

func (a *app) printDelivery(d sandbox.Delivery) {
	response := delivery.Response{Status: d.Response, Took: d.Took, Err: d.Err}
	r := delivered{
		Time: stamp(d.SentAt), Webhook: d.Webhook, Attempt: d.Attempt, SessionID: d.SessionID, OrderID: d.OrderID,
		Status: string(d.Status), URL: d.URL, Response: d.Response,
		TookMS: float64(response.Took.Microseconds()) / 1000, NextMS: float64(d.Next.Milliseconds()),
	}
	if d.Response == 0 {
		r.Error = response.String()
	}
	color, try := green, ""
	if !response.OK() {
		color = red
	}
	if d.Attempt > 1 {
		try = fmt.Sprintf("  try %d", d.Attempt)
	}
	switch {
	case response.OK():
	case d.Next > 0:
		try += fmt.Sprintf("  again in %v", d.Next)
	default:
		try += "  given up"
	}
	try += "  to " + guard.Line(d.URL, 60)
	text := fmt.Sprintf("%s  %-10s  %-22s  %s %8s%s\n",
		d.SentAt.Format(time.TimeOnly), guard.Line(r.Status, 10), guard.Line(d.OrderID, 22),
		a.color(a.out, color, fmt.Sprintf("%-20s", guard.Line(response.String(), 20))), delivery.InMS(response.Took), try)
	a.print(r, text)
}
