package courier

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
)

const (
	attemptTimeout = 10 * time.Second // the time that the merchant's endpoint has to answer one attempt
	maxResponse    = 64 << 10         // the bytes of the merchant's response that are kept
	userAgent      = "EcomTrade24-Sandbox/1"
	grace          = attemptTimeout + time.Second // that Close waits
)

// Delivery is one attempt to deliver a webhook, and the merchant's response.
type Delivery struct {
	Record

	Number int // from 1
	Took   time.Duration
	Next   time.Duration // until the next attempt; 0: it was taken, or this was the last one
}

// Record is what gatewaytest.Delivery says of an attempt.
type Record struct {
	Webhook   int // the webhook's number, from 1; its copies and further attempts have the same
	Attempt   int // the attempt's number, from 1
	SessionID string
	OrderID   string
	Status    ecomtrade24.PaymentStatus // as sent
	URL       string                    // without what may be secret in it
	Header    http.Header
	Body      []byte
	SentAt    time.Time // when the attempt was made
	// Response is the HTTP status of the merchant's response, 0 if there is none, or none yet.
	Response     int
	ResponseBody []byte // at most maxResponse bytes of it
	Err          error  // why there is no response
}

// Taken tells whether the merchant has accepted the webhook.
func (d Delivery) Taken() bool { return d.Response >= 200 && d.Response <= 299 }

// delivery is a Delivery with its origin, the message before any fault, from which it can be sent again.
type delivery struct {
	Delivery

	origin message
}

// errLost is the Err of an attempt that FaultLose kept from arriving.
var errLost = errors.New("sandbox: lost on the way, as asked for")

// message is a webhook on its way to the merchant.
type message struct {
	payment     ecomtrade24.Payment
	named       Naming
	number      int
	delay       time.Duration // before the first attempt
	age         time.Duration // by which sent_at is older than the attempt
	tampered    bool          // changed after it was signed
	wrongSecret bool
	lost        bool // the first attempt never arrives
	gone        bool // no attempt does
	form        SignatureForm
}

// deliver sends m until it is answered with a 2xx, with pauses that double, or until the attempts are used up.
func (k *Courier) deliver(t *target, m message) {
	pause := k.config.Backoff
	for n := 1; n <= k.config.Attempts; n++ {
		next := pause
		if n == k.config.Attempts {
			next = 0
		}
		if k.attempt(t, m, n, next) || next == 0 {
			return
		}
		if !k.sleep(pause) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.abandoned++
			return
		}
		pause *= 2
	}
}

// attempt sends m once, with the current time as sent_at, records it, and reports whether the merchant accepted it.
// next is the time until the next attempt if not.
func (k *Courier) attempt(t *target, m message, n int, next time.Duration) bool {
	now := time.Now()
	body := m.body(now)
	secret := k.config.Secret(m.payment.Domain)
	if m.wrongSecret {
		secret = "not-" + secret
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	header.Set(m.form.Header, m.form.Value(secret, body))
	origin := message{payment: m.payment, named: m.named}
	if m.tampered {
		m.payment = tamper(m.payment)
		body = m.body(now)
	}
	d := &delivery{origin: origin, Delivery: Delivery{Record: Record{
		Webhook: m.number, Attempt: n, SessionID: m.payment.SessionID, OrderID: m.payment.OrderID, Status: m.payment.Status,
		URL: guard.URL(t.url.String()), Header: header, Body: k.kept(body), SentAt: now,
	}}}
	k.mu.Lock()
	d.Number = k.deliveries.Add(d, k.size(d))
	k.mu.Unlock()
	k.config.Changed()
	status, response, err := 0, []byte(nil), errLost
	if !m.gone && (!m.lost || n > 1) {
		status, response, err = post(t, header, body)
	}
	k.mu.Lock()
	d.Response, d.ResponseBody, d.Err, d.Took = status, k.kept(response), err, time.Since(now)
	if !d.Taken() {
		d.Next = next
	}
	ended := d.Delivery
	k.mu.Unlock()
	if k.config.Delivered != nil {
		k.config.Delivered(ended)
	}
	return ended.Taken()
}

// body writes the webhook as it is sent now.
func (m message) body(now time.Time) []byte {
	w := Of(m.payment, now.Add(-m.age))
	w.Naming = m.named
	return w.Body()
}

// size is about how many bytes a delivery takes, with the response that is to come.
func (k *Courier) size(d *delivery) int {
	return HeaderSize(d.Header) + len(d.Body) + k.config.KeepBytes + PaymentSize(d.origin.payment)
}

// PaymentSize is about how many bytes a payment takes.
func PaymentSize(p ecomtrade24.Payment) int {
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

// HeaderSize is about how many bytes a header takes.
func HeaderSize(h http.Header) (n int) {
	const entry, text = 100, 16 // what a map's entry and a string take beside their bytes
	for name, values := range h {
		n += entry + len(name)
		for _, value := range values {
			n += text + len(value)
		}
	}
	return n
}

// kept is as much of a body as is kept.
func (k *Courier) kept(body []byte) []byte {
	if most := k.config.KeepBytes; most > 0 && len(body) > most {
		return slices.Concat(body[:most], []byte("…"))
	}
	return body
}

// post sends one request and returns the status and body of the response. It takes no context, since a delivery
// outlives the request that caused it; the client has a timeout.
func post(t *target, header http.Header, body []byte) (int, []byte, error) {
	resp, err := t.client.Do(&http.Request{
		Method: http.MethodPost, URL: t.url, Header: header.Clone(), ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
	})
	if err != nil {
		return 0, nil, neterr.WithoutURL(err)
	}
	defer resp.Body.Close()
	response, _ := io.ReadAll(io.LimitReader(resp.Body, maxResponse)) // the status decides; the body is for people to read
	return resp.StatusCode, response, nil
}

// tamper returns p as a forger would send it: paid, and otherwise what the shop expects, so that only the signature
// shows the forgery.
func tamper(p ecomtrade24.Payment) ecomtrade24.Payment {
	p.Status, p.TxID, p.Test = ecomtrade24.StatusPaid, "tx_forged", false
	return p
}

// Deliveries returns the attempts that are kept, in the order of sending.
func (k *Courier) Deliveries() []Delivery {
	k.mu.Lock()
	defer k.mu.Unlock()
	deliveries := make([]Delivery, 0, len(k.deliveries.All()))
	for _, d := range k.deliveries.All() {
		deliveries = append(deliveries, d.Delivery)
	}
	return deliveries
}
