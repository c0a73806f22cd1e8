package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
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
	want string // the answer that a right endpoint gives
	// change makes of a paid event the one that is sent.
	change func(o order, e *delivery.Event)
	// How it is signed.
	forged bool // under another secret
	before string
}

// The answers that trigger takes for right.
const (
	wantTaken   = "2xx"
	wantRefused = "401"
	wantEither  = "2xx or 400"
)

func status(s string) func(order, *delivery.Event) {
	return func(_ order, e *delivery.Event) { e.Status, e.TxID = s, nil }
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
func testEvent(o order, e *delivery.Event) {
	*e = delivery.Test("TEST-WEBHOOK-"+rand.Text()[:10], o.domain, time.Time(e.SentAt))
}

func wrongAmount(o order, e *delivery.Event) {
	e.Amount = "0.01"
	if o.amount == e.Amount {
		e.Amount = "0.02"
	}
}

func stale(o order, e *delivery.Event) {
	e.SentAt = delivery.Timestamp(time.Time(e.SentAt).Add(-o.age))
}

// paid is the event of a payment that went well. Its transaction is the same whenever the session is, as in a
// redelivery.
func (o order) paid(now time.Time) delivery.Event {
	sum := sha256.Sum256([]byte(o.session))
	txid := "tx_" + hex.EncodeToString(sum[:8])
	e := delivery.Event{
		Type: "payment.session", SessionID: delivery.ID(o.session), OrderID: o.id, Status: "paid", Amount: o.amount,
		Currency: o.currency, TxID: &txid, MerchantID: 175, ShopDomain: o.domain, SentAt: delivery.Timestamp(now),
		Provider: "ecomtrade24",
	}
	if o.email != "" {
		e.Email = &o.email
	}
	return e
}

// sign returns the event's body and its signature.
func (k kind) sign(o order, form sandbox.SignatureForm, secret string, now time.Time) (body []byte, signature string) {
	event := o.paid(now)
	if k.change != nil {
		k.change(o, &event)
	}
	body = event.Body()
	if k.forged {
		secret = "forged-" + rand.Text()
	}
	if k.before == "" {
		return body, form.Value(secret, body)
	}
	event.Status, event.TxID = k.before, nil
	return body, form.Value(secret, event.Body())
}

// right tells whether the answer is the one that is wanted.
func (k kind) right(a delivery.Answer) bool {
	switch k.want {
	case wantRefused:
		return a.Status == 401
	case wantEither:
		return a.OK() || a.Status == 400
	}
	return a.OK()
}
