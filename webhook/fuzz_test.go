package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// FuzzVerify checks that Verify never panics, and that it accepts headers if and only if one of their values is the
// correct signature in an accepted spelling.
func FuzzVerify(f *testing.F) {
	good := webhook.Sign(secret, []byte(paidEvent))
	for _, value := range []string{
		good, strings.TrimPrefix(good, "sha256="), strings.ToUpper(good), " " + good + " ",
		good[:70], good + "0", "sha1=" + good[7:], "sha256=", "", " ", good + "," + good, "\x00", "x, " + good, ",\t,",
		"1,2,3,4,5,6,7," + good, "1,2,3,4,5,6,7,8," + good,
		strings.Repeat("0", 64), strings.Repeat("\x10", 64), strings.Repeat("é", 32),
	} {
		f.Add("X-Signature", value, "x-webhook-signature", "sha256=00", []byte(paidEvent))
		f.Add("X-Signature", "nothing", "x-ecomtrade24-signature", value, []byte(liveSample))
		f.Add("X-\u017fignature", value, "Signature", value, []byte{}) // a letter (ſ) that case folding turns into s
	}
	v := verifier(f)
	f.Fuzz(func(t *testing.T, name, value, otherName, otherValue string, body []byte) {
		h := http.Header{name: {value}}
		h[otherName] = append(h[otherName], otherValue)
		all := append(candidates(name, value), candidates(otherName, otherValue)...)
		err := v.Verify(h, body)
		if len(all) > 8 { // Verify reads only eight values; the map's random sequence decides which
			require.False(t, err == nil && !slices.ContainsFunc(all, isDigestOf(body)))
			return
		}
		if want := slices.ContainsFunc(all, isDigestOf(body)); (err == nil) != want {
			t.Fatalf("Verify: %v; correct signature present: %t", err, want)
		}
		h.Add("X-Webhook-Signature", webhook.Sign(secret, body))
		require.True(t, len(all) == 8 || v.Verify(h, body) == nil, "the correct signature is accepted among others")
	})
}

// candidates finds the signatures in a header. It is a second, slow and obvious implementation of the rule.
func candidates(name, value string) []string {
	switch http.CanonicalHeaderKey(name) {
	case "X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature":
	default:
		return nil
	}
	var all []string
	for _, one := range strings.Split(value, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, strings.TrimPrefix(one, "sha256="))
		}
	}
	return all
}

// isDigestOf is a second implementation of the comparison. It returns a function that accepts the correct digest in
// upper and lower case.
func isDigestOf(body []byte) func(string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	want := hex.EncodeToString(mac.Sum(nil))
	return func(digest string) bool {
		ascii := !strings.ContainsFunc(digest, func(r rune) bool { return r > '~' })
		return ascii && strings.EqualFold(digest, want)
	}
}

// FuzzParse checks that a signed body decodes or is malformed, that a decoded event stays the same if it is read again
// from Raw or from a queue, and that an unsigned body is always rejected.
func FuzzParse(f *testing.F) {
	f.Add([]byte(liveSample))
	f.Add([]byte(paidEvent))
	f.Add([]byte(markedEvent))
	const escaped = `{"session_id":7,"status":"canceled","order_id":"A\/\u00e9\ud83d\ude00\ud800","test":"1"}`
	f.Add([]byte(" \n" + escaped + "\r\n"))
	f.Add([]byte(`{"session_id":7,"status":"paid","meta":["a",{"b":[]},true],"order_id":"<&>","amount":1e2}`))
	f.Add([]byte("{\"order_id\":\"\xff\",\"status\":\"paid\",\"\\u0074est\":true,\"txid\":\"\\\\\"}"))
	for _, body := range malformed {
		f.Add([]byte(body))
	}
	v := verifier(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := v.Parse(http.Header{"X-Signature": {strings.Repeat("0", 64)}}, body)
		require.ErrorIs(t, err, webhook.ErrBadSignature)

		ev, err := v.Parse(signed(string(body)), body)
		if err != nil {
			require.ErrorIs(t, err, webhook.ErrMalformed)
			require.Nil(t, ev)
			return
		}
		require.True(t, json.Valid(body))
		storable, _ := wire.Storable(body)
		require.Equal(t, string(storable), string(ev.Raw))
		require.NotEmpty(t, ev.Status)
		require.NotEmpty(t, ev.SessionID+ev.OrderID)
		require.False(t, ev.Paid() && (ev.Test || ev.Status != "paid"))

		again, err := v.Parse(signed(string(ev.Raw)), ev.Raw)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(ev, again))

		queued, err := json.Marshal(ev)
		require.NoError(t, err)
		var back ecomtrade24.Event
		require.NoError(t, json.Unmarshal(queued, &back))
		assert.Equal(t, ev.Key(), back.Key())
		ev.Raw, back.Raw = nil, nil // a queue may remove white space
		require.Empty(t, cmp.Diff(*ev, back))
	})
}
