package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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

// start runs the program and returns the shop's URL and the lines that the program printed at startup. When the test
// ends, the program must end without an error.
func start(t *testing.T, getenv func(string) string, args ...string) (u shopURL, said []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), getenv, stdout, io.Discard)
		stdout.Close()
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "Press Ctrl-C to stop"; {
		said = append(said, lines.Text())
		if found, ok := strings.CutPrefix(lines.Text(), "shop: "); ok {
			u = shopURL(strings.TrimSuffix(found, "/"))
		}
	}
	require.NotEmpty(t, u, "the program did not start")
	return u, said
}

// page holds a response's status and text, or the URL of a redirect.
type page struct {
	status   int
	location string
	text     string
}

// visit sends a GET, or a POST if form is not nil. It follows no redirect.
func visit(t *testing.T, u string, form url.Values) page {
	t.Helper()
	browser := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	get := func() (*http.Response, error) { return browser.Get(u) }
	if form != nil {
		get = func() (*http.Response, error) { return browser.PostForm(u, form) }
	}
	resp, err := get()
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return page{resp.StatusCode, resp.Header.Get("Location"), string(text)}
}

const buyer = "buyer@example.com"

// shopURL is a shop's address without a trailing slash.
type shopURL string

// buy chooses the method, goes to the checkout and presses the button for the given action. It returns the URL of the
// return page.
func (u shopURL) buy(t *testing.T, method, action string) string {
	t.Helper()
	require.Contains(t, visit(t, string(u)+"/", nil).text, `action="/buy"`)
	bought := visit(t, string(u)+"/buy", url.Values{"method": {method}, "email": {buyer}})
	require.Equal(t, http.StatusSeeOther, bought.status)
	checkout, err := url.Parse(bought.location)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, visit(t, bought.location, nil).status)
	decided := visit(t, bought.location, url.Values{"session": checkout.Query()["session"], "action": {action}})
	require.Equal(t, http.StatusSeeOther, decided.status)
	require.True(t, strings.HasPrefix(decided.location, string(u)+"/orders/ORDER-"), decided.location)
	return decided.location
}

// state returns the order's state on the return page.
func state(t *testing.T, u string) string {
	t.Helper()
	shown := visit(t, u, nil)
	require.Equal(t, http.StatusOK, shown.status)
	_, after, found := strings.Cut(shown.text, `<h1 id="state">`)
	require.True(t, found, shown.text)
	said, _, _ := strings.Cut(after, "</h1>")
	return said
}
