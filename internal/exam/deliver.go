package exam

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// change is a function that edits a payment at the gateway.
type change func(p *ecomtrade24.Payment)

// becomes returns a change that sets the status. A paid session also gets a transaction ID.
func becomes(status ecomtrade24.PaymentStatus) change {
	return func(p *ecomtrade24.Payment) {
		if p.Status = status; status == ecomtrade24.StatusPaid {
			p.TxID = "tx_" + p.SessionID
		}
	}
}

// paying returns a change that sets the status to paid and applies further changes.
func paying(more ...change) change {
	return func(p *ecomtrade24.Payment) {
		becomes(ecomtrade24.StatusPaid)(p)
		for _, c := range more {
			c(p)
		}
	}
}

// with returns a copy of the payment with the changes applied.
func with(p ecomtrade24.Payment, changes ...change) ecomtrade24.Payment {
	for _, c := range changes {
		c(&p)
	}
	return p
}

// happens changes the session at the gateway and delivers the webhook. It returns the status of the shop's last
// response.
func (x *exam) happens(p ecomtrade24.Payment, c change) int {
	return x.says(x.gateway.EditPayment(p.SessionID, c))
}

// pays pays the session in full.
func (x *exam) pays(p ecomtrade24.Payment) int { return x.happens(p, paying()) }

// late delivers a webhook with another status, without changing the session at the gateway.
func (x *exam) late(p ecomtrade24.Payment, c change) {
	for _, now := range x.gateway.Sessions() {
		if now.SessionID == p.SessionID {
			p = now
		}
	}
	x.says(with(p, c))
}

// says delivers a webhook, regardless of the session's state at the gateway. The functions in edit change the webhook
// before it is signed.
func (x *exam) says(p ecomtrade24.Payment, edit ...func(*delivery.Webhook)) int {
	status := x.deliver(x.body(p, edit...))
	x.note("webhook: %s → %s", words(p), responded(status))
	return status
}

// body returns the body of a payment's webhook.
func (x *exam) body(p ecomtrade24.Payment, edit ...func(*delivery.Webhook)) []byte {
	w := delivery.Of(p, time.Now())
	for _, e := range edit {
		e(&w)
	}
	return w.Body()
}

const (
	attempts     = 8 // maximum deliveries of one webhook
	longestPause = 80 * time.Millisecond
)

// deliver delivers a correctly signed body, with retries like the gateway. It returns the last status.
func (x *exam) deliver(body []byte) (status int) {
	return x.deliverUnder(signature(x.shop.Secret, body), body)
}

// deliverUnder delivers a body like the gateway: it retries unless the response is 2xx. After a 429 the pauses grow,
// and the retries go on for four times Patience, since other senders may take all that the shop accepts in the
// meantime. It returns the last status.
func (x *exam) deliverUnder(h http.Header, body []byte) (status int) {
	pause, deadline := 10*time.Millisecond, time.Now().Add(4*x.config.Patience)
	for n := 1; ; n++ {
		status = x.post(h, body)
		busy := status == http.StatusTooManyRequests && time.Now().Before(deadline)
		if acknowledged(status) || n >= attempts && !busy {
			break
		}
		x.pause(pause/2 + rand.N(pause)) //nolint:gosec // random, so that senders do not retry at the same time
		if pause *= 2; !busy {
			pause = min(pause, longestPause)
		}
	}
	if x.rejected = 0; !acknowledged(status) {
		x.rejected = status
	}
	return status
}

// attempt delivers a webhook once, without retries.
func (x *exam) attempt(p ecomtrade24.Payment) (status int) {
	body := x.body(p)
	status = x.post(signature(x.shop.Secret, body), body)
	x.note("webhook: %s → %s", words(p), responded(status))
	return status
}

func acknowledged(status int) bool { return status >= 200 && status <= 299 }

// atOnce delivers all bodies at the same time.
func (x *exam) atOnce(bodies ...[]byte) {
	var senders sync.WaitGroup
	for _, body := range bodies {
		senders.Go(func() { x.sender().deliver(body) })
	}
	senders.Wait()
	x.interrupted()
	x.quietSince = time.Now()
}

// forges delivers a forged webhook. The shop must neither mark the order paid nor acknowledge it: a shop that
// acknowledges a wrong signature loses payments when its own secret is wrong.
func (x *exam) forges(p ecomtrade24.Payment, what string, header http.Header, body []byte) {
	status := x.post(header, body)
	x.note("forged webhook, %s → %s", what, responded(status))
	x.unpaid(p)
	if acknowledged(status) {
		x.fails(LosesPayment, "a forged webhook, %s: expected 401; got %d: with a wrong secret, the shop would lose payments",
			what, status)
	}
}

// signature returns the header of a correctly signed body.
func signature(secret string, body []byte) http.Header {
	return header("X-Signature", delivery.Format{}.Sign(secret, body))
}

func header(name, value string) http.Header {
	return http.Header{"Content-Type": {"application/json"}, name: {value}}
}

// post sends one request to the webhook endpoint. It returns 0 if there is no response.
func (x *exam) post(h http.Header, body []byte) int {
	return x.send(request{header: h, body: body})
}

// request is a request to the webhook endpoint.
type request struct {
	method string // "" means POST
	query  string
	header http.Header
	body   []byte
	slow   io.Reader     // if set, streamed instead of sending body
	hangUp time.Duration // after this time the sender disconnects; 0 means after Patience
}

func (x *exam) send(q request) int {
	ctx, cancel := context.WithTimeout(x.ctx, cmp.Or(q.hangUp, x.config.Patience+10*time.Second))
	defer cancel()
	to := x.shop.Webhook
	if q.query != "" {
		to, _, _ = strings.Cut(to, "?")
		to += "?" + q.query
	}
	r := x.shop.Sender.Send(ctx, delivery.Request{
		URL: to, Method: q.method, Header: q.header, Body: q.body, Slow: q.slow,
	})
	x.quietSince = time.Now()
	x.sent = append(x.sent, string(q.body))
	if r.Status != 0 {
		x.response = string(r.Body)
	}
	return r.Status
}

func responded(status int) string {
	if status == 0 {
		return "no response"
	}
	return strconv.Itoa(status)
}

// words returns a description of a payment.
func words(p ecomtrade24.Payment) string {
	parts := []string{quoted(string(p.Status))}
	if p.Test {
		parts[0] += " (a test)"
	}
	for _, part := range []struct{ name, value string }{
		{"order", p.OrderID},
		{"session", p.SessionID},
		{"amount", string(p.Amount)},
		{"currency", p.Currency},
		{"txid", p.TxID},
	} {
		parts = append(parts, part.name+" "+quoted(part.value))
	}
	return strings.Join(parts, ", ")
}

// quoted shortens a long value, and puts it in quotes if needed.
func quoted(s string) string {
	const most = 60
	switch plain := strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/") == ""; {
	case s == "":
		return "none"
	case len(s) > most:
		return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
	case plain:
		return s
	}
	return strconv.QuoteToASCII(s)
}
