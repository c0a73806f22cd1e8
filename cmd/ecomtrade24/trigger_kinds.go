package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// order is the data that an event is built from.
type order struct {
	id, amount, currency, session, email, domain string
	age                                          time.Duration // age of a stale event
}

// kind is one of the events that the trigger command sends.
type kind struct {
	name string
	what string
	want string // the response of a correct endpoint
	// change turns a paid event into an event of this kind.
	change func(o order, w *delivery.Webhook)
	// The fields forged and before control the signature.
	forged bool // signed with another secret
	before ecomtrade24.PaymentStatus
}

// The responses that the trigger command expects.
const (
	wantTaken   = "2xx"
	wantRefused = "401"
	wantEither  = "2xx or 400"
)

func status(s ecomtrade24.PaymentStatus) func(order, *delivery.Webhook) {
	return func(_ order, w *delivery.Webhook) { w.Payment.Status, w.Payment.TxID = s, "" }
}

// kinds returns all events, in the sequence of the help text. The statuses are those that the sandbox has actions for.
func kinds() []kind {
	all := []kind{{name: "paid", what: "the payment succeeded", want: wantTaken}}
	for _, action := range sandbox.Actions() {
		if s := action.Status; s != "" && s != ecomtrade24.StatusPaid {
			all = append(all, kind{name: string(s), what: action.Does, want: wantTaken, change: status(s)})
		}
	}
	return append(all, []kind{
		{name: "test", what: "the dashboard's test, which is not a payment", want: wantTaken, change: testEvent},
		{
			name: "unknown-status", what: "an unknown status, which must not count as paid", want: wantTaken,
			change: status("partially_paid"),
		},
		{name: "wrong-amount", what: "paid, but only 0.01: the order must not ship", want: wantTaken, change: wrongAmount},
		{name: "wrong-secret", what: "paid, but signed with another secret", want: wantRefused, forged: true},
		{name: "tampered", what: "changed to paid after signing", want: wantRefused, before: "declined"},
		{name: "stale", what: "paid, but sent three days ago (--age)", want: wantEither, change: stale},
	}...)
}

// findKind returns the event with this name. Any other status that the SDK knows is an event, too.
func findKind(name string) (k kind, found bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	s := ecomtrade24.PaymentStatus(name)
	return kind{name: name, want: wantTaken, change: status(s)}, s.Rank() > 0
}

// testEvent turns the event into the dashboard's test, which has no real order.
func testEvent(o order, w *delivery.Webhook) {
	w.Payment = delivery.Test("TEST-WEBHOOK-"+rand.Text()[:10], o.domain)
}

func wrongAmount(o order, w *delivery.Webhook) {
	w.Payment.Amount = "0.01"
	if o.amount == "0.01" {
		w.Payment.Amount = "0.02"
	}
}

func stale(o order, w *delivery.Webhook) {
	w.SentAt = w.SentAt.Add(-o.age)
}

// paid returns the event of a successful payment. Its transaction ID depends only on the session, so repeated events
// share it.
func (o order) paid(now time.Time) delivery.Webhook {
	sum := sha256.Sum256([]byte(o.session))
	return delivery.Of(ecomtrade24.Payment{
		SessionID: o.session, OrderID: o.id, Status: ecomtrade24.StatusPaid, Amount: ecomtrade24.Amount(o.amount),
		Currency: o.currency, CustomerEmail: o.email, TxID: "tx_" + hex.EncodeToString(sum[:8]), Domain: o.domain,
	}, now)
}

func (k kind) says(o order) string {
	event := o.paid(time.Time{})
	if k.change != nil {
		k.change(o, &event)
	}
	p := event.Payment
	how := ""
	switch {
	case k.forged:
		how = ", signed with another secret"
	case k.before != "":
		how = ", signed as " + string(k.before)
	case k.name == "stale":
		how = fmt.Sprintf(", %v old", o.age)
	}
	return fmt.Sprintf("session %s, order %s, %s, %s %s%s", p.SessionID, p.OrderID, p.Status, p.Amount, p.Currency, how)
}

// sign returns the event's body and its signature.
func (k kind) sign(o order, form delivery.Format, secret string, now time.Time) (body []byte, signature string) {
	event := o.paid(now)
	if k.change != nil {
		k.change(o, &event)
	}
	body = event.Body()
	if k.forged {
		secret = "forged-" + rand.Text()
	}
	if k.before == "" {
		return body, form.Sign(secret, body)
	}
	event.Payment.Status, event.Payment.TxID = k.before, ""
	return body, form.Sign(secret, event.Body())
}

func (k kind) right(a delivery.Response) bool {
	switch k.want {
	case wantRefused:
		return a.Status == 401
	case wantEither:
		return a.OK() || a.Status == 400
	}
	return a.OK()
}
