package courier

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	attemptTimeout = 10 * time.Second // the time that the merchant's endpoint has to answer one attempt
	maxResponse    = 64 << 10         // the bytes of the merchant's response that are kept
	userAgent      = "EcomTrade24-Sandbox/1"
	grace          = attemptTimeout + time.Second // that Close waits
)

// Delivery is one attempt to deliver a webhook, and the merchant's response.
type Delivery struct {
	Webhook   int // the webhook's number, from 1; its copies and further attempts have the same
	Attempt   int // the attempt's number, from 1
	SessionID string
	OrderID   string
	Status    ecomtrade24.PaymentStatus // as sent
	URL       string
	Header    http.Header
	Body      []byte
	SentAt    time.Time // when the attempt was made
	// Response is the HTTP status of the merchant's response, 0 if there is none, or none yet.
	Response     int
	ResponseBody []byte // at most maxResponse bytes of it
	Err          error  // why there is no response
}

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
	number      int
	delay       time.Duration // before the first attempt
	age         time.Duration // by which sent_at is older than the attempt
	tampered    bool          // changed after it was signed
	wrongSecret bool
	lost        bool // the first attempt never arrives
	form        SignatureForm
}

// deliver sends m until it is answered with a 2xx, with pauses that double, or until the attempts are used up.
func (k *Courier) deliver(t *target, m message) {
	pause := k.config.Backoff
	for n := 1; !k.attempt(t, m, n) && n < k.config.Attempts; n++ {
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
func (k *Courier) attempt(t *target, m message, n int) bool {
	now := time.Now()
	body := k.config.Body(m.payment, now.Add(-m.age))
	origin := message{payment: m.payment}
	secret := k.config.Secret
	if m.wrongSecret {
		secret = "not-" + secret
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	header.Set(m.form.Header, m.form.Value(secret, body))
	if m.tampered {
		m.payment = tamper(m.payment)
		body = k.config.Body(m.payment, now.Add(-m.age))
	}
	d := &delivery{origin: origin, Delivery: Delivery{
		Webhook: m.number, Attempt: n, SessionID: m.payment.SessionID, OrderID: m.payment.OrderID, Status: m.payment.Status,
		URL: t.url.String(), Header: header, Body: body, SentAt: now,
	}}
	k.mu.Lock()
	k.deliveries = append(k.deliveries, d)
	k.mu.Unlock()
	status, response, err := 0, []byte(nil), errLost
	if !m.lost || n > 1 {
		status, response, err = post(t, header, body)
	}
	k.mu.Lock()
	d.Response, d.ResponseBody, d.Err = status, response, err
	ended := d.Delivery
	k.mu.Unlock()
	if k.config.Delivered != nil {
		k.config.Delivered(ended)
	}
	return status >= 200 && status <= 299
}

// post sends one request and returns the status and body of the response. It takes no context, since a delivery
// outlives the request that caused it; the client has a timeout.
func post(t *target, header http.Header, body []byte) (int, []byte, error) {
	resp, err := t.client.Do(&http.Request{
		Method: http.MethodPost, URL: t.url, Header: header.Clone(), ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
	})
	if err != nil {
		return 0, nil, err
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

// Deliveries returns every attempt so far, in the order of sending.
func (k *Courier) Deliveries() []Delivery {
	k.mu.Lock()
	defer k.mu.Unlock()
	deliveries := make([]Delivery, len(k.deliveries))
	for i, d := range k.deliveries {
		deliveries[i] = d.Delivery
	}
	return deliveries
}
