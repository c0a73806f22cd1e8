package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	attemptTimeout = 10 * time.Second // the time that the merchant's endpoint has to answer one attempt
	maxAnswer      = 64 << 10         // the bytes of the merchant's answer that are kept
	userAgent      = "EcomTrade24-Sandbox/1"
	phpTime        = "2006-01-02T15:04:05-07:00" // PHP's DATE_ATOM
)

// Delivery is one attempt to deliver a webhook, and the merchant's answer.
type Delivery struct {
	Webhook    int // the webhook's number, from 1; its copies and further attempts have the same
	Attempt    int // the attempt's number, from 1
	SessionID  string
	OrderID    string
	Status     ecomtrade24.PaymentStatus // as sent
	URL        string
	Header     http.Header
	Body       []byte
	SentAt     time.Time // when the attempt was made
	Answer     int       // the HTTP status of the answer; 0 means that there is none, or none yet
	AnswerBody []byte    // at most maxAnswer bytes of it
	Err        error     // why there is no answer
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

// target is where webhooks go.
type target struct {
	url    *url.URL
	client *http.Client
}

// DeliverTo sends every webhook from now on to rawURL. One that is not an absolute http or https URL is an error.
func (g *Gateway) DeliverTo(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || !webURL(rawURL) {
		return fmt.Errorf("sandbox: cannot deliver webhooks to %q: it is not an absolute http or https URL", rawURL)
	}
	g.setTarget(u, &http.Transport{DisableKeepAlives: true})
	return nil
}

// DeliverToHandler calls handler for every webhook from now on, without a socket. path is what the handler sees.
func (g *Gateway) DeliverToHandler(handler http.Handler, path string) {
	g.setTarget(&url.URL{Scheme: "https", Host: "merchant.example", Path: path}, g.inProcess(handler))
}

func (g *Gateway) setTarget(u *url.URL, transport http.RoundTripper) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.target = &target{url: u, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       attemptTimeout,
	}}
}

// deliver sends m until it is answered with a 2xx, with pauses that double, or until the attempts are used up.
func (g *Gateway) deliver(t *target, m message) {
	pause := g.config.Backoff
	for n := 1; !g.attempt(t, m, n) && n < g.config.Attempts; n++ {
		if !g.sleep(nil, pause) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.abandoned++
			return
		}
		pause *= 2
	}
}

// attempt sends m once, with the current time as sent_at, records it, and reports whether the merchant accepted it.
func (g *Gateway) attempt(t *target, m message, n int) bool {
	now := time.Now()
	body := g.event(m, m.payment, now)
	origin := message{payment: m.payment}
	secret := g.config.WebhookSecret
	if m.wrongSecret {
		secret = "not-" + secret
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	header.Set(m.form.Header, m.form.Value(secret, body))
	if m.tampered {
		m.payment = tamper(m.payment)
		body = g.event(m, m.payment, now)
	}
	d := &delivery{origin: origin, Delivery: Delivery{
		Webhook: m.number, Attempt: n, SessionID: m.payment.SessionID, OrderID: m.payment.OrderID, Status: m.payment.Status,
		URL: t.url.String(), Header: header, Body: body, SentAt: now,
	}}
	g.mu.Lock()
	g.deliveries = append(g.deliveries, d)
	g.mu.Unlock()
	answer, answerBody, err := 0, []byte(nil), errLost
	if !m.lost || n > 1 {
		answer, answerBody, err = post(t, header, body)
	}
	g.mu.Lock()
	d.Answer, d.AnswerBody, d.Err = answer, answerBody, err
	ended := d.Delivery
	g.mu.Unlock()
	if g.config.Delivered != nil {
		g.config.Delivered(ended)
	}
	return answer >= 200 && answer <= 299
}

// post sends one request and returns the status and body of the answer. It takes no context, since a delivery outlives
// the request that caused it; the client has a timeout.
func post(t *target, header http.Header, body []byte) (int, []byte, error) {
	resp, err := t.client.Do(&http.Request{
		Method: http.MethodPost, URL: t.url, Header: header.Clone(), ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
	})
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the status decides; the body is for people to read
	return resp.StatusCode, answer, nil
}

// event returns the webhook's body.
func (g *Gateway) event(m message, p ecomtrade24.Payment, now time.Time) []byte {
	body := append(object{{"event", string(ecomtrade24.EventPaymentSession)}}, g.facts(p)...)
	return encode(append(body,
		member{"merchant_id", merchantID},
		member{"shop_domain", p.Domain},
		member{"sent_at", now.Add(-m.age).UTC().Format(phpTime)},
		member{"provider", "ecomtrade24"},
		member{"test", p.Test},
	))
}

// tamper returns p as a forger would send it: paid, and otherwise what the shop expects, so that only the signature
// shows the forgery.
func tamper(p ecomtrade24.Payment) ecomtrade24.Payment {
	p.Status, p.TxID, p.Test = ecomtrade24.StatusPaid, "tx_forged", false
	return p
}

// Deliveries returns every attempt so far, in the order of sending.
func (g *Gateway) Deliveries() []Delivery {
	g.mu.Lock()
	defer g.mu.Unlock()
	deliveries := make([]Delivery, len(g.deliveries))
	for i, d := range g.deliveries {
		deliveries[i] = d.Delivery
	}
	return deliveries
}
