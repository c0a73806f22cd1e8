package sandbox_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// open returns a gateway with a session, for tests that close it themselves.
func open(t *testing.T, c sandbox.Config, h http.HandlerFunc) (*sandbox.Gateway, string) {
	t.Helper()
	c.BaseURL, c.APIKey, c.WebhookSecret = "https://pay.example", apiKey, secret
	g, err := sandbox.New(c)
	require.NoError(t, err)
	g.DeliverToHandler(h, "/")
	create(t, g, `{"meta":{"cart":"7"}}`)
	return g, g.Sessions()[0].SessionID
}

// Close counts the webhooks that wait, and nothing is sent afterward.
func TestGateway_Close_waiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, id := open(t, sandbox.Config{}, func(http.ResponseWriter, *http.Request) {})
		g.DelayWebhooks(time.Minute)
		_, err := g.Move(id, ecomtrade24.StatusPaid, "")
		require.NoError(t, err)
		require.ErrorContains(t, g.Close(), "undelivered webhooks: 1")
		g.Flush()
		g.HealWebhooks()
		<-time.After(time.Hour)
		assert.Empty(t, g.Deliveries())
	})
}

// A batch to a shop that hangs counts with all its webhooks.
func TestGateway_Close_batch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, id := open(t, sandbox.Config{}, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		})
		g.DelayWebhooks(time.Hour)
		for range 3 {
			_, err := g.Redeliver(id)
			require.NoError(t, err)
		}
		g.HealWebhooks()
		synctest.Wait()
		require.ErrorContains(t, g.Close(), "undelivered webhooks: 3")
		assert.Len(t, g.Deliveries(), 1)
	})
}

// A change may call the gateway, and its metadata is its own while a webhook is on its way.
func TestGateway_EditPayment_concurrent(t *testing.T) {
	t.Parallel()
	g, id := open(t, sandbox.Config{Backoff: time.Millisecond, Attempts: 20},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	_, err := g.Redeliver(id)
	require.NoError(t, err)
	for range 200 {
		told, err := g.EditPayment(id, func(p *ecomtrade24.Payment) {
			assert.Len(t, g.Sessions(), 1)
			p.Metadata["cart"] = "8"
		})
		require.NoError(t, err)
		told.Metadata["cart"] = "9"
	}
	assert.Equal(t, "8", g.Sessions()[0].Metadata["cart"])
	_ = g.Close() // a webhook may be left behind
}
