package webhook_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The signature of paidEvent, with and without its prefix, and a signature under another secret.
var (
	good   = webhook.Sign(secret, []byte(paidEvent))
	digest = strings.TrimPrefix(good, "sha256=")
	wrong  = webhook.Sign("another secret", []byte(paidEvent))
	seven  = []string{wrong, wrong, wrong, wrong, wrong, wrong, wrong}
)

func TestVerifier_Verify_accepts(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]http.Header{
		"X-Signature":                     {"X-Signature": {good}},
		"X-Ecomtrade24-Signature":         {"X-Ecomtrade24-Signature": {good}},
		"X-Webhook-Signature":             {"X-Webhook-Signature": {good}},
		"no prefix":                       {"X-Signature": {digest}},
		"upper-case hex":                  {"X-Signature": {strings.ToUpper(digest)}},
		"upper-case hex after the prefix": {"X-Signature": {"sha256=" + strings.ToUpper(digest)}},
		"mixed case":                      {"X-Signature": {strings.ToUpper(digest[:32]) + digest[32:]}},
		"white space around":              {"X-Signature": {" \t" + good + "\r\n "}},
		"second value":                    {"X-Signature": {wrong, good}},
		"second header":                   {"X-Signature": {wrong}, "X-Webhook-Signature": {good}},
		"the third header has the signature, after two bad headers": {"X-Signature": {"x"}, "X-Ecomtrade24-Signature": {""}, "X-Webhook-Signature": {good}},
		"eighth value": {"X-Signature": append(seven[:7:7], good)},
		"the signature is the eighth value in three headers":           {"X-Signature": seven[:4], "X-Ecomtrade24-Signature": seven[:3], "X-Webhook-Signature": {good}},
		"the signature is the eighth value, not counting blank values": {"X-Signature": append(seven[:7:7], "", " ", good)},
		"lower-case key": {"x-signature": {good}}, // a header built by a framework
		"upper-case key": {"X-WEBHOOK-SIGNATURE": {good}},
		// the lower-case header's value is counted only once
		"the signature is the eighth value, under a lower-case header name": {"X-Signature": seven, "x-webhook-signature": {good}},
		"a bad header and one with a lower-case name":                       {"X-Signature": {wrong}, "x-ecomtrade24-signature": {good}},
		// AWS's HTTP APIs forward several headers this way
		"the signature is the first of two joined values":               {"X-Signature": {good + ", " + wrong}},
		"the signature is the second of two joined values":              {"X-Signature": {wrong + "," + digest}},
		"the signature is joined with blank values":                     {"x-signature": {", ,\t" + good + " ,"}},
		"the signature is the eighth of the joined values":              {"X-Signature": {strings.Join(seven, ", ") + ", " + good}},
		"the signature is the eighth of the joined values in two lines": {"X-Signature": {strings.Join(seven[:4], ","), strings.Join(seven[:3], ",") + "," + good}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, verifier(t).Verify(header, []byte(paidEvent)))
			ev, err := verifier(t).Parse(header, []byte(paidEvent))
			require.NoError(t, err)
			require.True(t, ev.Paid())
		})
	}
}

func TestVerifier_Verify_rejects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   error
	}{
		"ninth value": {http.Header{"X-Signature": append(seven[:7:7], wrong, good)}, webhook.ErrBadSignature},
		"the signature is the ninth value in three headers": {http.Header{
			"X-Signature": seven, "X-Ecomtrade24-Signature": {"x"}, "X-Webhook-Signature": {good},
		}, webhook.ErrBadSignature},
		"the signature is the ninth value, under a lower-case header name": {http.Header{"X-Signature": append(seven[:7:7], wrong), "x-webhook-signature": {good}}, webhook.ErrBadSignature},
		"another secret's":    {http.Header{"X-Signature": {wrong}}, webhook.ErrBadSignature},
		"another body's":      {signed(liveSample), webhook.ErrBadSignature},
		"one character short": {http.Header{"X-Signature": {good[:len(good)-1]}}, webhook.ErrBadSignature},
		"one character long":  {http.Header{"X-Signature": {good + "0"}}, webhook.ErrBadSignature},
		"the digest twice":    {http.Header{"X-Signature": {digest + digest}}, webhook.ErrBadSignature},
		"the signature is the ninth of the joined values":             {http.Header{"X-Signature": {strings.Join(append(seven[:7:7], wrong, good), ",")}}, webhook.ErrBadSignature},
		"the signature is the ninth value, after eight joined values": {http.Header{"X-Signature": {strings.Join(append(seven[:7:7], wrong), ","), good}}, webhook.ErrBadSignature},
		"two signatures joined with a semicolon":                      {http.Header{"X-Signature": {good + ";" + good}}, webhook.ErrBadSignature},
		"a signature with a comma in the middle":                      {http.Header{"X-Signature": {good[:30] + "," + good[30:]}}, webhook.ErrBadSignature},
		"32 characters, as many as a signature has raw bytes":         {http.Header{"X-Signature": {digest[:32]}}, webhook.ErrBadSignature},
		"sha1 prefix":                         {http.Header{"X-Signature": {"sha1=" + digest}}, webhook.ErrBadSignature},
		"a sha1 prefix, but the right length": {http.Header{"X-Signature": {"sha1=" + digest[5:]}}, webhook.ErrBadSignature},
		"upper-case prefix":                   {http.Header{"X-Signature": {"SHA256=" + digest}}, webhook.ErrBadSignature},
		"prefix twice":                        {http.Header{"X-Signature": {"sha256=" + good}}, webhook.ErrBadSignature},
		"prefix alone":                        {http.Header{"X-Signature": {"sha256="}}, webhook.ErrBadSignature},
		"white space after the prefix":        {http.Header{"X-Signature": {"sha256= " + digest}}, webhook.ErrBadSignature},
		"not hex, but of the right length":    {http.Header{"X-Signature": {strings.Repeat("g", 64)}}, webhook.ErrBadSignature},
		"control characters instead of hex": { // a decoder that only sets the lower-case bit would accept these
			http.Header{"X-Signature": {strings.Map(func(r rune) rune {
				if r <= '9' {
					return r &^ 0x20
				}
				return r
			}, digest)}}, webhook.ErrBadSignature,
		},
		"zeros":                   {http.Header{"X-Signature": {strings.Repeat("0", 64)}}, webhook.ErrBadSignature},
		"no header":               {http.Header{}, webhook.ErrNoSignature},
		"nil header":              {nil, webhook.ErrNoSignature},
		"empty value":             {http.Header{"X-Signature": {""}}, webhook.ErrNoSignature},
		"blank values":            {http.Header{"X-Signature": {" ", "\t"}, "x-signature": {""}}, webhook.ErrNoSignature},
		"commas alone":            {http.Header{"X-Signature": {",", " , ,"}}, webhook.ErrNoSignature},
		"no values":               {http.Header{"X-Signature": {}}, webhook.ErrNoSignature},
		"another header":          {http.Header{"X-Hub-Signature-256": {good}, "Authorization": {good}}, webhook.ErrNoSignature},
		"another header's ending": {http.Header{"X-Signatures": {good}, "Signature": {good}}, webhook.ErrNoSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, verifier(t).Verify(c.header, []byte(paidEvent)), c.want)
			ev, err := verifier(t).Parse(c.header, []byte(paidEvent))
			require.ErrorIs(t, err, c.want)
			require.Nil(t, ev)
		})
	}
}

// The pooled scratch space of one verification must not make the next one succeed.
func TestVerifier_Verify_remembersNothing(t *testing.T) {
	t.Parallel()
	v := verifier(t)
	for _, bad := range []string{strings.Repeat("g", 64), digest[:63] + "g", "g" + digest[1:]} {
		require.NoError(t, v.Verify(http.Header{"X-Signature": {good}}, []byte(paidEvent)))
		require.ErrorIs(t, v.Verify(http.Header{"X-Signature": {bad}}, []byte(paidEvent)), webhook.ErrBadSignature)
		require.ErrorIs(t, v.Verify(http.Header{"X-Signature": {good}}, []byte(liveSample)), webhook.ErrBadSignature)
	}
}

func TestVerifier_Verify_emptyBody(t *testing.T) {
	t.Parallel()
	require.NoError(t, verifier(t).Verify(signed(""), nil), "the signature is accepted: decoding rejects the body")
	require.ErrorIs(t, verifier(t).Verify(signed(paidEvent), nil), webhook.ErrBadSignature)
}
