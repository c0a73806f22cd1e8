package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func settingsOf(g *gatewaytest.Gateway) func(string) string {
	return environment(map[string]string{
		"ECOMTRADE24_BASE_URL": g.URL, "ECOMTRADE24_API_KEY": g.APIKey, "ECOMTRADE24_WEBHOOK_SECRET": g.WebhookSecret,
	})
}

// buyer reads the program's output as a buyer would: it invokes the function act with the printed checkout URL before
// the program continues.
type buyer struct {
	strings.Builder

	act func(checkoutURL string)
}

func (b *buyer) Write(p []byte) (int, error) {
	if _, checkoutURL, found := strings.Cut(string(p), "pays at "); found {
		b.act(strings.TrimSpace(checkoutURL))
	}
	return b.Builder.Write(p)
}

// press returns a function that presses a button on the hosted page.
func press(t *testing.T, action string) func(checkoutURL string) {
	t.Helper()
	return func(checkoutURL string) {
		u, err := url.Parse(checkoutURL)
		require.NoError(t, err)
		resp, err := http.PostForm(checkoutURL, url.Values{"session": u.Query()["session"], "action": {action}})
		require.NoError(t, err)
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
	}
}

func TestQuickstart(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), nil, environment(nil), &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 5, out.String())
	assert.Contains(t, lines[0], "a gateway in this process")
	assert.Contains(t, lines[2], "a webhook with a valid signature says: order ORDER-10001 is paid")
	assert.Contains(t, lines[3], "49.95 USD")
	assert.Equal(t, "order ORDER-10001 is paid", lines[4])
}

// With settings, the buyer pays in a browser, and the program asks the gateway for the status.
func TestQuickstart_settings(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting))
	out := buyer{act: press(t, "pay")}
	args := []string{"-order", "A-7", "-domain", "shop.example", "-method", "upi"}
	require.NoError(t, run(t.Context(), args, settingsOf(g), &out))
	assert.True(t, strings.HasSuffix(out.String(), "\norder A-7 is paid\n"), out.String())
	assert.NotContains(t, out.String(), "in this process")
	require.Len(t, g.Sessions(), 1)
	assert.Equal(t, "A-7", g.Sessions()[0].OrderID)
}

func TestQuickstart_declined(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t)
	out := buyer{act: press(t, "decline")}
	err := run(t.Context(), nil, settingsOf(g), &out)
	require.ErrorIs(t, err, ecomtrade24.ErrNotPaid)
	assert.NotContains(t, out.String(), "is paid")
}

// Ctrl-C before the buyer has decided makes run fail, since nothing was paid.
func TestQuickstart_interrupted(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := buyer{act: func(string) { cancel() }}
	require.ErrorIs(t, run(ctx, nil, settingsOf(g), &out), context.Canceled)
	assert.NotContains(t, out.String(), "is paid")
}

func TestQuickstart_rejects(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t)
	complete := settingsOf(g)
	for name, row := range map[string]struct {
		args   []string
		getenv func(string) string
		want   string
	}{
		// If only some settings are set, the program must not act as if none were.
		"some settings": {nil, environment(map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}), "or none of them"},
		"no secret": {nil, environment(map[string]string{
			"ECOMTRADE24_BASE_URL": g.URL, "ECOMTRADE24_API_KEY": g.APIKey,
		}), "or none of them"},
		"swapped settings": {nil, environment(map[string]string{
			"ECOMTRADE24_BASE_URL": "secret-key", "ECOMTRADE24_API_KEY": g.URL, "ECOMTRADE24_WEBHOOK_SECRET": "s",
		}), "swapped"},
		"domain": {[]string{"-domain", "other.example"}, complete, "approved domain"},
		"flag":   {[]string{"-nonsense"}, complete, "nonsense"},
		"wrong key": {nil, environment(map[string]string{
			"ECOMTRADE24_BASE_URL": g.URL, "ECOMTRADE24_API_KEY": "wrong", "ECOMTRADE24_WEBHOOK_SECRET": "s",
		}), "check the API key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := run(t.Context(), row.args, row.getenv, &out)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "secret-key")
			assert.NotContains(t, out.String(), "is paid")
		})
	}
}
