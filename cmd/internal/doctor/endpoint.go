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

// Endpoint is a webhook endpoint. Check sends it only malformed bodies and test events; test events never mark an order
// paid.
type Endpoint struct {
	URL        string
	Secret     string
	Domain     string
	Deployment ecomtrade24.Deployment // whose webhooks it must accept; "" means FiavexPay
	Sender     *delivery.Sender
}

// Blind explains what Check cannot detect.
const Blind = `Only test events were sent. They cannot show whether the shop compares order,
amount and currency, applies a real payment once, compares signatures in
constant time, or takes too long with a real payment. To check those, run drill
against a test shop.`

// MostDeliveries is the largest number of deliveries that Check sends.
const MostDeliveries = 60

// visit is one run of all checks.
type visit struct {
	Endpoint

	format      delivery.Format
	spelling    spelling          // JSON spelling that the endpoint accepts
	first       delivery.Response // response to the first delivery
	taken       bool              // the endpoint accepts signed deliveries in this format and spelling
	takesForged bool
	noSignature bool // the endpoint accepts deliveries without a signature
	refusal     int  // status of the response to a forged delivery
	stopped     bool // the remaining checks are useless
}

// spelling writes JSON in such a way that it stays the same if the endpoint decodes and re-encodes it.
type spelling func(body []byte) []byte

func asIs(body []byte) []byte { return body }

// Check yields each finding as soon as its check ends.
func (e Endpoint) Check(ctx context.Context) iter.Seq[Finding] {
	v := &visit{Endpoint: e, format: delivery.Format{Header: webhook.SignatureHeaders()[0]}, spelling: asIs}
	checks := []struct {
		name      string
		run       func(context.Context) Finding
		pointless func() string // why the check is skipped; "" if it is not
	}{
		{"responds", v.answers, v.goesOn},
		{"signed", v.signed, v.goesOn},
		{"unsigned", v.unsigned, v.goesOn},
		{"forged", v.forged, v.goesOn},
		{"changed", v.changed, v.tellsApart},
		{"raw body", v.rawBody, v.tellsApart},
		{"headers", v.headers, v.readsOne},
		{"formats", v.formats, v.tellsApart},
		{"repetition", v.repetition, v.takes},
		{"malformed", v.garbage, v.takes},
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
		return "the endpoint must respond first"
	}
	return ""
}

func (v *visit) takes() string {
	if !v.stopped && !v.taken {
		return "no signed delivery is accepted"
	}
	return v.goesOn()
}

func (v *visit) readsOne() string {
	if v.takesForged && v.noSignature && !v.stopped {
		return "no signature is required"
	}
	return v.takes()
}

func (v *visit) tellsApart() string {
	if v.takesForged && !v.stopped {
		return "even forged deliveries are accepted"
	}
	return v.takes()
}

// event returns a new test event. The parameter more is text for additional JSON members, each with a comma before it.
func (v *visit) event(more string) []byte {
	body := delivery.Of(delivery.Test("TEST-WEBHOOK-"+rand.Text()[:10], v.Domain), time.Now()).Body()
	return append(body[:len(body)-1], more+"}"...)
}

// post signs body in the format that the endpoint accepts, and sends it.
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

// everywhere returns a header with the signature under all three names.
func everywhere(signature string) http.Header {
	h := delivery.Header()
	for _, name := range webhook.SignatureHeaders() {
		h.Set(name, signature)
	}
	return h
}

func (v *visit) facts() *wire.Deployment {
	if d := wire.FindDeployment(string(v.Deployment)); d != nil {
		return d
	}
	return &wire.Deployments[0]
}

// ok returns the finding of a check that passed.
func ok(r delivery.Response, what string) Finding {
	return Finding{Result: OK, What: what, Response: r.Status, TookMS: r.Took.Milliseconds()}
}

// failed returns the finding of a check that failed.
func failed(fault Fault, r delivery.Response, format string, args ...any) Finding {
	return Finding{
		Result: Failed, Fault: fault.code, What: fmt.Sprintf(format, args...), Means: fault.means, Fix: fault.fix,
		Response: r.Status, TookMS: r.Took.Milliseconds(),
	}
}

// broken returns a finding if there is no response, or if the response does not come from the endpoint's handler.
func broken(r delivery.Response) (Finding, bool) {
	switch {
	case r.Late():
		return failed(TooLate, r, "%s", r), true
	case r.Status == 0:
		return failed(Unreachable, r, "%s", r), true
	case r.Redirect():
		return failed(Redirects, r, "redirects with %s", r), true
	case r.Status == http.StatusTooManyRequests:
		return failed(RateLimited, r, "responds with %s", r), true
	}
	return Finding{}, false
}
