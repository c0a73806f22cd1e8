package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// Action describes a value of ACTION in POST /sandbox/sessions/ID/ACTION.
type Action struct {
	Name, Does string
	Label      string                    // label of the action's button; "" if there is no button
	Status     ecomtrade24.PaymentStatus // the new status, if the real gateway could make this change; otherwise ""

	// Changes that the real gateway would never make:
	edit  func(p *ecomtrade24.Payment) // changes the payment
	named delivery.Naming              // the event's naming
	omit  string                       // members that are left out of the webhook, but not of lookups
}

// Actions returns all listed actions. The name of any other status that the SDK knows is also an action.
func Actions() []Action {
	return []Action{
		{Name: "pay", Does: "pay in full", Label: "Pay", Status: ecomtrade24.StatusPaid},
		{Name: "process", Does: "the payment is being processed", Label: "Process", Status: ecomtrade24.StatusProcessing},
		{Name: "review", Does: "the gateway reviews the payment", Label: "Review", Status: ecomtrade24.StatusReview},
		{Name: "decline", Does: "the card is declined", Label: "Decline", Status: ecomtrade24.StatusDeclined},
		{Name: "fail", Does: "the payment fails", Label: "Fail", Status: ecomtrade24.StatusFailed},
		{Name: "cancel", Does: "the buyer cancels", Label: "Cancel", Status: ecomtrade24.StatusCancelled},
		{Name: "expire", Does: "the session's time runs out", Label: "Expire", Status: ecomtrade24.StatusExpired},
		{Name: "pay-less", Does: "pay half the amount", Label: "Pay half", edit: scaled(1, 2)},
		{Name: "pay-more", Does: "pay twice the amount", Label: "Pay double", edit: scaled(2, 1)},
		{
			Name: "pay-in-another-currency", Does: "pay the amount in EUR, or in USD if EUR is due",
			Label: "Pay in another currency", edit: otherCurrency,
		},
		{
			Name: "pay-with-gaps", Does: "pay, but the webhook lacks amount and currency", Label: "Pay without an amount",
			omit: "amount,currency",
		},
		{
			Name: "pay-as-completed", Does: "pay, with event payment.completed in the webhook",
			Label: "Pay as payment.completed", named: delivery.Naming{Type: ecomtrade24.EventPaymentCompleted},
		},
		{
			Name: "pay-as-type", Does: "pay, and send the webhook with type instead of event",
			Label: "Pay, with type instead of event", named: delivery.Naming{Older: true},
		},
		{
			Name: "unknown-status", Does: "report an unknown status", Label: "Report an unknown status",
			edit: func(p *ecomtrade24.Payment) { p.Status = "frozen" },
		},
		{Name: "tell", Does: "report the values of --status, --amount, …"},
		{Name: "resend", Does: "send the webhook of the current status again"},
	}
}

// findAction returns the action with this name. known reports whether the action exists.
func findAction(name string) (a Action, known bool) {
	for _, a := range Actions() {
		if a.Name == name {
			return a, true
		}
	}
	status := ecomtrade24.PaymentStatus(name)
	return Action{Name: name, Status: status}, status.Rank() > 0
}

// act performs an action on a session.
func (g *Gateway) act(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	values, err := fields(r)
	if err != nil {
		g.fail(w, r, http.StatusBadRequest, err)
		return
	}
	if _, ok := g.snapshot(id); !ok {
		g.fail(w, r, http.StatusNotFound, fmt.Errorf("no session %.64q", id))
		return
	}
	before := 0
	if all := g.Deliveries(); len(all) > 0 {
		before = all[len(all)-1].Number
	}
	var wait func()
	switch a, known := findAction(r.PathValue("action")); {
	case !known:
		err = fmt.Errorf("there is no action %.32q", a.Name)
	case a.Status != "":
		wait, err = g.Move(id, a.Status, "")
	case a.Name == "resend":
		wait, err = g.resendState(id, values.Get("times"))
	default:
		wait, err = g.tell(id, a, values)
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

	Webhooks []SentWebhook `json:"webhooks"`                 // webhooks that the action caused
	Nowhere  bool          `json:"no_webhook_url,omitempty"` // true if no webhook URL is set
	HeldBack int           `json:"held_back,omitempty"`      // how many webhooks of any session a fault holds back
}

// SentWebhook is the newest attempt to deliver a webhook.
type SentWebhook struct {
	Webhook  int    `json:"webhook"`
	Attempt  int    `json:"attempt"`
	Response int    `json:"response,omitempty"`
	Error    string `json:"error,omitempty"`
	Again    bool   `json:"again,omitempty"` // whether another attempt follows
}

// sent returns the session's webhooks whose newest attempt came after the delivery with the given number.
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
			return nil, fmt.Errorf("times must be from 1 to 100, not %.32q", times)
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

// tell edits the session's payment and sends the webhook, even for an edit that the real gateway would never make.
func (g *Gateway) tell(id string, a Action, values url.Values) (wait func(), err error) {
	if a.Name == "tell" {
		a.named.Type, a.named.Older = ecomtrade24.EventType(values.Get("event")), values.Get("older") == "true"
		a.omit = values.Get("omit")
		a.edit = func(p *ecomtrade24.Payment) { replace(p, values) }
	}
	if a.named == (delivery.Naming{}) {
		a.named = g.config.Naming
	}
	told, err := g.EditPayment(id, func(p *ecomtrade24.Payment) {
		p.Status, p.TxID = ecomtrade24.StatusPaid, cmp.Or(p.TxID, g.transaction(id))
		if a.edit != nil {
			a.edit(p)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, name := range items(a.omit) { // lookups keep these
		if text := texts(&told)[name]; text != nil {
			*text = ""
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.send(told, a.named)
}

// texts returns the members of a webhook that an action can change or omit.
func texts(p *ecomtrade24.Payment) map[string]*string {
	return map[string]*string{
		"session_id": &p.SessionID, "order_id": &p.OrderID, "status": (*string)(&p.Status), "amount": (*string)(&p.Amount),
		"currency": &p.Currency, "txid": &p.TxID, "domain": &p.Domain,
	}
}

func replace(p *ecomtrade24.Payment, values url.Values) {
	for name, text := range texts(p) {
		if values.Has(name) {
			*text = values.Get(name)
		}
	}
	if values.Has("test") {
		p.Test = values.Get("test") == "true"
	}
}

func otherCurrency(p *ecomtrade24.Payment) {
	if p.Currency == "USD" {
		p.Currency = "EUR"
	} else {
		p.Currency = "USD"
	}
}

// scaled returns an edit that multiplies the amount by a/b. The result is at least the currency's smallest unit.
func scaled(a, b int64) func(p *ecomtrade24.Payment) {
	return func(p *ecomtrade24.Payment) {
		minor, err := p.Amount.Minor(p.Currency)
		if err == nil {
			p.Amount, err = ecomtrade24.AmountFromMinor(max(minor*a/b, 1), p.Currency)
		}
		if err != nil {
			p.Amount = "1.00"
		}
	}
}
