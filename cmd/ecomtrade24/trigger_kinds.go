package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// order is what an event is about.
type order struct {
	id, amount, currency, session, email, domain string
	age                                          time.Duration // of a stale event
}

// kind is one of the events that trigger sends.
type kind struct {
	name string
	what string
	want string // the response that a right endpoint gives
	// change makes of a paid event the one that is sent.
	change func(o order, w *delivery.Webhook)
	// How it is signed.
	forged bool // under another secret
	before ecomtrade24.PaymentStatus
}

// The responses that trigger takes for right.
const (
	wantTaken   = "2xx"
	wantRefused = "401"
	wantEither  = "2xx or 400"
)

func status(s ecomtrade24.PaymentStatus) func(order, *delivery.Webhook) {
	return func(_ order, w *delivery.Webhook) { w.Payment.Status, w.Payment.TxID = s, "" }
}

// kinds are all of them, in the order of the help text.
func kinds() []kind {
	return []kind{
		{name: "paid", what: "the order is paid", want: wantTaken},
		{name: "failed", what: "the payment failed", want: wantTaken, change: status("failed")},
		{name: "declined", what: "the payment was declined", want: wantTaken, change: status("declined")},
		{name: "expired", what: "nobody paid in time", want: wantTaken, change: status("expired")},
		{name: "cancelled", what: "the buyer gave up", want: wantTaken, change: status("cancelled")},
		{name: "processing", what: "the payment is on its way", want: wantTaken, change: status("processing")},
		{name: "test", what: "the dashboard's test: never a payment", want: wantTaken, change: testEvent},
		{
			name: "unknown-status", what: "a status that nobody knows: not to be taken for paid", want: wantTaken,
			change: status("partially_paid"),
		},
		{name: "wrong-amount", what: "paid, but only 0.01: not to be shipped", want: wantTaken, change: wrongAmount},
		{name: "wrong-secret", what: "paid, but signed by somebody else", want: wantRefused, forged: true},
		{name: "tampered", what: "made paid after it was signed", want: wantRefused, before: "declined"},
		{name: "stale", what: "paid, but sent three days ago (--age)", want: wantEither, change: stale},
	}
}

func findKind(name string) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return all[i], true
}

// testEvent keeps nothing of the order: a test is about none.
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

// paid is the event of a payment that went well. Its transaction is the same whenever the session is, as in a
// redelivery.
func (o order) paid(now time.Time) delivery.Webhook {
	sum := sha256.Sum256([]byte(o.session))
	return delivery.Of(ecomtrade24.Payment{
		SessionID: o.session, OrderID: o.id, Status: ecomtrade24.StatusPaid, Amount: ecomtrade24.Amount(o.amount),
		Currency: o.currency, CustomerEmail: o.email, TxID: "tx_" + hex.EncodeToString(sum[:8]), Domain: o.domain,
	}, now)
}

// says is what the event says, in short.
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

// right tells whether the response is the one that is wanted.
func (k kind) right(a delivery.Response) bool {
	switch k.want {
	case wantRefused:
		return a.Status == 401
	case wantEither:
		return a.OK() || a.Status == 400
	}
	return a.OK()
}
