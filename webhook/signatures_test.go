package webhook_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func TestVerifier_Verify_candidates(t *testing.T) {
	t.Parallel()
	good := webhook.Sign(secret, []byte(paidEvent))
	digest := strings.TrimPrefix(good, "sha256=")
	wrong := webhook.Sign("another secret", []byte(paidEvent))
	seven := []string{wrong, wrong, wrong, wrong, wrong, wrong, wrong}
	for name, c := range map[string]struct {
		header http.Header
		want   error
	}{
		"X-Signature":                     {http.Header{"X-Signature": {good}}, nil},
		"X-Ecomtrade24-Signature":         {http.Header{"X-Ecomtrade24-Signature": {good}}, nil},
		"X-Webhook-Signature":             {http.Header{"X-Webhook-Signature": {good}}, nil},
		"no prefix":                       {http.Header{"X-Signature": {digest}}, nil},
		"upper-case hex":                  {http.Header{"X-Signature": {strings.ToUpper(digest)}}, nil},
		"upper-case hex after the prefix": {http.Header{"X-Signature": {"sha256=" + strings.ToUpper(digest)}}, nil},
		"mixed case":                      {http.Header{"X-Signature": {strings.ToUpper(digest[:32]) + digest[32:]}}, nil},
		"white space around":              {http.Header{"X-Signature": {" \t" + good + "\r\n "}}, nil},
		"second value":                    {http.Header{"X-Signature": {wrong, good}}, nil},
		"second header":                   {http.Header{"X-Signature": {wrong}, "X-Webhook-Signature": {good}}, nil},
		"third header after two bad ones": {http.Header{"X-Signature": {"x"}, "X-Ecomtrade24-Signature": {""}, "X-Webhook-Signature": {good}}, nil},
		"eighth value":                    {http.Header{"X-Signature": append(seven[:7:7], good)}, nil},
		"eighth over three headers":       {http.Header{"X-Signature": seven[:4], "X-Ecomtrade24-Signature": seven[:3], "X-Webhook-Signature": {good}}, nil},
		"blank values are none":           {http.Header{"X-Signature": append(seven[:7:7], "", " ", good)}, nil},
		"lower-case key":                  {http.Header{"x-signature": {good}}, nil}, // a header that a framework built
		"upper-case key":                  {http.Header{"X-WEBHOOK-SIGNATURE": {good}}, nil},
		"other spelling beside a bad one": {http.Header{"X-Signature": {wrong}, "x-ecomtrade24-signature": {good}}, nil},

		"ninth value":                  {http.Header{"X-Signature": append(seven[:7:7], wrong, good)}, webhook.ErrBadSignature},
		"ninth, over three headers":    {http.Header{"X-Signature": seven, "X-Ecomtrade24-Signature": {"x"}, "X-Webhook-Signature": {good}}, webhook.ErrBadSignature},
		"ninth, in another spelling":   {http.Header{"X-Signature": append(seven[:7:7], wrong), "x-webhook-signature": {good}}, webhook.ErrBadSignature},
		"another secret's":             {http.Header{"X-Signature": {wrong}}, webhook.ErrBadSignature},
		"another body's":               {signed(liveSample), webhook.ErrBadSignature},
		"one character short":          {http.Header{"X-Signature": {good[:len(good)-1]}}, webhook.ErrBadSignature},
		"one character long":           {http.Header{"X-Signature": {good + "0"}}, webhook.ErrBadSignature},
		"the digest twice":             {http.Header{"X-Signature": {digest + digest}}, webhook.ErrBadSignature},
		"values joined into one":       {http.Header{"X-Signature": {good + "," + good}}, webhook.ErrBadSignature},
		"raw bytes for hex":            {http.Header{"X-Signature": {digest[:32]}}, webhook.ErrBadSignature},
		"sha1 prefix":                  {http.Header{"X-Signature": {"sha1=" + digest}}, webhook.ErrBadSignature},
		"sha1 prefix, length of ours":  {http.Header{"X-Signature": {"sha1=" + digest[5:]}}, webhook.ErrBadSignature},
		"upper-case prefix":            {http.Header{"X-Signature": {"SHA256=" + digest}}, webhook.ErrBadSignature},
		"prefix twice":                 {http.Header{"X-Signature": {"sha256=" + good}}, webhook.ErrBadSignature},
		"prefix alone":                 {http.Header{"X-Signature": {"sha256="}}, webhook.ErrBadSignature},
		"white space after the prefix": {http.Header{"X-Signature": {"sha256= " + digest}}, webhook.ErrBadSignature},
		"not hex, right length":        {http.Header{"X-Signature": {strings.Repeat("g", 64)}}, webhook.ErrBadSignature},
		"control characters for hex": { // they would be digits to a reader that only sets the lower-case bit
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
		"no values":               {http.Header{"X-Signature": {}}, webhook.ErrNoSignature},
		"another header":          {http.Header{"X-Hub-Signature-256": {good}, "Authorization": {good}}, webhook.ErrNoSignature},
		"another header's ending": {http.Header{"X-Signatures": {good}, "Signature": {good}}, webhook.ErrNoSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, verifier(t).Verify(c.header, []byte(paidEvent)), c.want)
			_, err := verifier(t).Parse(c.header, []byte(paidEvent))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestVerifier_Verify_emptyBody(t *testing.T) {
	t.Parallel()
	require.NoError(t, verifier(t).Verify(signed(""), nil), "a signature is a signature: decoding refuses the body")
	require.ErrorIs(t, verifier(t).Verify(signed(paidEvent), nil), webhook.ErrBadSignature)
}
