package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// unsigned posts a test event without a signature.
func (v *visit) unsigned(ctx context.Context) Finding {
	a := v.Sender.Post(ctx, v.URL, delivery.Header(), v.spelling(v.event("")), false)
	if a.OK() {
		return failed(TakesUnsigned, a, "takes a delivery without a signature, with %s", a)
	}
	return unauthorized(a, "a delivery without a signature")
}

// forged posts test events that were signed by somebody else, and with the secret that everybody knows: none.
func (v *visit) forged(ctx context.Context) Finding {
	var last Finding
	for _, by := range []struct{ what, secret string }{
		{"another secret", "forged-" + rand.Text()},
		{"an empty secret", ""},
	} {
		body := v.spelling(v.event(""))
		a := v.borrowed(ctx, body, body, by.secret)
		if a.OK() {
			v.takesForged = true
			return failed(TakesForged, a, "takes a delivery signed with %s, with %s", by.what, a)
		}
		v.refusal = a.Status
		if last = unauthorized(a, "a forged delivery"); last.Result != OK {
			break
		}
	}
	return last
}

// changed posts test events that were changed after they were signed, at the beginning, in the middle and at the end,
// each after the one that its signature belongs to: some programs remember signatures. All of them are tests.
func (v *visit) changed(ctx context.Context) Finding {
	var last Finding
	for _, c := range []struct{ what, before, after string }{
		{"the order", `TEST-WEBHOOK-`, `TEST-WEBHOOK-CHANGED-`},
		{"the amount", `"0.00"`, `"0.01"`},
		{"the time", `"sent_at":"2`, `"sent_at":"1`},
		{"a member added", `"test":true`, `"test":true,"added":true`},
	} {
		body := v.event("")
		altered := bytes.Replace(body, []byte(c.before), []byte(c.after), 1)
		v.post(ctx, v.spelling(body))
		a := v.borrowed(ctx, v.spelling(altered), v.spelling(body), v.Secret)
		if a.OK() {
			return failed(TakesChanged, a, "takes a body changed after signing (%s), with %s", c.what, a)
		}
		if last = unauthorized(a, "a body changed after signing"); last.Result != OK {
			break
		}
	}
	return last
}

// borrowed posts body with the signature of signed in all three headers.
func (v *visit) borrowed(ctx context.Context, body, signed []byte, secret string) delivery.Answer {
	h := delivery.Header()
	for _, name := range webhook.SignatureHeaders() {
		h.Set(name, v.form.Value(secret, signed))
	}
	return v.Sender.Post(ctx, v.URL, h, body, false)
}

// unauthorized is right if the answer is 401.
func unauthorized(a delivery.Answer, what string) Finding {
	f, found := broken(a)
	switch {
	case found:
		return f
	case a.Status == http.StatusUnauthorized:
		return ok(a, fmt.Sprintf("refuses %s with 401", what))
	case a.Status >= http.StatusInternalServerError:
		return failed(Crashes, a, "answers %s to %s", a, what)
	}
	return failed(Not401, a, "refuses %s with %s instead of 401", what, a)
}
