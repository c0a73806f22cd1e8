package gatewaytest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// RewriteResponses changes API responses until Heal.
func TestGateway_Rewrite(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithInMemory())
	c := g.Client()
	g.RewriteResponses(func(body string) string {
		return strings.Replace(body, `"session_id":700`, `"session_id":"700"`, 1)
	})
	g.SetNextSessionID(700)
	p := ecomtrade24.SessionParams{Domain: "shop.example", Amount: "10.00", Currency: "USD", OrderID: "ORDER-1"}
	s, err := c.CreateSession(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, string(s.Raw), `"session_id":"700"`)
	g.Heal()
	status, err := c.Status(t.Context(), "700")
	require.NoError(t, err)
	assert.Contains(t, string(status.Raw), `"session_id":700`)
}

// SetLookupResponse sets the response to the lookups of only one session, until Heal.
func TestGateway_SetLookupResponse(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithInMemory())
	c := g.Client(ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
	g.SetNextSessionID(700)
	for _, want := range []string{"700", "701"} {
		s, err := c.CreateSession(t.Context(), ecomtrade24.SessionParams{
			Domain: "shop.example", Amount: "10.00", Currency: "USD", OrderID: "ORDER-" + want,
			ReturnURL: "https://shop.example/thanks", CancelURL: "https://shop.example/basket",
		})
		require.NoError(t, err)
		require.Equal(t, want, s.ID)
	}
	g.SetLookupResponse("700", http.StatusBadGateway, "<html>")
	_, err := c.Status(t.Context(), "700")
	require.ErrorIs(t, err, ecomtrade24.ErrUnavailable)
	_, err = c.Status(t.Context(), "701")
	require.NoError(t, err)
	g.Heal()
	_, err = c.Status(t.Context(), "700")
	require.NoError(t, err)

	paid, canceled := g.ReturnURLs("700")
	assert.Equal(t, "https://shop.example/thanks", paid)
	assert.Equal(t, "https://shop.example/basket", canceled)
}
