//go:build !race

package webhook_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// It does not run under the race detector, which drops at random what a sync.Pool holds.
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
	} {
		allocations := testing.AllocsPerRun(1000, func() {
			if err := c.v.Verify(c.h, body); err != c.want { //nolint:errorlint // ErrorIs is not what is counted
				t.Error(err)
			}
		})
		assert.Zero(t, allocations, name)
	}
}
