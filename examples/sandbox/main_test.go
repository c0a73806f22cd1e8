package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// start runs the program and returns the settings that it prints, and a function that ends it and returns what it said.
func start(t *testing.T, args ...string) (settings map[string]string, stop func() (string, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, io.Discard)
		in.Close()
	}()
	printed := make([]byte, 4096)
	var said strings.Builder
	for !strings.Contains(said.String(), "Ctrl-C") {
		n, err := out.Read(printed)
		require.NoError(t, err)
		said.Write(printed[:n])
	}
	settings = map[string]string{}
	for _, match := range regexp.MustCompile(`export (\w+)=(\S+)`).FindAllStringSubmatch(said.String(), -1) {
		settings[match[1]] = match[2]
	}
	return settings, func() (string, error) {
		cancel()
		rest, err := io.ReadAll(out)
		require.NoError(t, err)
		return said.String() + string(rest), <-ended
	}
}

// The whole way, with the printed settings and nothing else: buy, pay on the page, come back, receive the webhook.
func TestSandbox(t *testing.T) {
	t.Parallel()
	deliveries := make(chan *http.Request, 1)
	bodies := make(chan []byte, 1)
	shop := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		deliveries <- r
		bodies <- body
	}))
	t.Cleanup(shop.Close)
	settings, stop := start(t, "-webhook-url", shop.URL, "-mode", "smart_routing", "-secret", "s3cret",
		"-domains", "a.example,b.example")

	client, err := ecomtrade24.NewClient(settings["ECOMTRADE24_BASE_URL"], settings["ECOMTRADE24_API_KEY"])
	require.NoError(t, err)
	session, err := client.Checkout(t.Context(), ecomtrade24.SessionParams{
		Domain: "b.example", Amount: "5.00", Currency: "EUR", OrderID: "A-1", Method: "upi",
		ReturnURL: "https://b.example/thanks",
	})
	require.NoError(t, err)
	buyer := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"session": {session.ID}, "action": {"pay"}}
	resp, err := buyer.PostForm(settings["ECOMTRADE24_BASE_URL"]+"/pay.php", form)
	require.NoError(t, err)
	resp.Body.Close()
	buyer.CloseIdleConnections()
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	assert.Equal(t, "https://b.example/thanks", resp.Header.Get("Location"))

	verifier, err := webhook.NewVerifier(settings["ECOMTRADE24_WEBHOOK_SECRET"])
	require.NoError(t, err)
	ev, err := verifier.Parse((<-deliveries).Header, <-bodies)
	require.NoError(t, err)
	require.NoError(t, ev.Settles(ecomtrade24.Order{ID: "A-1", Amount: "5.00", Currency: "EUR"}))

	said, err := stop()
	require.NoError(t, err)
	assert.Contains(t, said, "has stopped")
	assert.Contains(t, said, "Webhooks go to    "+shop.URL)
}

// The flags lead to the gateway that they describe: the session is refused by its own rule.
func TestSandbox_deployment(t *testing.T) {
	t.Parallel()
	settings, stop := start(t, "-deployment", "ecomtrade24pay", "-mode", "smart_routing", "-methods", "eps",
		"-require-email")
	client, err := ecomtrade24.NewClient(settings["ECOMTRADE24_BASE_URL"], settings["ECOMTRADE24_API_KEY"],
		ecomtrade24.WithDeployment(ecomtrade24.EcomTrade24Pay))
	require.NoError(t, err)
	p := ecomtrade24.SessionParams{Domain: "b.example", Amount: "5.00", Currency: "EUR", OrderID: "A-1", Method: "eps"}
	_, err = client.Checkout(t.Context(), p)
	require.ErrorIs(t, err, ecomtrade24.ErrCustomerEmailRequired)
	p.CustomerEmail = "buyer@example.com"
	session, err := client.Checkout(t.Context(), p)
	require.NoError(t, err)
	status, err := client.Status(t.Context(), session.ID)
	require.NoError(t, err)
	assert.Equal(t, "buyer@example.com", status.CustomerEmail)
	said, err := stop()
	require.NoError(t, err)
	assert.Contains(t, said, "ecomtrade24pay with smart_routing")
}

func TestSandbox_defaults(t *testing.T) {
	t.Parallel()
	settings, stop := start(t, "-addr", ":0") // the other defaults are package sandbox's
	assert.Equal(t, "sandbox-key", settings["ECOMTRADE24_API_KEY"])
	assert.Equal(t, "sandbox-secret", settings["ECOMTRADE24_WEBHOOK_SECRET"])
	assert.Contains(t, settings["ECOMTRADE24_BASE_URL"], "http://127.0.0.1:")
	said, err := stop()
	require.NoError(t, err)
	assert.Contains(t, said, "nowhere: give -webhook-url")
}

func TestSandbox_badFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-nonsense"},
		{"-addr", "nowhere"},
		{"-mode", "express"},
		{"-deployment", "elsewhere"},
		{"-signature-header", "X-Hub-Signature"},
		{"-methods", "-"},
		{"-key", ""},
		{"-key", "two words"},
		{"-webhook-url", "ftp://shop.example"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"-addr", "127.0.0.1:0"}, args...), &out, io.Discard)
		require.Error(t, err, args)
		assert.Empty(t, out.String(), "it must not print settings that do not work")
	}
}
