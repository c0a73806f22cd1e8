package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// Action is an ACTION of POST /sandbox/sessions/ID/ACTION.
type Action struct {
	Name, Does string
	Label      string                    // of its button; "" if it has none
	to         ecomtrade24.PaymentStatus // the new status, if the real gateway could make this change
}

// Actions returns all actions. The name of any other status that the SDK knows is also an action.
func Actions() []Action {
	return []Action{
		{"pay", "pay in full", "Pay", ecomtrade24.StatusPaid},
		{"process", "the payment is being processed", "Process", ecomtrade24.StatusProcessing},
		{"review", "the gateway reviews the payment", "Review", ecomtrade24.StatusReview},
		{"decline", "the card is declined", "Decline", ecomtrade24.StatusDeclined},
		{"fail", "the payment fails", "Fail", ecomtrade24.StatusFailed},
		{"cancel", "the buyer cancels", "Cancel", ecomtrade24.StatusCancelled},
		{"expire", "the session's time runs out", "Expire", ecomtrade24.StatusExpired},
		{"pay-less", "pay half the amount", "Pay half", ""},
		{"pay-more", "pay twice the amount", "Pay double", ""},
		{"pay-in-another-currency", "pay the amount in EUR, or in USD if EUR is due", "Pay in another currency", ""},
		{"pay-with-gaps", "pay; the webhook lacks amount and currency", "Pay without an amount", ""},
		{"pay-as-completed", "pay; the webhook's event is payment.completed", "Pay as payment.completed", ""},
		{"pay-as-type", "pay; the event is in the older member, type", "Pay with type instead of event", ""},
		{"unknown-status", "the gateway reports an unknown status", "Report an unknown status", ""},
		{"tell", "the gateway reports the flags --status, --amount, …", "", ""},
		{"resend", "send the webhook of the session's status again", "", ""},
	}
}

// moveOf returns the status to which the action changes the session, or "".
func moveOf(action string) ecomtrade24.PaymentStatus {
	for _, a := range Actions() {
		if a.Name == action {
			return a.to
		}
	}
	if to := ecomtrade24.PaymentStatus(action); to.Rank() > 0 {
		return to
	}
	return ""
}

// act performs an action on a session.
func (g *Gateway) act(w http.ResponseWriter, r *http.Request) {
	id, action := r.PathValue("id"), r.PathValue("action")
	values, err := fields(r)
	if err != nil {
		g.fail(w, r, http.StatusBadRequest, err)
		return
	}
	if _, ok := g.snapshot(id); !ok {
		g.fail(w, r, http.StatusNotFound, fmt.Errorf("sandbox: no session %.64q", id))
		return
	}
	before := 0
	if all := g.Deliveries(); len(all) > 0 {
		before = all[len(all)-1].Number
	}
	var wait func()
	switch to := moveOf(action); {
	case to != "":
		wait, err = g.Move(id, to, "")
	case action == "resend":
		wait, err = g.resendState(id, values.Get("times"))
	default:
		wait, err = g.tell(id, action, values)
	}
	if err != nil {
		g.fail(w, r, http.StatusConflict, err)
		return
	}
	g.done(w, r, "/sessions/"+id, wait, func() any {
		record, _ := g.oneRecord(id)
		return Acted{record, g.sent(id, before), !g.delivers(record.Domain), g.Waiting()}
	})
}

// Acted is the response to POST /sandbox/sessions/ID/ACTION.
type Acted struct {
	SessionRecord

	Webhooks []SentWebhook `json:"webhooks"`                 // caused by the action
	Nowhere  bool          `json:"no_webhook_url,omitempty"` // there is no URL for webhooks
	HeldBack int           `json:"held_back,omitempty"`      // webhooks that a fault holds back, of all sessions
}

// SentWebhook is the newest attempt of a webhook.
type SentWebhook struct {
	Webhook  int    `json:"webhook"`
	Attempt  int    `json:"attempt"`
	Response int    `json:"response,omitempty"`
	Error    string `json:"error,omitempty"`
	Again    bool   `json:"again,omitempty"` // another attempt follows
}

// sent returns the session's webhooks with attempts after that number.
func (g *Gateway) sent(id string, after int) []SentWebhook {
	newest := []SentWebhook{}
	for _, d := range g.Deliveries() {
		if d.Number <= after || d.SessionID != id && d.SessionID != "" {
			continue
		}
		s := SentWebhook{Webhook: d.Webhook, Attempt: d.Attempt, Response: d.Response, Again: d.Next > 0}
		if d.Err != nil {
			s.Error = d.Err.Error()
		}
		if i := slices.IndexFunc(newest, func(s SentWebhook) bool { return s.Webhook == d.Webhook }); i >= 0 {
			newest[i] = s
		} else {
			newest = append(newest, s)
		}
	}
	return newest
}

// resendState sends the session's status again, several times at once.
func (g *Gateway) resendState(id, times string) (wait func(), err error) {
	n := 1
	if times != "" {
		if n, err = strconv.Atoi(times); err != nil || n < 1 || n > 100 {
			return nil, fmt.Errorf("sandbox: times must be from 1 to 100, not %.32q", times)
		}
	}
	var all []func()
	for range n {
		one, err := g.Redeliver(id)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return func() {
		for _, one := range all {
			one()
		}
	}, nil
}

// tell edits the session's payment, even in ways that the real gateway would not, and sends the webhook.
func (g *Gateway) tell(id, action string, values url.Values) (wait func(), err error) {
	change, named, gaps, err := change(action, values)
	if err != nil {
		return nil, err
	}
	if named == (delivery.Naming{}) {
		named = g.config.Naming
	}
	told, err := g.EditPayment(id, func(p *ecomtrade24.Payment) {
		p.Status = ecomtrade24.StatusPaid
		if p.TxID == "" {
			p.TxID = g.transaction(id)
		}
		change(p)
	})
	if err != nil {
		return nil, err
	}
	for _, gap := range gaps { // only in the webhook; a lookup returns them
		switch gap {
		case "session_id":
			told.SessionID = ""
		case "order_id":
			told.OrderID = ""
		case "amount":
			told.Amount = ""
		case "currency":
			told.Currency = ""
		case "txid":
			told.TxID = ""
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.send(told, named)
}

// change returns the edit of an action: a preset of the page, or the values of the action "tell".
func change(action string, values url.Values) (
	change func(p *ecomtrade24.Payment), named delivery.Naming, gaps []string, err error,
) {
	change = func(*ecomtrade24.Payment) {}
	switch action {
	case "pay-less":
		change = func(p *ecomtrade24.Payment) { p.Amount = scaled(*p, 1, 2) }
	case "pay-more":
		change = func(p *ecomtrade24.Payment) { p.Amount = scaled(*p, 2, 1) }
	case "pay-in-another-currency":
		change = func(p *ecomtrade24.Payment) {
			if p.Currency == "USD" {
				p.Currency = "EUR"
			} else {
				p.Currency = "USD"
			}
		}
	case "unknown-status":
		change = func(p *ecomtrade24.Payment) { p.Status = "frozen" }
	case "pay-with-gaps":
		gaps = []string{"amount", "currency"}
	case "pay-as-completed":
		named.Type = ecomtrade24.EventPaymentCompleted
	case "pay-as-type":
		named.Older = true
	case "tell":
		named.Type, named.Older = ecomtrade24.EventType(values.Get("event")), values.Get("older") == "true"
		gaps = strings.FieldsFunc(values.Get("omit"), func(r rune) bool { return r == ',' || r == ' ' })
		change = func(p *ecomtrade24.Payment) { replace(p, values) }
	default:
		err = fmt.Errorf("sandbox: there is no action %.32q", action)
	}
	return change, named, gaps, err
}

// scaled returns the payment's amount times a/b, or the smallest unit.
func scaled(p ecomtrade24.Payment, a, b int64) ecomtrade24.Amount {
	minor, err := p.Amount.Minor(p.Currency)
	if err != nil {
		return "1.00"
	}
	amount, err := ecomtrade24.AmountFromMinor(max(minor*a/b, 1), p.Currency)
	if err != nil {
		return "1.00"
	}
	return amount
}

func replace(p *ecomtrade24.Payment, values url.Values) {
	for name, set := range map[string]func(string){
		"status":   func(v string) { p.Status = ecomtrade24.PaymentStatus(v) },
		"amount":   func(v string) { p.Amount = ecomtrade24.Amount(v) },
		"currency": func(v string) { p.Currency = v },
		"order_id": func(v string) { p.OrderID = v },
		"txid":     func(v string) { p.TxID = v },
		"domain":   func(v string) { p.Domain = v },
		"test":     func(v string) { p.Test = v == "true" },
	} {
		if values.Has(name) {
			set(values.Get(name))
		}
	}
}
