package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	attemptTimeout = 10 * time.Second // how long to wait for the response to a delivery
	userAgent      = "EcomTrade24-Sandbox/1"
	grace          = attemptTimeout + time.Second // how long Close waits for deliveries
)

// Delivery is one attempt to deliver a webhook, and the merchant's response.
type Delivery struct {
	DeliveryRecord

	Number int // the delivery's number, from 1
	Took   time.Duration
	Next   time.Duration // time until the next attempt; 0 if the webhook was accepted or this was the last attempt
	Forged string        // how it was forged and by which fault; "" if it is genuine
	secret string        // the secret used for the signature
}

// DeliveryRecord has the fields of gatewaytest.Delivery.
type DeliveryRecord struct {
	Webhook   int // the webhook's number, from 1; copies and retries have the same number
	Attempt   int // the attempt's number, from 1
	SessionID string
	OrderID   string
	Status    ecomtrade24.PaymentStatus // the payment's status in this delivery
	URL       string                    // the webhook URL without secrets
	Header    http.Header
	Body      []byte
	SentAt    time.Time // when the attempt was made
	// Response is the HTTP status of the merchant's response, or 0 if there is no response yet.
	Response     int
	ResponseBody []byte // body of the response, truncated to 64 KiB
	Err          error  // the reason if there is no response
}

// Accepted reports whether the merchant accepted the webhook.
func (d Delivery) Accepted() bool { return d.Response >= 200 && d.Response <= 299 }

// Failed reports whether the attempt has ended without the merchant accepting it.
func (d Delivery) Failed() bool { return !d.Accepted() && (d.Response != 0 || d.Err != nil) }

// attempt is a Delivery with its original message before any fault, so that the message can be sent again.
type attempt struct {
	Delivery

	origin message
}

// errLost is the Err of an attempt lost by FaultLose or FaultGone.
var errLost = errors.New("simulated loss")

// message is a webhook to deliver.
type message struct {
	payment     ecomtrade24.Payment
	named       delivery.Naming
	number      int
	delay       time.Duration // the delay before the first attempt
	age         time.Duration // how much older sent_at is than the attempt
	tampered    bool          // the body is changed after signing
	wrongSecret bool
	forgedBy    string // the name of the fault that forged the message
	lost        bool   // the first attempt never arrives
	gone        bool   // no attempt arrives
	format      delivery.Format
}

// body returns the webhook's body with the current time.
func (m message) body(now time.Time) []byte {
	w := delivery.Of(m.payment, now.Add(-m.age))
	w.Naming = m.named
	return w.Body()
}

// forged returns a description of how the message was forged, or "" if it is genuine.
func (m message) forged() string {
	switch {
	case m.tampered:
		return "The fault " + m.forgedBy + " changed the body after signing."
	case m.wrongSecret:
		return "The fault " + m.forgedBy + " signed it with another secret."
	}
	return ""
}

// size returns the message's approximate size in bytes.
func (m message) size() int { return paymentSize(m.payment) }

// usualFormat returns the configured signature format.
func (g *Gateway) usualFormat() delivery.Format {
	return delivery.Format{Header: g.config.SignatureHeader, Prefix: g.config.SignaturePrefix}
}

// anyFormat returns a random signature format from those that docs/protocol.md allows. The caller holds the lock.
func (g *Gateway) anyFormat() delivery.Format {
	headers := webhook.SignatureHeaders()
	return delivery.Format{
		Header: headers[g.random.IntN(len(headers))], Prefix: g.random.IntN(2) == 0, Upper: g.random.IntN(2) == 0,
	}
}

// deliver sends m until the response is 2xx or all attempts have failed. The pause doubles after each attempt.
func (g *Gateway) deliver(t *target, m message) {
	pause := g.config.Backoff
	for n := 1; n <= g.config.Attempts; n++ {
		next := pause
		if n == g.config.Attempts {
			next = 0
		}
		if g.attempt(t, m, n, next) || next == 0 {
			return
		}
		if !g.pause(pause) {
			g.abandon(1)
			return
		}
		pause *= 2
	}
}

// pause waits for d and returns true, or false if the gateway closes first.
func (g *Gateway) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-g.closing:
		return false
	}
}

// attempt sends m once, with the current time as sent_at, records the delivery, and reports whether the merchant
// accepted it. If it was not accepted, next is the time until the next attempt.
func (g *Gateway) attempt(t *target, m message, n int, next time.Duration) bool {
	now := time.Now()
	body := m.body(now)
	secret := g.secretOf(m.payment.Domain)
	if m.wrongSecret {
		secret = "not-" + secret
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	header.Set(m.format.Header, m.format.Sign(secret, body))
	origin := message{payment: m.payment, named: m.named}
	if m.tampered {
		m.payment = tamper(m.payment)
		body = m.body(now)
	}
	d := &attempt{origin: origin, Delivery: Delivery{Forged: m.forged(), secret: secret, DeliveryRecord: DeliveryRecord{
		Webhook: m.number, Attempt: n, SessionID: m.payment.SessionID, OrderID: m.payment.OrderID, Status: m.payment.Status,
		URL: guard.URL(t.url), Header: header, Body: g.kept(body), SentAt: now,
	}}}
	g.mu.Lock()
	d.Number = g.deliveries.Add(d, headerSize(d.Header)+len(d.Body)+g.config.KeepBytes+origin.size())
	g.mu.Unlock()
	g.bell.ring()
	r := delivery.Response{Err: errLost}
	if !m.gone && (!m.lost || n > 1) {
		r = t.sender.Post(g.ctx, t.url, header.Clone(), body)
	}
	g.mu.Lock()
	d.Response, d.ResponseBody, d.Err, d.Took = r.Status, g.kept(r.Body), r.Err, time.Since(now)
	if !d.Accepted() {
		d.Next = next
	}
	ended := d.Delivery
	g.mu.Unlock()
	g.bell.ring()
	if g.config.Delivered != nil {
		g.config.Delivered(ended)
	}
	return ended.Accepted()
}

// tamper returns p as a forger would send it: its status is paid and all else is as the shop expects, so that only the
// signature shows the forgery.
func tamper(p ecomtrade24.Payment) ecomtrade24.Payment {
	p.Status, p.TxID, p.Test = ecomtrade24.StatusPaid, "tx_forged", false
	return p
}

// Deliveries returns the kept deliveries in the sequence in which they were sent.
func (g *Gateway) Deliveries() []Delivery {
	g.mu.Lock()
	defer g.mu.Unlock()
	deliveries := make([]Delivery, 0, len(g.deliveries.All()))
	for _, d := range g.deliveries.All() {
		deliveries = append(deliveries, d.Delivery)
	}
	return deliveries
}

// kept returns a body truncated to KeepBytes.
func (g *Gateway) kept(body []byte) []byte {
	if most := g.config.KeepBytes; most > 0 && len(body) > most {
		return slices.Concat(body[:most], []byte("…"))
	}
	return body
}

// paymentSize returns a payment's approximate size in bytes.
func paymentSize(p ecomtrade24.Payment) int {
	n := 0
	for _, s := range []string{
		p.SessionID, p.OrderID, string(p.Status), string(p.Amount), p.Currency, p.CustomerEmail, p.TxID, p.Domain,
	} {
		n += len(s)
	}
	for key, value := range p.Metadata {
		n += len(key) + len(value)
	}
	return n
}

// headerSize returns a header's approximate size in bytes.
func headerSize(h http.Header) (n int) {
	const entry, text = 100, 16 // bytes of overhead for a map entry and for a string
	for name, values := range h {
		n += entry + len(name)
		for _, value := range values {
			n += text + len(value)
		}
	}
	return n
}
