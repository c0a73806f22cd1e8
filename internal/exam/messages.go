package exam

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
)

// sends delivers what the gateway says of a session, rightly signed, after change has changed it; nil changes nothing.
// It returns the status of the shop's response.
func (x *exam) sends(p ecomtrade24.Payment, change func(*ecomtrade24.Payment)) int {
	if change == nil {
		change = func(*ecomtrade24.Payment) {}
	}
	return x.signed(x.gateway.Tell(p.SessionID, change), nil)
}

// pays is the whole payment, rightly signed.
func (x *exam) pays(p ecomtrade24.Payment) { x.sends(p, paidFor) }

// paidFor is the change of a session that is paid as it was made.
func paidFor(p *ecomtrade24.Payment) { p.Status, p.TxID = ecomtrade24.StatusPaid, "tx_"+p.SessionID }

// becomes is the change to a status.
func becomes(status ecomtrade24.PaymentStatus) func(*ecomtrade24.Payment) {
	return func(p *ecomtrade24.Payment) { p.Status = status }
}

// paying is paidFor with another change.
func paying(change func(*ecomtrade24.Payment)) func(*ecomtrade24.Payment) {
	return func(p *ecomtrade24.Payment) {
		paidFor(p)
		change(p)
	}
}

// signed delivers a payment under the right signature. edit may change the webhook around it.
func (x *exam) signed(p ecomtrade24.Payment, edit func(*courier.Webhook)) int {
	w := courier.Of(p, time.Now())
	if edit != nil {
		edit(&w)
	}
	body := w.Body()
	status := x.post(right(x.gateway.WebhookSecret, body), body)
	x.note("webhook: %s → %s", words(p), responded(status))
	return status
}

// right is the header of a rightly signed body.
func right(secret string, body []byte) http.Header {
	return under("X-Signature", courier.SignatureForm{}.Value(secret, body))
}

func under(name, value string) http.Header {
	return http.Header{"Content-Type": {"application/json"}, name: {value}}
}

// forged delivers a payment with a header that signs something else.
func (x *exam) forged(what string, p ecomtrade24.Payment, header func(body []byte) http.Header) {
	body := courier.Of(p, time.Now()).Body()
	status := x.post(header(body), body)
	x.note("webhook, %s: %s → %s", what, words(p), responded(status))
}

// post returns 0 where there was no response.
func (x *exam) post(header http.Header, body []byte) int {
	ctx, cancel := context.WithTimeout(x.ctx, x.config.Patience+10*time.Second)
	defer cancel()
	status, err := x.shop.Post(ctx, header, body)
	if err != nil {
		return 0
	}
	return status
}

func responded(status int) string {
	if status == 0 {
		return errNoResponse.Error()
	}
	return strconv.Itoa(status)
}

// words is a payment for a person.
func words(p ecomtrade24.Payment) string {
	parts := []string{string(p.Status)}
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
		if part.value == "" {
			part.value = "none"
		}
		parts = append(parts, part.name+" "+part.value)
	}
	return strings.Join(parts, ", ")
}

// now is the time of this step: a message and its signature must agree on it.
func (x *exam) now() time.Time { return time.Now() }
