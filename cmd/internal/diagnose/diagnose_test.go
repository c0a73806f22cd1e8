package diagnose_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/diagnose"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	secret = "whsec_4f1d0c7a9be2"
	event  = `{"event":"payment.session","session_id":12345,"order_id":"A\/1","status":"paid","amount":"49.95",` +
		`"currency":"USD","email":"ren\u00e9@example.com","txid":"tx_\ud83d\ude00","shop_domain":"shop.example","test":false}`
	python        = `{"status": "paid", "n": [1, "a:b,\"c\""]}`
	pythonCompact = `{"status":"paid","n":[1,"a:b,\"c\""]}`
	spread        = "{\"status\":\"paid\",\n\"session_id\":1}" // JSON on two lines
)

// digits is the signature as the gateway sends it.
func digits(secret, body string) string {
	return strings.TrimPrefix(webhook.Sign(secret, []byte(body)), "sha256=")
}

func xSignature(value string) http.Header { return http.Header{"X-Signature": {value}} }

// mistakes holds the codes of reasons.
type mistakes []string

// codes returns the reasons' codes, with harmless reasons in parentheses.
func codes(r diagnose.Result) mistakes {
	var all mistakes
	for _, reason := range r.Reasons {
		code := reason.Code
		if reason.Harmless {
			code = "(" + code + ")"
		}
		all = append(all, code)
	}
	return all
}

// reencoded decodes the event into a map and encodes it again.
func reencoded(t *testing.T, escapeHTML bool) string {
	t.Helper()
	var decoded map[string]any
	require.NoError(t, json.Unmarshal([]byte(event), &decoded))
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	require.NoError(t, encoder.Encode(decoded))
	return strings.TrimSuffix(b.String(), "\n")
}

func zipped(t *testing.T, body string) string {
	t.Helper()
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(body))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func sum256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Each row has the signed bytes, the bytes to verify, and the mistakes that explain the difference.
func TestDiagnose_body(t *testing.T) {
	t.Parallel()
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, []byte(event), "", "    "))
	var pretty2 bytes.Buffer
	require.NoError(t, json.Indent(&pretty2, []byte(event), "", "  "))
	unescaped := strings.ReplaceAll(event, `\/`, `/`)
	letters := strings.NewReplacer(`\u00e9`, "é", `\ud83d\ude00`, "😀").Replace(event)
	decoded := mistakes{"json-slash-unescaped", "json-letters-unescaped", "json-reordered"}
	backslashes := `{"status":"\\u00e9"}`
	crlf := strings.ReplaceAll(spread, "\n", "\r\n")
	for name, c := range map[string]struct {
		signed, have string
		want         mistakes
	}{
		"as it was":                        {event, event, nil},
		"a newline added":                  {event, event + "\n", mistakes{"newline-added"}},
		"a Windows newline added":          {event, event + "\r\n", mistakes{"newline-added"}},
		"the trailing newline lost":        {event + "\n", event, mistakes{"newline-lost"}},
		"the Windows newline lost":         {event + "\r\n", event, mistakes{"newline-lost"}},
		"a newline becomes CRLF":           {spread, crlf, mistakes{"crlf-added"}},
		"CRLF becomes a newline":           {crlf, spread, mistakes{"crlf-lost"}},
		"a BOM":                            {event, "\xef\xbb\xbf" + event, mistakes{"bom-added"}},
		"a BOM removed":                    {"\xef\xbb\xbf" + event, event, mistakes{"bom-lost"}},
		"spaces around":                    {event, "  " + event + " \n", mistakes{"space-added"}},
		"Notepad: a BOM and a newline":     {event, "\xef\xbb\xbf" + event + "\r\n", mistakes{"bom-added", "newline-added"}},
		"pretty-printed":                   {event, pretty.String(), mistakes{"json-spaced"}},
		"pretty-printed, with a newline":   {event, pretty.String() + "\n", mistakes{"json-spaced"}}, // counts as one mistake
		"compacted":                        {pretty.String(), event, mistakes{"json-compacted"}},
		"compacted from a 2-space indent":  {pretty2.String(), event, mistakes{"json-compacted"}},
		"Python's JSON, compacted":         {python, pythonCompact, mistakes{"json-compacted"}},
		"slashes unescaped":                {event, unescaped, mistakes{"json-slash-unescaped"}},
		"slashes escaped":                  {unescaped, event, mistakes{"json-slash-escaped"}},
		"letters unescaped":                {event, letters, mistakes{"json-letters-unescaped"}},
		"letters escaped":                  {letters, event, mistakes{"json-letters-escaped"}},
		"unescaped by jq or Node":          {event, strings.ReplaceAll(letters, `\/`, `/`), decoded[:2]},
		"re-encoded from a map":            {event, reencoded(t, false), decoded},
		"re-encoded with HTML escapes":     {event, reencoded(t, true), decoded},
		"quoted by a log":                  {event, strconv.Quote(event), mistakes{"quoted"}},
		"another amount":                   {event, strings.Replace(event, "49.95", "0.95", 1), mistakes{"unexplained"}},
		"cut short":                        {event, event[:100], mistakes{"body-cut"}},
		"JSON cut between two members":     {event, event[:17], mistakes{"body-cut"}},
		"no JSON":                          {event, "{paid}", mistakes{"unexplained"}},
		"base64, as in AWS Lambda":         {event, base64.StdEncoding.EncodeToString([]byte(event)), mistakes{"body-base64"}},
		"gzip":                             {event, zipped(t, event), mistakes{"body-gzip"}},
		"body read earlier":                {event, "", mistakes{"empty-body"}},
		"an empty body that was signed":    {"", "", nil},
		"not JSON, with a newline":         {"paid", "paid\n", mistakes{"newline-added"}},
		"an escaped backslash before u":    {backslashes, backslashes + "\n", mistakes{"newline-added"}},
		"an escaped backslash and a slash": {`{"status":"\\/"}`, `{"status":"\\\/"}`, mistakes{"json-slash-escaped"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := diagnose.Diagnose(diagnose.Input{
				Header: xSignature(digits(secret, c.signed)), Body: []byte(c.have), Secret: secret,
			})
			assert.Empty(t, cmp.Diff(c.want, codes(got)))
			assert.Equal(t, c.want == nil, got.Verified)
		})
	}
}

func TestDiagnose_secret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signedWith, have string
		want             mistakes
	}{
		"a newline after the receiver's secret": {secret, secret + "\n", mistakes{"secret-space"}},
		"a space before the receiver's secret":  {secret, " " + secret, mistakes{"secret-space"}},
		"a newline after the sender's secret":   {secret + "\n", secret, mistakes{"secret-space"}},
		"CRLF after the sender's secret":        {secret + "\r\n", secret, mistakes{"secret-space"}},
		"a space before the sender's secret":    {" " + secret, secret, mistakes{"secret-space"}},
		// the SDK rejects a secret with a trailing space
		"a space after both secrets":          {secret + " ", secret + " ", mistakes{"secret-space"}},
		"quotation marks":                     {secret, `"` + secret + `"`, mistakes{"secret-quotes"}},
		"single quotation marks":              {secret, `'` + secret + `'`, mistakes{"secret-quotes"}},
		"quotation marks around both secrets": {`"` + secret + `"`, `"` + secret + `"`, mistakes{"secret-rejected"}},
		// the SDK rejects a placeholder, which can be guessed
		"a placeholder as both secrets":          {"${SECRET}", "${SECRET}", mistakes{"secret-rejected"}},
		"a BOM before both secrets":              {"\ufeff" + secret, "\ufeff" + secret, mistakes{"secret-rejected"}},
		"a placeholder as the receiver's secret": {secret, "${SECRET}", mistakes{"secret-rejected"}},
		"the previous one":                       {"whsec_before", secret, mistakes{"previous-secret"}},
		"another":                                {"whsec_other", secret, mistakes{"unexplained"}},
		"no secret at the receiver":              {secret, "", mistakes{"no-secret"}},
		"white space as the receiver's secret":   {secret, " \n", mistakes{"no-secret"}},
		"no secret on either side":               {"", "", mistakes{"no-secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := diagnose.Diagnose(diagnose.Input{
				Header: xSignature(digits(c.signedWith, event)), Body: []byte(event), Secret: c.have,
				Previous: []string{"whsec_oldest", "whsec_before\n"},
			})
			assert.Empty(t, cmp.Diff(c.want, codes(got)))
			assert.False(t, got.Verified)
		})
	}
}

func TestDiagnose_header(t *testing.T) {
	t.Parallel()
	good := digits(secret, event)
	raw, err := hex.DecodeString(good)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		header http.Header
		want   mistakes
	}{
		"prefix":                           {http.Header{"X-Webhook-Signature": {"sha256=" + good}}, mistakes{"(prefix)"}},
		"upper case":                       {http.Header{"X-Ecomtrade24-Signature": {strings.ToUpper(good)}}, mistakes{"(hex-case)"}},
		"prefix and upper case":            {xSignature("sha256=" + strings.ToUpper(good)), mistakes{"(prefix)", "(hex-case)"}},
		"prefix in upper case":             {xSignature("SHA256=" + good), mistakes{"other-prefix"}},
		"prefix with a space":              {xSignature("sha256= " + good), mistakes{"(prefix)", "space-in-signature"}},
		"prefix with a colon":              {xSignature("sha256:" + good), mistakes{"other-prefix"}},
		"another service's prefix":         {xSignature("v1=" + good), mistakes{"other-prefix"}},
		"quotation marks":                  {xSignature(`"` + good + `"`), mistakes{"quoted-signature"}},
		"signature broken over two lines":  {xSignature(good[:32] + " " + good[32:]), mistakes{"space-in-signature"}},
		"SHA-256 without a key":            {xSignature(sum256(event)), mistakes{"no-key"}},
		"SHA-256 of secret and body":       {xSignature(sum256(secret + event)), mistakes{"not-hmac"}},
		"SHA-256 of body and secret":       {xSignature("sha256=" + sum256(event+secret)), mistakes{"not-hmac", "(prefix)"}},
		"two in one":                       {xSignature(strings.Repeat("0", 64) + good), mistakes{"joined-signatures"}},
		"two prefixed signatures in a row": {xSignature("sha256=" + good + "sha256=" + good), mistakes{"joined-signatures"}},
		"SHA-512":                          {xSignature(strings.Repeat("0", 128)), mistakes{"not-a-digest"}},
		"base64":                           {xSignature(base64.StdEncoding.EncodeToString(raw)), mistakes{"base64"}},
		"another header":                   {http.Header{"X-Signed": {"sha256=" + good}}, mistakes{"wrong-header", "(prefix)"}},
		"the same signature repeated":      {http.Header{"Authorization": {good}, "X-Signature": {good}, "Z-Signature": {good}}, nil},
		"two signatures joined by a proxy": {xSignature(strings.Repeat("0", 64) + ", " + good), mistakes{"(several-signatures)"}},
		"nine joined":                      {xSignature("a,b,c,d,e,f,g,h," + good), mistakes{"(several-signatures)", "too-many-signatures"}},
		"none":                             {http.Header{"Content-Type": {"application/json"}}, mistakes{"no-signature"}},
		"an empty one":                     {xSignature(" "), mistakes{"no-signature"}},
		"SHA-1":                            {xSignature(good[:40]), mistakes{"not-a-digest"}},
		"a word":                           {xSignature("paid"), mistakes{"not-a-digest"}},
		"other digits":                     {xSignature(strings.Repeat("0", 64)), mistakes{"unexplained"}},
		"several mistakes at once": {
			http.Header{"X-Sig": {"v1=" + strings.ToUpper(good)}}, mistakes{"wrong-header", "other-prefix", "(hex-case)"},
		},
		"more values than the SDK checks": {
			http.Header{"X-Signature": {"a", "b", "c", "d", "e", "f", "g", "h", good}}, mistakes{"too-many-signatures"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := diagnose.Diagnose(diagnose.Input{Header: c.header, Body: []byte(event), Secret: secret})
			assert.Empty(t, cmp.Diff(c.want, codes(got)))
			v, err := webhook.NewVerifier(secret)
			require.NoError(t, err)
			assert.Equal(t, v.Verify(c.header, []byte(event)) == nil, got.Verified, "Diagnose must agree with the SDK")
		})
	}
}

// No reason contains a secret, a body or a signature.
func TestDiagnose_showsNoSecret(t *testing.T) {
	t.Parallel()
	for _, in := range []diagnose.Input{
		{Header: xSignature(digits(secret, event)), Body: []byte(event + "\n"), Secret: " " + secret},
		{
			Header: xSignature(digits("whsec_before", event)), Body: []byte(event), Secret: secret,
			Previous: []string{"whsec_before"},
		},
		{Header: xSignature(digits("whsec_x", event)), Body: []byte(event), Secret: secret},
	} {
		got, err := json.Marshal(diagnose.Diagnose(in))
		require.NoError(t, err)
		for _, word := range []string{secret, "whsec_before", "12345", digits(secret, event)} {
			assert.NotContains(t, string(got), word)
		}
	}
}

// For any input, Diagnose and the SDK agree on whether the webhook verifies. If it does not, Diagnose returns a reason.
func FuzzDiagnose(f *testing.F) {
	f.Add("X-Signature", digits(secret, event), event, secret)
	f.Add("X-Signature", "sha256="+digits(secret, spread), spread+"\r\n", secret+"\n")
	f.Add("X-Other", "v1=00", `"{\"a\":\"\\ud83d\"}"`, `"q"`)
	f.Add("X-Signature", digits("${A}", event), event, "${A}")
	f.Add("X-Signature", "1,2,3,4,5,6,7,8,"+digits(secret, event), event, secret)
	f.Fuzz(func(t *testing.T, name, value, body, secret string) {
		in := diagnose.Input{Header: http.Header{name: {value}}, Body: []byte(body), Secret: secret}
		got := diagnose.Diagnose(in)
		v, err := webhook.NewVerifier(secret)
		assert.Equal(t, err == nil && v.Verify(in.Header, in.Body) == nil, got.Verified)
		if !got.Verified {
			assert.NotEmpty(t, got.Reasons)
		}
	})
}
