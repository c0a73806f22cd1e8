package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// unsigned checks that the endpoint rejects a test event without a signature.
func (v *visit) unsigned(ctx context.Context) Finding {
	r := v.Sender.Post(ctx, v.URL, delivery.Header(), v.spelling(v.event("")))
	if r.OK() {
		v.noSignature = true
		return failed(AcceptsUnsigned, r, "accepts a delivery without a signature: %s", r)
	}
	return unauthorized(r, "a delivery without a signature")
}

// forged sends test events whose signatures must be rejected: signed with another secret or an empty secret, or only
// partly right.
func (v *visit) forged(ctx context.Context) Finding {
	var last Finding
	for _, by := range []struct {
		what   string
		secret string
		change func(digits string) string
	}{
		{"signed with another secret", "forged-" + rand.Text(), nil},
		{"signed with an empty secret", "", nil},
		{"whose signature has only the first 8 digits right", v.Secret, rightIn(0, 8)},
		{"whose signature is truncated after 8 digits", v.Secret, func(d string) string { return d[:8] }},
		{"whose signature has a wrong last digit", v.Secret, rightIn(0, 63)},
		{"whose signature has only the last digit right", v.Secret, rightIn(63, 64)},
	} {
		body := v.spelling(v.event(""))
		value := v.format.Sign(by.secret, body)
		if by.change != nil {
			digits := value[len(value)-64:]
			value = value[:len(value)-64] + by.change(digits)
		}
		r := v.Sender.Post(ctx, v.URL, everywhere(value), body)
		switch {
		case r.OK() && by.change != nil:
			return failed(AcceptsPart, r, "accepts a delivery %s: %s", by.what, r)
		case r.OK():
			v.takesForged = true
			return failed(AcceptsForged, r, "accepts a delivery %s: %s", by.what, r)
		}
		v.refusal = r.Status
		if last = unauthorized(r, "a forged delivery"); last.Result != OK {
			break
		}
	}
	return last
}

// rightIn returns a function that changes all digits except digits[from:to].
func rightIn(from, to int) func(digits string) string {
	return func(d string) string { return other(d[:from]) + d[from:to] + other(d[to:]) }
}

// other returns the digits with every digit changed.
func other(digits string) string {
	return strings.Map(func(r rune) rune {
		if r == '0' {
			return '1'
		}
		return '0'
	}, digits)
}

// changed checks that the endpoint rejects test events that were changed after signing: at the beginning, in the middle
// or at the end. It posts the original first, since some programs remember signatures.
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
		r := v.Sender.Post(ctx, v.URL, everywhere(v.format.Sign(v.Secret, v.spelling(body))), v.spelling(altered))
		if r.OK() {
			return failed(AcceptsChanged, r, "accepts a body changed after signing (%s): %s", c.what, r)
		}
		if last = unauthorized(r, "a body changed after signing"); last.Result != OK {
			break
		}
	}
	return last
}

// unauthorized passes if the response is 401.
func unauthorized(r delivery.Response, what string) Finding {
	f, found := broken(r)
	switch {
	case found:
		return f
	case r.Status == http.StatusUnauthorized:
		return ok(r, fmt.Sprintf("rejects %s with 401", what))
	case r.Status >= http.StatusInternalServerError:
		return failed(Crashes, r, "responds with %s to %s", r, what)
	}
	return failed(Not401, r, "rejects %s with %s instead of 401", what, r)
}
