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
		assert.NotContains(t, f.What+f.Means+f.Mend, secret)
		switch f.Result {
		case doctor.Failed:
			failures = append(failures, f.Check+": "+string(f.Fault)+": "+f.What)
			assert.NotEmpty(t, f.Means, f.Fault)
			assert.NotEmpty(t, f.Mend, f.Fault)
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
		"signed", "unsigned", "forged", "changed", "raw body", "headers", "formats", "repetition", "garbage", "large body",
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
			"unsigned: takes-unsigned: takes a delivery without a signature, with 200 OK",
		}, nil,
	},
	"takes unsigned ones, and reads one header": {
		&merchant{takesUnsigned: true, headers: []string{own}}, []string{
			"unsigned: takes-unsigned: takes a delivery without a signature, with 200 OK",
			"headers: refuses-header: reads only X-Ecomtrade24-Signature, not X-Signature and X-Webhook-Signature",
		}, nil,
	},
	"compares the first 8 digits": {
		&merchant{compares: func(a, b string) bool { return len(a) >= 8 && a[:8] == b[:8] }}, []string{
			"forged: takes-part: takes a delivery of whose signature only the first 8 digits are right, with 200 OK",
		}, nil,
	},
	"compares as many digits as there are": {
		&merchant{compares: func(a, b string) bool { return strings.HasPrefix(b, a) }}, []string{
			"forged: takes-part: takes a delivery whose signature is cut after 8 digits, with 200 OK",
		}, nil,
	},
	"leaves out the last digit": {
		&merchant{compares: func(a, b string) bool { return len(a) == 64 && a[:63] == b[:63] }}, []string{
			"forged: takes-part: takes a delivery whose signature's last digit is wrong, with 200 OK",
		}, nil,
	},
	"compares the last digit": {
		// Of one signature in sixteen the last digit is right by chance, so the others must be made up here.
		&merchant{compares: func(a, b string) bool {
			return a == b || len(a) == 64 && a[63] == b[63] && strings.Trim(a[:63], "01") == ""
		}}, []string{
			"forged: takes-part: takes a delivery of whose signature only the last digit is right, with 200 OK",
		}, nil,
	},
	"trims the body": {
		&merchant{reencode: bytes.TrimSpace}, []string{
			"raw body: trims: trims the body before it verifies: refuses a line feed at the end",
		}, nil,
	},
	"does not know the test's order": {
		&merchant{unknown: http.StatusNotFound}, []string{
			"signed: refuses-test: answers 404 Not Found to a signed test, and something else to an unsigned one",
		}, signed,
	},
	"takes forged ones": {
		&merchant{takesForged: true}, []string{
			"forged: takes-forged: takes a delivery signed with another secret, with 200 OK",
		}, untold,
	},
	"takes everything": {
		&merchant{takesUnsigned: true, takesForged: true}, []string{
			"unsigned: takes-unsigned: takes a delivery without a signature, with 200 OK",
			"forged: takes-forged: takes a delivery signed with another secret, with 200 OK",
		}, append([]string{"changed", "raw body", "headers"}, "formats"),
	},
	"has no secret": {
		&merchant{key: "none"}, []string{
			"signed: refuses-signed: answers 401 Unauthorized to a signed test, in every format",
			"forged: takes-forged: takes a delivery signed with an empty secret, with 200 OK",
		}, signed,
	},
	"has another secret": {
		&merchant{key: "whsec_other"}, []string{
			"signed: refuses-signed: answers 401 Unauthorized to a signed test, in every format",
		}, signed,
	},
	"takes changed ones: remembers signatures": {
		&merchant{remembers: true, right: map[string]bool{}}, []string{
			"changed: takes-changed: takes a body changed after signing (the order), with 200 OK",
		}, nil,
	},
	"takes changed ones: signs what it knows": {
		&merchant{reencode: goStruct}, []string{
			"changed: takes-changed: takes a body changed after signing (a member added), with 200 OK",
			`raw body: re-encodes: encodes the JSON again before it verifies: refuses white space, \/, /, ` +
				`\u00e9, é, 1.50, another order`,
		}, nil,
	},
	"re-encodes as PHP": {
		&merchant{reencode: php}, []string{
			"raw body: re-encodes: encodes the JSON again before it verifies: refuses white space, /, é, 1.50",
		}, nil,
	},
	"re-encodes as Node": {
		&merchant{reencode: node}, []string{
			`raw body: re-encodes: encodes the JSON again before it verifies: refuses white space, \/, ` +
				`\u00e9, 1.50`,
		}, nil,
	},
	"re-encodes as Python": {
		&merchant{reencode: python}, []string{
			`raw body: re-encodes: encodes the JSON again before it verifies: refuses the usual spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50, another order`,
		}, nil,
	},
	"re-encodes as Go": {
		&merchant{reencode: goMap}, []string{
			`raw body: re-encodes: encodes the JSON again before it verifies: refuses the usual spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50`,
		}, nil,
	},
	"re-encodes, and answers 400": {
		&merchant{reencode: goMap, refusal: 400}, []string{
			"unsigned: not-401: refuses a delivery without a signature with 400 Bad Request instead of 401",
			"forged: not-401: refuses a forged delivery with 400 Bad Request instead of 401",
			"changed: not-401: refuses a body changed after signing with 400 Bad Request instead of 401",
			`raw body: re-encodes: encodes the JSON again before it verifies: refuses the usual spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50`,
		}, nil,
	},
	"reads X-Signature only": {
		&merchant{headers: []string{"X-Signature"}}, []string{
			"headers: refuses-header: reads only X-Signature, not X-Ecomtrade24-Signature and " +
				"X-Webhook-Signature",
		}, nil,
	},
	"reads X-Webhook-Signature only": {
		&merchant{headers: []string{web}}, []string{
			"headers: refuses-header: reads only X-Webhook-Signature, not X-Signature and " +
				"X-Ecomtrade24-Signature",
		}, nil,
	},
	"reads two headers": {
		&merchant{headers: []string{web, own}}, []string{
			"headers: refuses-header: reads only X-Ecomtrade24-Signature and X-Webhook-Signature, not " +
				"X-Signature",
		}, nil,
	},
	"refuses the prefix": {
		&merchant{form: digits}, []string{
			"formats: refuses-format: refuses the digits with sha256= before them, with 401 Unauthorized",
		}, nil,
	},
	"refuses bare digits": {
		&merchant{form: prefixed}, []string{
			"formats: refuses-format: refuses the digits alone, with 401 Unauthorized",
		}, nil,
	},
	"fails on a repetition": {
		&merchant{twice: http.StatusConflict}, []string{
			"repetition: fails-repetition: answers 409 Conflict to the same test again",
		}, nil,
	},
	"crashes on a repetition": {
		&merchant{twice: http.StatusInternalServerError}, []string{
			"repetition: fails-repetition: answers 500 Internal Server Error to the same test again",
		}, nil,
	},
	"takes garbage": {
		&merchant{takesGarbage: true}, []string{
			"garbage: takes-garbage: answers 200 OK to signed garbage (JSON cut short)",
		}, nil,
	},
	"reads without limit": {
		&merchant{limit: 1 << 30}, []string{
			"large body: no-limit: takes 65 KiB and 4 MiB: no limit is to be seen",
		}, nil,
	},
	"reads up to 1 MiB": {
		&merchant{limit: 1 << 20}, []string{
			"large body: high-limit: takes a body of 65 KiB, with 200 OK",
		}, nil,
	},
	"trusts Content-Length": {
		&merchant{lengthOnly: true}, []string{
			"large body: length-only: takes 65 KiB where no Content-Length tells so beforehand",
		}, nil,
	},
	"answers 401 to large ones": {
		&merchant{tooLarge: 401}, []string{
			"large body: not-413: answers 401 Unauthorized to 65 KiB instead of 413",
		}, nil,
	},
	"redirects": {
		answers(301), []string{
			"answers: redirects: redirects with 301 Moved Permanently",
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
			"answers: too-late: no response in time",
		}, all,
	},
	"answers 403": {
		&merchant{refusal: 403}, []string{
			"unsigned: not-401: refuses a delivery without a signature with 403 Forbidden instead of 401",
			"forged: not-401: refuses a forged delivery with 403 Forbidden instead of 401",
			"changed: not-401: refuses a body changed after signing with 403 Forbidden instead of 401",
		}, nil,
	},
	"crashes without a signature": {
		&merchant{refusal: 500}, []string{
			"unsigned: crashes: answers 500 Internal Server Error to a delivery without a signature",
			"forged: crashes: answers 500 Internal Server Error to a forged delivery",
			"changed: crashes: answers 500 Internal Server Error to a body changed after signing",
		}, nil,
	},
	"does not know every member": {
		&merchant{odd: 400}, []string{
			`raw body: refuses-json: answers 400 Bad Request to signed JSON with \/, /, \u00e9, é, 1.50`,
		}, nil,
	},
	"is not there": {
		http.NotFoundHandler(), []string{
			"answers: wrong-path: answers 404 Not Found",
		}, all,
	},
	"takes no POST": {
		answers(405), []string{
			"answers: wrong-method: answers 405 Method Not Allowed",
		}, all,
	},
	"limits the rate": {
		answers(429), []string{
			"answers: rate-limited: answers 429 Too Many Requests",
		}, all,
	},
	"crashes": {
		answers(500), []string{
			"signed: crashes: answers 500 Internal Server Error to a signed test",
			"unsigned: crashes: answers 500 Internal Server Error to a delivery without a signature",
			"forged: crashes: answers 500 Internal Server Error to a forged delivery",
		}, signed,
	},
	"two faults": {
		&merchant{headers: []string{own}, reencode: python, form: prefixed}, []string{
			`raw body: re-encodes: encodes the JSON again before it verifies: refuses the usual spelling, ` +
				`white space, \/, /, \u00e9, é, 1.50, another order`,
			"headers: refuses-header: reads only X-Ecomtrade24-Signature, not X-Signature and " +
				"X-Webhook-Signature",
			"formats: refuses-format: refuses the digits alone, with 401 Unauthorized",
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
