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

// found returns a line for each failure of an endpoint, and the names of the skipped checks.
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
			failures = append(failures, f.Check+": "+f.Fault+": "+f.What)
			assert.NotEmpty(t, f.Means, f.Fault)
			assert.NotEmpty(t, f.Fix, f.Fault)
		case doctor.Skipped:
			skipped = append(skipped, f.Check)
		case doctor.OK:
		}
	}
	return failures, skipped
}

// visited holds an endpoint, its expected failures and its expected skipped checks.
type visited struct {
	endpoint      http.Handler
	want, skipped []string
}

func finds(endpoint http.Handler, want ...string) *visited {
	return &visited{endpoint: endpoint, want: want}
}

func (v *visited) skips(checks []string) *visited {
	v.skipped = checks
	return v
}

const (
	web, own  = "X-Webhook-Signature", "X-Ecomtrade24-Signature"
	reencodes = "raw body: re-encodes: re-encodes the JSON before verifying: rejects "
	late      = 200 * time.Millisecond // timeout for endpoints that do not respond
)

var (
	all = []string{
		"signed", "unsigned", "forged", "changed", "raw body", "headers", "formats", "repetition", "malformed", "large body",
	}
	untold = []string{"changed", "raw body", "formats"} // checks that are useless if forged deliveries are accepted
	signed = append([]string{"changed"}, all[4:]...)    // checks that need an endpoint that accepts signed deliveries
)

// endpoints has a row for each fault that an endpoint may have.
var endpoints = map[string]*visited{
	"right: the SDK": finds(sdk()),
	"right: by hand": finds(&merchant{}),
	"right: closes the connection on a large body": finds(http.HandlerFunc(hangUp)),
	"accepts unsigned deliveries": finds(&merchant{takesUnsigned: true},
		"unsigned: accepts-unsigned: accepts a delivery without a signature: 200 OK"),
	"accepts unsigned deliveries and reads only one header": finds(&merchant{takesUnsigned: true, headers: []string{own}},
		"unsigned: accepts-unsigned: accepts a delivery without a signature: 200 OK",
		"headers: rejects-header: reads only X-Ecomtrade24-Signature, not X-Signature and X-Webhook-Signature"),
	"compares only the first 8 digits": finds(&merchant{compares: func(a, b string) bool { return len(a) >= 8 && a[:8] == b[:8] }},
		"forged: accepts-part: accepts a delivery whose signature has only the first 8 digits right: 200 OK"),
	"compares only as many digits as it receives": finds(&merchant{compares: func(a, b string) bool { return strings.HasPrefix(b, a) }},
		"forged: accepts-part: accepts a delivery whose signature is truncated after 8 digits: 200 OK"),
	"ignores the last digit": finds(&merchant{compares: func(a, b string) bool { return len(a) == 64 && a[:63] == b[:63] }},
		"forged: accepts-part: accepts a delivery whose signature has a wrong last digit: 200 OK"),
	// By chance, one forged signature in sixteen has the right last digit. So this endpoint also requires that the other
	// digits are 0 or 1, as in the signatures that Check forges.
	"compares only the last digit": finds(&merchant{compares: func(a, b string) bool {
		return a == b || len(a) == 64 && a[63] == b[63] && strings.Trim(a[:63], "01") == ""
	}}, "forged: accepts-part: accepts a delivery whose signature has only the last digit right: 200 OK"),
	"trims the body": finds(&merchant{reencode: bytes.TrimSpace},
		"raw body: trims: trims the body before verifying: rejects a line feed at the end"),
	"does not know the test's order": finds(&merchant{unknown: http.StatusNotFound},
		"signed: rejects-test: responds with 404 Not Found to a signed test, and differently to an unsigned one",
	).skips(signed),
	"accepts forged deliveries": finds(&merchant{takesForged: true},
		"forged: accepts-forged: accepts a delivery signed with another secret: 200 OK").skips(untold),
	"accepts everything": finds(&merchant{takesUnsigned: true, takesForged: true},
		"unsigned: accepts-unsigned: accepts a delivery without a signature: 200 OK",
		"forged: accepts-forged: accepts a delivery signed with another secret: 200 OK",
	).skips([]string{"changed", "raw body", "headers", "formats"}),
	"has no secret": finds(&merchant{key: "none"},
		"signed: rejects-signed: responds with 401 Unauthorized to a signed test, in every format",
		"forged: accepts-forged: accepts a delivery signed with an empty secret: 200 OK").skips(signed),
	"has another secret": finds(&merchant{key: "whsec_other"},
		"signed: rejects-signed: responds with 401 Unauthorized to a signed test, in every format").skips(signed),
	"accepts changed bodies: remembers signatures": finds(&merchant{remembers: true, right: map[string]bool{}},
		"changed: accepts-changed: accepts a body changed after signing (the order): 200 OK"),
	"accepts changed bodies: signs only known members": finds(&merchant{reencode: goStruct},
		"changed: accepts-changed: accepts a body changed after signing (a member added): 200 OK",
		reencodes+`white space, \/, /, \u00e9, é, 1.50, another sequence`),
	"re-encodes as PHP": finds(&merchant{reencode: php},
		reencodes+"white space, /, é, 1.50"),
	"re-encodes as Node": finds(&merchant{reencode: node},
		reencodes+`white space, \/, \u00e9, 1.50`),
	"re-encodes as Python": finds(&merchant{reencode: python},
		reencodes+`the gateway's spelling, white space, \/, /, \u00e9, é, 1.50, another sequence`),
	"re-encodes as Go": finds(&merchant{reencode: goMap},
		reencodes+`the gateway's spelling, white space, \/, /, \u00e9, é, 1.50`),
	"re-encodes the JSON, and rejects with 400": finds(&merchant{reencode: goMap, refusal: 400},
		"unsigned: not-401: rejects a delivery without a signature with 400 Bad Request instead of 401",
		"forged: not-401: rejects a forged delivery with 400 Bad Request instead of 401",
		"changed: not-401: rejects a body changed after signing with 400 Bad Request instead of 401",
		reencodes+`the gateway's spelling, white space, \/, /, \u00e9, é, 1.50`),
	"reads X-Signature only": finds(&merchant{headers: []string{"X-Signature"}},
		"headers: rejects-header: reads only X-Signature, not X-Ecomtrade24-Signature and X-Webhook-Signature"),
	"reads X-Webhook-Signature only": finds(&merchant{headers: []string{web}},
		"headers: rejects-header: reads only X-Webhook-Signature, not X-Signature and X-Ecomtrade24-Signature"),
	"reads two headers": finds(&merchant{headers: []string{web, own}},
		"headers: rejects-header: reads only X-Ecomtrade24-Signature and X-Webhook-Signature, not X-Signature"),
	"rejects the prefix": finds(&merchant{form: digits},
		"formats: rejects-format: rejects digits with the prefix sha256=: 401 Unauthorized"),
	"rejects bare digits": finds(&merchant{form: prefixed},
		"formats: rejects-format: rejects digits only: 401 Unauthorized"),
	"fails on a repetition": finds(&merchant{twice: http.StatusConflict},
		"repetition: fails-repetition: responds with 409 Conflict to the same test again"),
	"crashes on a repetition": finds(&merchant{twice: http.StatusInternalServerError},
		"repetition: fails-repetition: responds with 500 Internal Server Error to the same test again"),
	"accepts malformed bodies": finds(&merchant{takesGarbage: true},
		"malformed: accepts-malformed: responds with 200 OK to a signed malformed body (truncated JSON)"),
	"reads without limit": finds(&merchant{limit: 1 << 30},
		"large body: no-limit: accepts 65 KiB and 4 MiB: there seems to be no limit"),
	"reads up to 1 MiB": finds(&merchant{limit: 1 << 20},
		"large body: high-limit: accepts a body of 65 KiB: 200 OK"),
	"trusts Content-Length": finds(&merchant{lengthOnly: true},
		"large body: length-only: accepts 65 KiB without a Content-Length"),
	"responds with 401 to large bodies": finds(&merchant{tooLarge: 401},
		"large body: not-413: responds with 401 Unauthorized to 65 KiB instead of 413"),
	"redirects": finds(answers(301),
		"responds: redirects: redirects with 301 Moved Permanently").skips(all),
	"redirects to a login": finds(http.HandlerFunc(login),
		"unsigned: redirects: redirects with 302 Found",
		"headers: redirects: redirects with 302 Found"),
	"late: never responds": finds(http.HandlerFunc(silent),
		"responds: too-late: no response in time").skips(all),
	"responds with 403": finds(&merchant{refusal: 403},
		"unsigned: not-401: rejects a delivery without a signature with 403 Forbidden instead of 401",
		"forged: not-401: rejects a forged delivery with 403 Forbidden instead of 401",
		"changed: not-401: rejects a body changed after signing with 403 Forbidden instead of 401"),
	"crashes without a signature": finds(&merchant{refusal: 500},
		"unsigned: crashes: responds with 500 Internal Server Error to a delivery without a signature",
		"forged: crashes: responds with 500 Internal Server Error to a forged delivery",
		"changed: crashes: responds with 500 Internal Server Error to a body changed after signing"),
	"rejects JSON with unknown members": finds(&merchant{odd: 400},
		`raw body: rejects-json: responds with 400 Bad Request to signed JSON with \/, /, \u00e9, é, 1.50`),
	"is not there": finds(http.NotFoundHandler(),
		"responds: wrong-path: responds with 404 Not Found").skips(all),
	"rejects POST": finds(answers(405),
		"responds: wrong-method: responds with 405 Method Not Allowed").skips(all),
	"limits the rate": finds(answers(429),
		"responds: rate-limited: responds with 429 Too Many Requests").skips(all),
	"crashes": finds(answers(500),
		"signed: crashes: responds with 500 Internal Server Error to a signed test",
		"unsigned: crashes: responds with 500 Internal Server Error to a delivery without a signature",
		"forged: crashes: responds with 500 Internal Server Error to a forged delivery").skips(signed),
	"two faults": finds(&merchant{headers: []string{own}, reencode: python, form: prefixed},
		reencodes+`the gateway's spelling, white space, \/, /, \u00e9, é, 1.50, another sequence`,
		"headers: rejects-header: reads only X-Ecomtrade24-Signature, not X-Signature and X-Webhook-Signature",
		"formats: rejects-format: rejects digits only: 401 Unauthorized"),
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
