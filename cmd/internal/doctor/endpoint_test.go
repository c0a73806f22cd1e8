package doctor_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/doctor"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// found is what check says of an endpoint: a line for each failure.
func found(t *testing.T, h http.Handler, timeout time.Duration) (failures, skipped []string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	sender := delivery.NewSender(timeout)
	t.Cleanup(sender.Close)
	endpoint := doctor.Endpoint{URL: server.URL + "/api/webhook", Secret: secret, Domain: "shop.example", Sender: sender}
	for f := range endpoint.Check(t.Context()) {
		assert.Equal(t, "endpoint", f.Part)
		assert.NotEmpty(t, f.What)
		assert.NotContains(t, f.What+f.Means+f.Fix, secret)
		switch f.Result {
		case doctor.Failed:
			failures = append(failures, f.Check+": "+string(f.Fault)+": "+f.What)
			assert.NotEmpty(t, f.Means, f.Fault)
			assert.NotEmpty(t, f.Fix, f.Fault)
		case doctor.Skipped:
			skipped = append(skipped, f.Check)
		case doctor.OK:
		}
	}
	return failures, skipped
}

// visited is an endpoint, all that check says of it, and what it could not check.
type visited struct {
	endpoint http.Handler
	want     []string
	skipped  []string
}

const (
	web, own = "X-Webhook-Signature", "X-Ecomtrade24-Signature"
	late     = 200 * time.Millisecond // of rows whose endpoint does not answer
)

var (
	all = []string{
		"signed", "unsigned", "forged", "changed", "raw body", "headers", "formats", "repetition", "malformed", "large body",
	}
	untold = []string{"changed", "raw body", "formats"} // what says nothing of an endpoint that takes forged deliveries
	signed = append([]string{"changed"}, all[4:]...)    // what needs an endpoint that takes signed deliveries
)

// endpoints has a row for each fault that somebody can build in.
var endpoints = map[string]visited{
	"right: the SDK":                  {sdk(), nil, nil},
	"right: by hand":                  {&merchant{}, nil, nil},
	"right: hangs up at large bodies": {http.HandlerFunc(hangUp), nil, nil},
	"takes unsigned ones": {
		&merchant{takesUnsigned: true}, []string{
			"unsigned: accepts-unsigned: accepts a delivery without a signature: 200 OK",
		}, nil,
	},
	"takes unsigned ones, and reads one header": {
		&merchant{takesUnsigned: true, headers: []string{own}}, []string{
			"unsigned: accepts-unsigned: accepts a delivery without a signature: 200 OK",
			"headers: rejects-header: reads only X-Ecomtrade24-Signature, not X-Signature and X-Webhook-Signature",
		}, nil,
	},
	"compares the first 8 digits": {
		&merchant{compares: func(a, b string) bool { return len(a) >= 8 && a[:8] == b[:8] }}, []string{
			"forged: accepts-part: accepts a delivery whose signature has only the first 8 digits right: 200 OK",
		}, nil,
	},
	"compares as many digits as there are": {
		&merchant{compares: func(a, b string) bool { return strings.HasPrefix(b, a) }}, []string{
			"forged: accepts-part: accepts a delivery whose signature is truncated after 8 digits: 200 OK",
		}, nil,
	},
	"leaves out the last digit": {
		&merchant{compares: func(a, b string) bool { return len(a) == 64 && a[:63] == b[:63] }}, []string{
			"forged: accepts-part: accepts a delivery whose signature has a wrong last digit: 200 OK",
		}, nil,
	},
	"compares the last digit": {
		// Of one signature in sixteen the last digit is right by chance, so the others must be made up here.
		&merchant{compares: func(a, b string) bool {
			return a == b || len(a) == 64 && a[63] == b[63] && strings.Trim(a[:63], "01") == ""
		}}, []string{
			"forged: accepts-part: accepts a delivery whose signature has only the last digit right: 200 OK",
		}, nil,
	},
	"trims the body": {
		&merchant{reencode: bytes.TrimSpace}, []string{
			"raw body: trims: trims the body before verifying: rejects a line feed at the end",
		}, nil,
	},
	"does not know the test's order": {
		&merchant{unknown: http.StatusNotFound}, []string{
			"signed: rejects-test: responds with 404 Not Found to a signed test, and differently to an unsigned one",
		}, signed,
	},
	"takes forged ones": {
		&merchant{takesForged: true}, []string{
			"forged: accepts-forged: accepts a delivery signed with another secret: 200 OK",
		}, untold,
	},
	"takes everything": {
		&merchant{takesUnsigned: true, takesForged: true}, []string{
			"unsigned: accepts-unsigned: accepts a delivery without a signature: 200 OK",
			"forged: accepts-forged: accepts a delivery signed with another secret: 200 OK",
		}, append([]string{"changed", "raw body", "headers"}, "formats"),
	},
	"has no secret": {
		&merchant{key: "none"}, []string{
			"signed: rejects-signed: responds with 401 Unauthorized to a signed test, in every format",
			"forged: accepts-forged: accepts a delivery signed with an empty secret: 200 OK",
		}, signed,
	},
	"has another secret": {
		&merchant{key: "whsec_other"}, []string{
			"signed: rejects-signed: responds with 401 Unauthorized to a signed test, in every format",
		}, signed,
	},
	"takes changed ones: remembers signatures": {
		&merchant{remembers: true, right: map[string]bool{}}, []string{
			"changed: accepts-changed: accepts a body changed after signing (the order): 200 OK",
		}, nil,
	},
	"takes changed ones: signs what it knows": {
		&merchant{reencode: goStruct}, []string{
			"changed: accepts-changed: accepts a body changed after signing (a member added): 200 OK",
			`raw body: re-encodes: re-encodes the JSON before verifying: rejects white space, \/, /, ` +
				`\u00e9, é, 1.50, another sequence`,
		}, nil,
	},
	"re-encodes as PHP": {
		&merchant{reencode: php}, []string{
			"raw body: re-encodes: re-encodes the JSON before verifying: rejects white space, /, é, 1.50",
		}, nil,
	},
	"re-encodes as Node": {
		&merchant{reencode: node}, []string{
			`raw body: re-encodes: re-encodes the JSON before verifying: rejects white space, \/, ` +
				`\u00e9, 1.50`,
		}, nil,
	},
	"re-encodes as Python": {
		&merchant{reencode: python}, []string{
			`raw body: re-encodes: re-encodes the JSON before verifying: rejects the gateway's spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50, another sequence`,
		}, nil,
	},
	"re-encodes as Go": {
		&merchant{reencode: goMap}, []string{
			`raw body: re-encodes: re-encodes the JSON before verifying: rejects the gateway's spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50`,
		}, nil,
	},
	"re-encodes, and answers 400": {
		&merchant{reencode: goMap, refusal: 400}, []string{
			"unsigned: not-401: rejects a delivery without a signature with 400 Bad Request instead of 401",
			"forged: not-401: rejects a forged delivery with 400 Bad Request instead of 401",
			"changed: not-401: rejects a body changed after signing with 400 Bad Request instead of 401",
			`raw body: re-encodes: re-encodes the JSON before verifying: rejects the gateway's spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50`,
		}, nil,
	},
	"reads X-Signature only": {
		&merchant{headers: []string{"X-Signature"}}, []string{
			"headers: rejects-header: reads only X-Signature, not X-Ecomtrade24-Signature and " +
				"X-Webhook-Signature",
		}, nil,
	},
	"reads X-Webhook-Signature only": {
		&merchant{headers: []string{web}}, []string{
			"headers: rejects-header: reads only X-Webhook-Signature, not X-Signature and " +
				"X-Ecomtrade24-Signature",
		}, nil,
	},
	"reads two headers": {
		&merchant{headers: []string{web, own}}, []string{
			"headers: rejects-header: reads only X-Ecomtrade24-Signature and X-Webhook-Signature, not " +
				"X-Signature",
		}, nil,
	},
	"refuses the prefix": {
		&merchant{form: digits}, []string{
			"formats: rejects-format: rejects digits with the prefix sha256=: 401 Unauthorized",
		}, nil,
	},
	"refuses bare digits": {
		&merchant{form: prefixed}, []string{
			"formats: rejects-format: rejects digits only: 401 Unauthorized",
		}, nil,
	},
	"fails on a repetition": {
		&merchant{twice: http.StatusConflict}, []string{
			"repetition: fails-repetition: responds with 409 Conflict to the same test again",
		}, nil,
	},
	"crashes on a repetition": {
		&merchant{twice: http.StatusInternalServerError}, []string{
			"repetition: fails-repetition: responds with 500 Internal Server Error to the same test again",
		}, nil,
	},
	"takes garbage": {
		&merchant{takesGarbage: true}, []string{
			"malformed: accepts-malformed: responds with 200 OK to a signed malformed body (truncated JSON)",
		}, nil,
	},
	"reads without limit": {
		&merchant{limit: 1 << 30}, []string{
			"large body: no-limit: accepts 65 KiB and 4 MiB: there seems to be no limit",
		}, nil,
	},
	"reads up to 1 MiB": {
		&merchant{limit: 1 << 20}, []string{
			"large body: high-limit: accepts a body of 65 KiB: 200 OK",
		}, nil,
	},
	"trusts Content-Length": {
		&merchant{lengthOnly: true}, []string{
			"large body: length-only: accepts 65 KiB without a Content-Length",
		}, nil,
	},
	"responds with 401 to large ones": {
		&merchant{tooLarge: 401}, []string{
			"large body: not-413: responds with 401 Unauthorized to 65 KiB instead of 413",
		}, nil,
	},
	"redirects": {
		answers(301), []string{
			"responds: redirects: redirects with 301 Moved Permanently",
		}, all,
	},
	"redirects to a login": {
		http.HandlerFunc(login), []string{
			"unsigned: redirects: redirects with 302 Found",
			"headers: redirects: redirects with 302 Found",
		}, nil,
	},
	"late: never answers": {
		http.HandlerFunc(silent), []string{
			"responds: too-late: no response in time",
		}, all,
	},
	"answers 403": {
		&merchant{refusal: 403}, []string{
			"unsigned: not-401: rejects a delivery without a signature with 403 Forbidden instead of 401",
			"forged: not-401: rejects a forged delivery with 403 Forbidden instead of 401",
			"changed: not-401: rejects a body changed after signing with 403 Forbidden instead of 401",
		}, nil,
	},
	"crashes without a signature": {
		&merchant{refusal: 500}, []string{
			"unsigned: crashes: responds with 500 Internal Server Error to a delivery without a signature",
			"forged: crashes: responds with 500 Internal Server Error to a forged delivery",
			"changed: crashes: responds with 500 Internal Server Error to a body changed after signing",
		}, nil,
	},
	"does not know every member": {
		&merchant{odd: 400}, []string{
			`raw body: rejects-json: responds with 400 Bad Request to signed JSON with \/, /, \u00e9, é, 1.50`,
		}, nil,
	},
	"is not there": {
		http.NotFoundHandler(), []string{
			"responds: wrong-path: responds with 404 Not Found",
		}, all,
	},
	"takes no POST": {
		answers(405), []string{
			"responds: wrong-method: responds with 405 Method Not Allowed",
		}, all,
	},
	"limits the rate": {
		answers(429), []string{
			"responds: rate-limited: responds with 429 Too Many Requests",
		}, all,
	},
	"crashes": {
		answers(500), []string{
			"signed: crashes: responds with 500 Internal Server Error to a signed test",
			"unsigned: crashes: responds with 500 Internal Server Error to a delivery without a signature",
			"forged: crashes: responds with 500 Internal Server Error to a forged delivery",
		}, signed,
	},
	"two faults": {
		&merchant{headers: []string{own}, reencode: python, form: prefixed}, []string{
			`raw body: re-encodes: re-encodes the JSON before verifying: rejects the gateway's spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50, another sequence`,
			"headers: rejects-header: reads only X-Ecomtrade24-Signature, not X-Signature and " +
				"X-Webhook-Signature",
			"formats: rejects-format: rejects digits only: 401 Unauthorized",
		}, nil,
	},
}

func TestEndpoint_Check(t *testing.T) {
	t.Parallel()
	for name, c := range endpoints {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			if strings.HasPrefix(name, "late") {
				timeout = late
			}
			failures, skipped := found(t, c.endpoint, timeout)
			assert.Empty(t, cmp.Diff(c.want, failures))
			assert.Empty(t, cmp.Diff(c.skipped, skipped))
		})
	}
}
