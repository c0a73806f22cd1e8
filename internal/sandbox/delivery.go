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
	attemptTimeout = 10 * time.Second // of one delivery, as the merchant's endpoint has to answer by then
	maxAnswer      = 64 << 10         // of the merchant's answer, as much as is kept
	userAgent      = "EcomTrade24-Sandbox/1"
	phpTime        = "2006-01-02T15:04:05-07:00" // PHP's DATE_ATOM
)

// Delivery is one attempt to deliver a webhook, and the merchant's answer.
type Delivery struct {
	Webhook    int // counts webhooks from 1; copies and further attempts of one share it
	Attempt    int // counts from 1
	SessionID  string
	OrderID    string
	Status     ecomtrade24.PaymentStatus // as sent
	URL        string
	Header     http.Header
	Body       []byte
	SentAt     time.Time
	Answer     int // the answer's status; 0 means that none came, yet or at all
	AnswerBody []byte
	Err        error // why none came
}

// delivery keeps with the record what it is sent again from: the message before any fault.
type delivery struct {
	Delivery

	origin message
}

// errLost stands for the network between the gateway and the merchant.
var errLost = errors.New("sandbox: lost on the way, as asked for")

// message is a webhook on its way to the merchant.
type message struct {
	payment     ecomtrade24.Payment
	domain      string
	number      int
	delay       time.Duration // before the first attempt
	age         time.Duration // by which sent_at lies back
	tampered    bool          // changed after it was signed
	wrongSecret bool
	lost        bool // the first attempt never arrives
	form        signatureForm
}

// target is where webhooks go.
type target struct {
	url    *url.URL
	client *http.Client
}

// DeliverTo sends every webhook from now on to an http or https URL.
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

// attempt sends m once, stamped anew, records it, and tells whether the merchant took it.
func (g *Gateway) attempt(t *target, m message, n int) bool {
	now := time.Now()
	body := g.event(m, m.payment, now)
	origin := message{payment: m.payment, domain: m.domain}
	secret := g.config.WebhookSecret
	if m.wrongSecret {
		secret = "not-" + secret
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}}
	header.Set(m.form.header, m.form.sign(secret, body))
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

// post has no caller's context: the delivery outlives the request that caused it, and the client has a timeout.
func post(t *target, header http.Header, body []byte) (int, []byte, error) {
	resp, err := t.client.Do(&http.Request{
		Method: http.MethodPost, URL: t.url, Header: header.Clone(), ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
	})
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the status is the answer, the body is for people
	return resp.StatusCode, answer, nil
}

// event is the webhook's body.
func (g *Gateway) event(m message, p ecomtrade24.Payment, now time.Time) []byte {
	body := append(object{{"event", string(ecomtrade24.EventPaymentSession)}}, g.facts(p)...)
	return encode(append(body,
		member{"merchant_id", merchantID},
		member{"shop_domain", m.domain},
		member{"sent_at", now.Add(-m.age).UTC().Format(phpTime)},
		member{"provider", "ecomtrade24"},
		member{"test", p.Test},
	))
}

// tamper makes of a payment what a forger wants: paid, and in all else what the shop waits for, so that only the
// signature gives it away.
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
