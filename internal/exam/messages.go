package exam

import (
	"bytes"
	"context"
	"io"
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
	status := x.delivers(body)
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

// delivers a body, rightly signed.
func (x *exam) delivers(body []byte) int { return x.post(right(x.shop.Secret, body), body) }

// post returns 0 where there was no response.
func (x *exam) post(header http.Header, body []byte) int {
	return x.posted(x.config.Patience+10*time.Second, header, len(body), bytes.NewReader(body))
}

// posted is post with a body that comes as it is read, from a sender that hangs up after a while.
func (x *exam) posted(hangUp time.Duration, header http.Header, length int, body io.Reader) int {
	ctx, cancel := context.WithTimeout(x.ctx, hangUp)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", body)
	if err != nil {
		panic(err)
	}
	r.Header, r.ContentLength = header, int64(length)
	status, err := x.shop.Post(r)
	if err != nil {
		return 0
	}
	return status
}

// pieces is a body that comes piece by piece, each a while after the one before.
type pieces struct {
	rest  [][]byte
	pause time.Duration
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	time.Sleep(p.pause) //nolint:forbidigo // what is slow here is the point
	n := copy(b, p.rest[0])
	if p.rest[0] = p.rest[0][n:]; len(p.rest[0]) == 0 {
		p.rest = p.rest[1:]
	}
	return n, nil
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
