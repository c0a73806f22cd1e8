package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Without settings the program runs everything itself, on either plan: shop, checkout and webhook.
func TestRun(t *testing.T) {
	t.Parallel()
	for mode, deployment := range map[ecomtrade24.IntegrationMode]ecomtrade24.Deployment{
		ecomtrade24.ModeHostedCheckout: "", // "" means Fiavex Pay
		ecomtrade24.ModeSmartRouting:   ecomtrade24.EcomTrade24Pay,
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			env := environment(map[string]string{"ECOMTRADE24_DEPLOYMENT": string(deployment)})
			u, _ := start(t, env, "-mode", string(mode))
			asks := strings.Contains(visit(t, string(u)+"/", nil).text, "How do you want to pay?")
			assert.Equal(t, mode == ecomtrade24.ModeSmartRouting, asks)
			order := u.buy(t, "upi", "pay")
			require.Eventually(t, func() bool { return state(t, order) == "Paid" }, time.Minute, 20*time.Millisecond)
		})
	}
}

// Behind a proxy, the URL for buyers and the gateway differs from the address that the shop listens on.
func TestRun_url(t *testing.T) {
	t.Parallel()
	_, said := start(t, environment(nil), "-url", "https://teapots.example/")
	assert.Contains(t, said, "shop: https://teapots.example/")
	assert.Contains(t, said, "webhook: https://teapots.example/api/webhook")
}

// A request that is running when the program stops still gets a response.
func TestServe_endsGracefully(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	entered, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	waited := errors.New("the program waited for the webhooks")
	go func() {
		ended <- serve(ctx, listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(entered)
			<-release
		}), func(context.Context) error { return waited })
	}()
	go func() {
		<-entered
		cancel()
		close(release)
	}()
	assert.Equal(t, http.StatusOK, visit(t, "http://"+listener.Addr().String(), nil).status)
	require.ErrorIs(t, <-ended, waited)
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err, "the shop accepts no new connections")
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	for name, row := range map[string]struct {
		args     []string
		settings map[string]string
		want     string
	}{
		// If only some settings are set, the program must not act as if none were.
		"some settings": {nil, map[string]string{"ECOMTRADE24_API_KEY": "secret-key"}, "or none of them"},
		"swapped settings": {nil, map[string]string{
			"ECOMTRADE24_BASE_URL": "secret-key", "ECOMTRADE24_API_KEY": "https://pay.example",
			"ECOMTRADE24_WEBHOOK_SECRET": "s",
		}, "swapped"},
		"address in use": {[]string{"-addr", taken.Addr().String()}, nil, "address already in use"},
		"flag":           {[]string{"-nonsense"}, nil, "nonsense"},
		"no such plan":   {[]string{"-mode", "free"}, nil, "use hosted_checkout or smart_routing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			args := append([]string{"-addr", "127.0.0.1:0"}, row.args...)
			err := run(t.Context(), args, environment(row.settings), &out, io.Discard)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "secret-key")
			assert.NotContains(t, out.String(), "shop:")
		})
	}
}
