package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	secret = "whsec_4f1d0c7a9be2"

	// liveSample is a test webhook captured from EcomTrade24 Pay.
	liveSample = `{"event":"payment.session","session_id":0,"order_id":"TEST-WEBHOOK-7FE876BC42","status":"test",` +
		`"amount":"0.00","currency":"USD","email":null,"txid":null,"merchant_id":175,"shop_domain":"shop.example",` +
		`"sent_at":"2026-05-23T16:43:11+00:00","provider":"ecomtrade24","test":true}`

	paidEvent = `{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid",` +
		`"amount":"49.95","currency":"USD","email":"buyer@example.com","txid":"TX-1","merchant_id":175,` +
		`"shop_domain":"shop.example","sent_at":"2026-05-23T16:43:11+00:00"}`
)

func verifier(tb testing.TB, opts ...webhook.VerifierOption) *webhook.Verifier {
	tb.Helper()
	v, err := webhook.NewVerifier(secret, opts...)
	require.NoError(tb, err)
	return v
}

func signed(body string) http.Header {
	return http.Header{"X-Signature": {webhook.Sign(secret, []byte(body))}}
}

func TestVerifier_zeroValueAcceptsNothing(t *testing.T) {
	t.Parallel()
	for _, key := range []string{secret, ""} { // anyone can sign with an empty key
		h := http.Header{"X-Signature": {webhook.Sign(key, []byte(paidEvent))}}
		require.Error(t, new(webhook.Verifier).Verify(h, []byte(paidEvent)))
	}
}

func TestVerifier_rotation(t *testing.T) {
	t.Parallel()
	body := []byte(paidEvent)
	rotated := verifier(t, webhook.WithPreviousSecrets("older"), webhook.WithPreviousSecrets("old", "oldest"))
	for key, want := range map[string]error{
		secret:    nil,
		"old":     nil,
		"older":   nil,
		"oldest":  nil,
		"unknown": webhook.ErrBadSignature,
		"":        webhook.ErrBadSignature,
	} {
		h := http.Header{"X-Signature": {webhook.Sign(key, body)}}
		require.ErrorIs(t, rotated.Verify(h, body), want, key)
	}
	old := http.Header{"X-Signature": {webhook.Sign("old", body)}}
	require.ErrorIs(t, verifier(t).Verify(old, body), webhook.ErrBadSignature, "expected the old secret to be rejected")
}

// malformed lists bodies that contain no payment. They are rejected even with a correct signature.
var malformed = map[string]string{
	"empty":                                ``,
	"white space":                          " \n",
	"HTML":                                 `<html>502</html>`,
	"a PHP warning before JSON":            `<br /><b>Warning</b>: x` + paidEvent,
	"cut short":                            paidEvent[:len(paidEvent)-1],
	"two objects":                          paidEvent + paidEvent,
	"a list":                               `[` + paidEvent + `]`,
	"a string":                             `"paid"`,
	"null":                                 `null`,
	"no status":                            `{"session_id":7,"order_id":"A"}`,
	"a null status":                        `{"session_id":7,"status":null}`,
	"a blank status":                       `{"session_id":7,"status":" "}`,
	"true instead of a status":             `{"session_id":7,"status":true}`,
	"neither a session ID nor an order ID": `{"event":"payment.completed","status":"paid","amount":"1.00"}`,
	"an amount that is a list":             `{"session_id":7,"status":"paid","amount":["1.00"]}`,
	// it might be a test, so ship nothing
	"an invalid test flag": `{"session_id":7,"status":"paid","test":"maybe"}`,
}

func TestVerifier_Parse_malformed(t *testing.T) {
	t.Parallel()
	for name, body := range malformed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev, err := verifier(t).Parse(signed(body), []byte(body))
			require.ErrorIs(t, err, webhook.ErrMalformed)
			assert.Nil(t, ev)

			_, err = verifier(t).Parse(nil, []byte(body)) // without a signature, the error says nothing about the body
			require.ErrorIs(t, err, webhook.ErrNoSignature)
			require.NotErrorIs(t, err, webhook.ErrMalformed)
		})
	}
}

func TestVerifier_Parse_keepsNothingOfTheBuffer(t *testing.T) {
	t.Parallel()
	buffer := []byte(paidEvent)
	ev, err := verifier(t).Parse(signed(paidEvent), buffer)
	require.NoError(t, err)
	copy(buffer, bytes.Repeat([]byte("x"), len(buffer)))
	assert.Equal(t, paidEvent, string(ev.Raw))
	assert.Equal(t, "ORDER-10001", ev.OrderID)
}

func TestVerifier_everyBitCounts(t *testing.T) {
	t.Parallel()
	v, header := verifier(t), signed(paidEvent)
	require.NoError(t, v.Verify(header, []byte(paidEvent)))
	for i := range len(paidEvent) * 8 {
		err := v.Verify(header, []byte(flip(paidEvent, i)))
		require.ErrorIs(t, err, webhook.ErrBadSignature, "bit %d of the body", i)
	}
	for i := range len(digest) * 8 {
		if flipped := flip(digest, i); !strings.EqualFold(flipped, digest) { // a flip that only changes the letter's case
			h := http.Header{"X-Signature": {flipped}}
			require.Error(t, v.Verify(h, []byte(paidEvent)), "bit %d of the signature", i)
		}
	}
}

func TestVerifier_sharedByGoroutines(t *testing.T) {
	t.Parallel()
	v := verifier(t, webhook.WithPreviousSecrets("old"))
	var group sync.WaitGroup
	for g := range 64 {
		group.Go(func() {
			for i := range 20 {
				order := fmt.Sprintf("ORDER-%d-%d", g, i)
				body := `{"session_id":1,"status":"paid","order_id":"` + order + `"}`
				ev, err := v.Parse(signed(body), []byte(body))
				if assert.NoError(t, err) {
					assert.Equal(t, order, ev.OrderID)
				}
				assert.ErrorIs(t, v.Verify(signed(body), []byte(paidEvent)), webhook.ErrBadSignature)
			}
		})
	}
	group.Wait()
}

// TestSign uses test case 2 of RFC 4231, so that Sign and Verify cannot be wrong together.
func TestSign(t *testing.T) {
	t.Parallel()
	const want = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	assert.Equal(t, want, webhook.Sign("Jefe", []byte("what do ya want for nothing?")))
}

// Parse calls the observer of WithParseObserver; a Handler calls the observer of WithObserver.
func TestWithParseObserver(t *testing.T) {
	t.Parallel()
	var told []string
	observe := func(ctx context.Context, d webhook.Delivery) (context.Context, func(webhook.Result)) {
		return ctx, func(r webhook.Result) {
			told = append(told, string(r.Outcome)+" "+r.Reason)
			assert.Equal(t, r.Err == nil, d.Event != nil)
		}
	}
	v := verifier(t, webhook.WithParseObserver(observe))
	for _, body := range []string{paidEvent, "[]", "forged"} {
		header := signed(body)
		if body == "forged" {
			header = signed(paidEvent)
		}
		_, _ = v.Parse(header, []byte(body))
	}
	_, _ = v.Parse(http.Header{}, []byte(paidEvent))
	assert.Equal(t, []string{"verified ", "rejected malformed", "rejected bad_signature", "rejected no_signature"}, told)
	h := webhook.NewHandler(v, func(context.Context, *ecomtrade24.Event) error { return nil })
	assert.Equal(t, http.StatusOK, h.Deliver(t.Context(), signed(paidEvent), []byte(paidEvent)))
	assert.Len(t, told, 4)
}
