package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/diagnose"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// answers checks that an endpoint responds: it posts a signed test in the usual format.
func (v *visit) answers(ctx context.Context) Finding {
	v.first = v.post(ctx, v.event(""))
	f, found := broken(v.first)
	switch v.first.Status {
	case http.StatusNotFound, http.StatusGone:
		// If the response to an unsigned request is different, the path is right, and only the order is unknown.
		if without := v.Sender.Post(ctx, v.URL, delivery.Header(), v.event("")); without.Status == v.first.Status {
			f, found = failed(WrongPath, v.first, "responds with %s", v.first), true
		}
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		f, found = failed(WrongMethod, v.first, "responds with %s", v.first), true
	}
	if found {
		v.stopped = true
		return f
	}
	return ok(v.first, fmt.Sprintf("%s after %s", v.first, delivery.InMS(v.first.Took)))
}

// signed looks for a format in which the endpoint accepts a signed test: the usual format, or else another one. Later
// checks report the rejected formats, so that each fault is reported once.
func (v *visit) signed(ctx context.Context) Finding {
	if v.first.OK() {
		v.taken = true
		return ok(v.first, "accepts a signed test")
	}
	for _, how := range v.waysToSign() {
		v.format, v.spelling = how.format, how.spelling
		if r := v.post(ctx, v.spelling(v.event(""))); r.OK() {
			v.taken = true
			return ok(r, "accepts a signed test, but not in the usual format: see below")
		}
	}
	v.format, v.spelling = delivery.Format{Header: webhook.SignatureHeaders()[0]}, asIs
	if v.first.Status == http.StatusNotFound || v.first.Status == http.StatusGone {
		return failed(RejectsTest, v.first, "responds with %s to a signed test, and differently to an unsigned one", v.first)
	}
	if v.first.Status >= http.StatusInternalServerError {
		return failed(Crashes, v.first, "responds with %s to a signed test", v.first)
	}
	return failed(RejectsSigned, v.first, "responds with %s to a signed test, in every format", v.first)
}

// wayToSign is a signature format and a JSON spelling of the body.
type wayToSign struct {
	format   delivery.Format
	spelling spelling
}

// waysToSign returns every combination that an endpoint might accept.
func (v *visit) waysToSign() (ways []wayToSign) {
	for _, s := range []spelling{asIs, diagnose.Sorted, diagnose.Spaced} {
		for _, name := range webhook.SignatureHeaders() {
			for _, prefix := range []bool{false, true} {
				ways = append(ways, wayToSign{delivery.Format{Header: name, Prefix: prefix}, s})
			}
		}
	}
	return ways
}

// rawBody posts JSON that changes when it is decoded and encoded again. The signature matches only the raw bytes.
func (v *visit) rawBody(ctx context.Context) Finding {
	var pretty bytes.Buffer
	_ = json.Indent(&pretty, v.event(""), "", "  ") // cannot fail: the event is valid JSON
	var refused []string
	var last delivery.Response
	for _, odd := range []struct {
		what string
		body []byte
	}{
		{"the gateway's spelling", v.event("")},
		{"white space", pretty.Bytes()},
		{`\/`, v.event(`,"note":"a\/b"`)},
		{`/`, v.event(`,"note":"a/b"`)},
		{`\u00e9`, v.event(`,"note":"\u00e9"`)},
		{`é`, v.event(`,"note":"é"`)},
		{"1.50", v.event(`,"note":1.50`)},
		{"another sequence", diagnose.Sorted(v.event(""))},
		{lineFeed, append(v.event(""), '\n')},
	} {
		r := v.post(ctx, odd.body)
		if f, found := broken(r); found {
			return f
		}
		if !r.OK() {
			refused, last = append(refused, odd.what), r
		}
	}
	if n := len(refused); n > 1 && refused[n-1] == lineFeed {
		refused = refused[:n-1] // re-encoding removes the line feed too
	}
	switch {
	case len(refused) == 0:
		return ok(delivery.Response{Status: http.StatusOK}, "accepts signed JSON in every spelling")
	case len(refused) == 1 && refused[0] == lineFeed && last.Status == v.refusal:
		return failed(Trims, last, "trims the body before verifying: rejects %s", lineFeed)
	case last.Status == v.refusal || refused[0] == "the gateway's spelling":
		return failed(Reencodes, last, "re-encodes the JSON before verifying: rejects %s", strings.Join(refused, ", "))
	}
	return failed(RejectsJSON, last, "responds with %s to signed JSON with %s", last, strings.Join(refused, ", "))
}

// headers posts one signed test for each header that the gateway may put the signature in. If the endpoint accepts
// deliveries without a signature, the check posts wrong signatures instead: an endpoint that reads the header rejects
// them.
func (v *visit) headers(ctx context.Context) Finding {
	var taken, refused []string
	var last delivery.Response
	secret := v.Secret
	if v.noSignature {
		secret = "forged-" + rand.Text()
	}
	for _, name := range v.facts().SignatureHeaders {
		body, h := v.spelling(v.event("")), delivery.Header()
		h.Set(name, v.format.Sign(secret, body))
		r := v.Sender.Post(ctx, v.URL, h, body)
		if f, found := broken(r); found {
			return f
		}
		if r.OK() != v.noSignature {
			taken = append(taken, name)
			continue
		}
		refused, last = append(refused, name), r
	}
	if len(refused) > 0 {
		return failed(RejectsHeader, last, "reads only %s, not %s", and(taken), and(refused))
	}
	return ok(delivery.Response{Status: http.StatusOK}, "reads "+and(taken))
}

// formats posts a signed test without the prefix sha256=, and with the prefix if this deployment may send it.
func (v *visit) formats(ctx context.Context) Finding {
	usual := v.format
	defer func() { v.format = usual }()
	names := map[bool]string{false: "digits only", true: "digits with the prefix sha256="}
	asked, all := []bool{false, true}, "accepts the digits with and without the prefix sha256="
	if !v.facts().SignaturePrefix {
		asked, all = asked[:1], "accepts bare digits, as this gateway sends them"
	}
	for _, prefix := range asked {
		v.format.Prefix = prefix
		r := v.post(ctx, v.spelling(v.event("")))
		if f, found := broken(r); found {
			return f
		}
		if !r.OK() {
			return failed(RejectsFormat, r, "rejects %s: %s", names[prefix], r)
		}
	}
	return ok(delivery.Response{Status: http.StatusOK}, all)
}

const lineFeed = "a line feed at the end"

// The function and joins names with commas and a final "and".
func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(slices.Clone(names[:last]), ", ") + " and " + names[last]
}
