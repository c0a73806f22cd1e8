package main

import (
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// exports are the lines to copy into the shop's environment. A key or secret that somebody has set is not shown.
func exports(c sandbox.Config) string {
	export := func(name, value, known string) string {
		if value != known {
			return "# " + name + " is the one that you have set\n"
		}
		return "export " + name + "=" + value + "\n"
	}
	return "export " + envBaseURL + "=" + c.BaseURL + "\n" +
		"export " + envDeployment + "=" + string(c.Deployment) + "\n" +
		export(envAPIKey, c.APIKey, sandboxKey) + export(envWebhookSecret, c.WebhookSecret, sandboxSecret)
}

// describe prints what the sandbox is.
func (a *app) describe(c sandbox.Config, target string) {
	where, endpoint := "nowhere: give --webhook-url", ""
	if target != "" {
		endpoint = shown(target)
		where = clean(endpoint, 60)
	}
	a.print(struct {
		BaseURL    string `json:"base_url"`
		Deployment string `json:"deployment"`
		Mode       string `json:"mode"`
		WebhookURL string `json:"webhook_url,omitempty"`
	}{c.BaseURL, string(c.Deployment), string(c.Mode), endpoint},
		fmt.Sprintf("The sandbox plays %s with %s. No money moves.\n\n", c.Deployment, c.Mode)+
			exports(c)+"\nWebhooks go to    "+where+"\nDeliveries are at "+c.BaseURL+"/events\nStop with Ctrl-C.\n\n")
}

// delivered is the record of one attempt to deliver.
type delivered struct {
	Time      string  `json:"time"`
	Webhook   int     `json:"webhook"`
	Attempt   int     `json:"attempt"`
	SessionID string  `json:"session_id"`
	OrderID   string  `json:"order_id"`
	Status    string  `json:"status"`
	Answer    int     `json:"answer,omitempty"`
	Error     string  `json:"error,omitempty"`
	TookMS    float64 `json:"took_ms"`
}

func (a *app) printDelivery(d courier.Delivery) {
	answer := delivery.Answer{Status: d.Response, Took: time.Since(d.SentAt), Err: d.Err}
	r := delivered{
		Time: stamp(d.SentAt), Webhook: d.Webhook, Attempt: d.Attempt, SessionID: d.SessionID, OrderID: d.OrderID,
		Status: string(d.Status), Answer: d.Response, TookMS: float64(answer.Took.Microseconds()) / 1000,
	}
	if d.Response == 0 {
		r.Error = answer.String()
	}
	color, try := green, ""
	if !answer.OK() {
		color = red
	}
	if d.Attempt > 1 {
		try = fmt.Sprintf("  try %d", d.Attempt)
	}
	text := fmt.Sprintf("%s  %-10s  %-22s  %s %8s%s\n", d.SentAt.Format(time.TimeOnly), r.Status, clean(d.OrderID, 22),
		a.color(a.out, color, fmt.Sprintf("%-20s", clean(answer.String(), 20))), delivery.InMS(answer.Took), try)
	a.print(r, text)
}
