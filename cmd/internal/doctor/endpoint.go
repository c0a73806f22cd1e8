package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Endpoint is a merchant's webhook endpoint. All that Check sends to it are test events, which can never pay for
// anything, and bytes that are no event.
type Endpoint struct {
	URL        string
	Secret     string
	Domain     string
	Deployment ecomtrade24.Deployment // whose webhooks it must accept; "" means FiavexPay
	Sender     *delivery.Sender
}

// Blind says what Check cannot see, so that nobody takes its silence for more than it is.
const Blind = `Only test events were sent, so nothing was paid. They cannot show whether the
shop compares order, amount and currency, applies a real payment once, compares
signatures in constant time, or takes too long over a real one. drill plays all
of that against the shop, where nothing is real.`

// MostDeliveries is how many deliveries Check sends at most.
const MostDeliveries = 60

// visit is one run of the checks.
type visit struct {
	Endpoint

	format      delivery.Format
	spelling    spelling          // of bodies that the endpoint takes
	first       delivery.Response // to the first delivery
	taken       bool              // signed deliveries in that format and spelling are taken
	takesForged bool
	noSignature bool // deliveries without one are taken, so a signature has to be in a header that is read
	refusal     int  // the response to a forged delivery
	stopped     bool // nothing more can be learned
}

// spelling is a way to write JSON that somebody's decoding and encoding leaves as it is.
type spelling func(body []byte) []byte

func asIs(body []byte) []byte { return body }

// Check yields what it finds, in the order of the checks, each as soon as it is known.
func (e Endpoint) Check(ctx context.Context) iter.Seq[Finding] {
	v := &visit{Endpoint: e, format: delivery.Format{Header: webhook.SignatureHeaders()[0]}, spelling: asIs}
	checks := []struct {
		name      string
		run       func(context.Context) Finding
		pointless func() string // why there is nothing to learn; "" if there is
	}{
		{"answers", v.answers, v.goesOn},
		{"signed", v.signed, v.goesOn},
		{"unsigned", v.unsigned, v.goesOn},
		{"forged", v.forged, v.goesOn},
		{"changed", v.changed, v.tellsApart},
		{"raw body", v.rawBody, v.tellsApart},
		{"headers", v.headers, v.readsOne},
		{"formats", v.formats, v.tellsApart},
		{"repetition", v.repetition, v.takes},
		{"garbage", v.garbage, v.takes},
		{"large body", v.large, v.takes},
	}
	return func(yield func(Finding) bool) {
		for _, c := range checks {
			f := Finding{Result: Skipped}
			if why := c.pointless(); why != "" {
				f.What = "not checked: " + why
			} else {
				f = c.run(ctx)
			}
			f.Part, f.Check = "endpoint", c.name
			if ctx.Err() != nil || !yield(f) {
				return
			}
		}
	}
}

func (v *visit) goesOn() string {
	if v.stopped {
		return "it has to answer first"
	}
	return ""
}

func (v *visit) takes() string {
	if !v.stopped && !v.taken {
		return "nothing signed is taken"
	}
	return v.goesOn()
}

func (v *visit) readsOne() string {
	if v.takesForged && v.noSignature && !v.stopped {
		return "no header has to be read"
	}
	return v.takes()
}

func (v *visit) tellsApart() string {
	if v.takesForged && !v.stopped {
		return "even forged deliveries are taken"
	}
	return v.takes()
}

// event is a new test event with more at its end: members, each with a comma before it.
func (v *visit) event(more string) []byte {
	body := delivery.Of(delivery.Test("TEST-WEBHOOK-"+rand.Text()[:10], v.Domain), time.Now()).Body()
	return append(body[:len(body)-1], more+"}"...)
}

// post signs body in the format that is taken.
func (v *visit) post(ctx context.Context, body []byte) delivery.Response {
	return v.Sender.Post(ctx, v.URL, v.signature(body), body)
}

func (v *visit) signature(body []byte) http.Header {
	if v.noSignature {
		return everywhere(v.format.Sign(v.Secret, body))
	}
	h := delivery.Header()
	h.Set(v.format.Header, v.format.Sign(v.Secret, body))
	return h
}

// everywhere is a header with a signature wherever one can be.
func everywhere(signature string) http.Header {
	h := delivery.Header()
	for _, name := range webhook.SignatureHeaders() {
		h.Set(name, signature)
	}
	return h
}

// facts are those of the deployment.
func (v *visit) facts() *wire.Deployment {
	if d := wire.FindDeployment(string(v.Deployment)); d != nil {
		return d
	}
	return &wire.Deployments[0]
}

// ok is a check that found nothing wrong.
func ok(r delivery.Response, what string) Finding {
	return Finding{Result: OK, What: what, Response: r.Status, TookMS: r.Took.Milliseconds()}
}

// failed is a fault that a shows.
func failed(fault Fault, r delivery.Response, format string, args ...any) Finding {
	return Finding{
		Result: Failed, Fault: fault, What: fmt.Sprintf(format, args...), Means: advices[fault].means,
		Mend: advices[fault].mend, Response: r.Status, TookMS: r.Took.Milliseconds(),
	}
}

// broken finds what is wrong with a response whatever it answers: there is none, or it is not the endpoint's own.
func broken(r delivery.Response) (Finding, bool) {
	switch {
	case r.Late():
		return failed(TooLate, r, "%s", r), true
	case r.Status == 0:
		return failed(Unreachable, r, "%s", r), true
	case r.Redirect():
		return failed(Redirects, r, "redirects with %s", r), true
	case r.Status == http.StatusTooManyRequests:
		return failed(RateLimited, r, "answers %s", r), true
	}
	return Finding{}, false
}
