//go:build !race

package webhook_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// The test does not run under the race detector, which drops items of a sync.Pool at random.
//
//nolint:paralleltest // AllocsPerRun counts the whole process
func TestVerifier_Verify_allocatesNothing(t *testing.T) {
	body := []byte(paidEvent)
	rotated := verifier(t, webhook.WithPreviousSecrets("old", "older"))
	old := http.Header{"X-Webhook-Signature": {" " + webhook.Sign("older", body)}}
	for name, c := range map[string]struct {
		v    *webhook.Verifier
		h    http.Header
		want error
	}{
		"good":        {verifier(t), signed(paidEvent), nil},
		"bad":         {verifier(t), signed(liveSample), webhook.ErrBadSignature},
		"none":        {verifier(t), http.Header{"Content-Type": {"application/json"}}, webhook.ErrNoSignature},
		"last secret": {rotated, old, nil},
		"joined":      {verifier(t), http.Header{"X-Signature": {wrong + ", " + good}}, nil},
		"other case":  {verifier(t), http.Header{"x-signature": {wrong + ", " + good}}, nil},
	} {
		allocations := testing.AllocsPerRun(1000, func() {
			if err := c.v.Verify(c.h, body); err != c.want { //nolint:errorlint // require.ErrorIs would allocate too
				t.Error(err)
			}
		})
		assert.Zero(t, allocations, name)
	}
}

// discard is a ResponseWriter that discards the body.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// Without a logger and an observer, a Handler allocates only to decode the event and to limit the function's time, even
// if the function calls Note.
//
//nolint:paralleltest // AllocsPerRun counts the whole process
func TestHandler_withoutObserverAllocatesNothing(t *testing.T) {
	v, w := verifier(t), discard{http.Header{}}
	h := webhook.NewHandler(v, notes("a_word", "another"))
	refused := unsigned()
	assert.Zero(t, testing.AllocsPerRun(1000, func() { h.ServeHTTP(w, refused) }))
	assert.Zero(t, testing.AllocsPerRun(1000, func() { h.Deliver(t.Context(), refused.Header, nil) }))

	signed, body := delivery(paidEvent), strings.NewReader(paidEvent)
	signed.Body = io.NopCloser(body)
	overHTTP := testing.AllocsPerRun(1000, func() {
		body.Reset(paidEvent)
		h.ServeHTTP(w, signed)
	})
	raw := []byte(paidEvent)
	byHand := testing.AllocsPerRun(1000, func() { h.Deliver(t.Context(), signed.Header, raw) })
	parsed := testing.AllocsPerRun(1000, func() {
		if _, err := v.Parse(signed.Header, raw); err != nil {
			t.Error(err)
		}
	})
	outlives := testing.AllocsPerRun(1000, func() { limit(context.WithoutCancel(t.Context())) })
	limited := testing.AllocsPerRun(1000, func() { limit(t.Context()) })
	assert.LessOrEqual(t, overHTTP, parsed+outlives+1, "the reader that limits the body")
	assert.LessOrEqual(t, byHand, parsed+limited)
}

func limit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_ = ctx.Err()
}
