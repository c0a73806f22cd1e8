package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// started returns the URL of a new sandbox, and a function that stops the sandbox and returns its exit code.
func started(t *testing.T, args ...string) (url string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said := &running{}
	said.more = sync.NewCond(&said.mu)
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...), strings.NewReader(""), said, said)
	}()
	at, err := said.await(`http://127\.0\.0\.1:\d+`)
	require.NoError(t, err)
	return string(at), func() int {
		cancel()
		return <-code
	}
}

// ask sends a request to a sandbox.
func ask(t *testing.T, method, url, body string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+sandboxKey)
	r.Header.Set("Content-Type", "application/json")
	return http.DefaultTransport.RoundTrip(r)
}

// The sandbox exits with code 0 although a workbench page is open.
func TestSandbox_endsWithAnOpenPage(t *testing.T) {
	t.Parallel()
	url, stop := started(t)
	resp, err := ask(t, http.MethodGet, url+"/sandbox/events", "")
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.ReadFull(resp.Body, make([]byte, len("event: changed")))
	require.NoError(t, err)
	assert.Zero(t, stop())
	_, err = io.Copy(io.Discard, resp.Body)
	assert.NoError(t, err, "the stream ends without an error")
}

// An empty state file means that there are no sessions. A state file that cannot be replaced, such as a mounted file,
// is overwritten.
func TestKeeper(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(file, []byte("\n"), 0o600))
	gateway := func() *sandbox.Gateway {
		g, err := sandbox.New(sandbox.Config{BaseURL: "http://127.0.0.1", APIKey: "key", WebhookSecret: "secret"})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, g.Close()) })
		return g
	}
	first, second := gateway(), gateway()
	k := newKeeper(file)
	k.rename = func(string, string) error { return syscall.EBUSY }
	require.NoError(t, k.attach(first))
	body := `{"domain":"shop.example","amount":"10.00","currency":"USD","order_id":"A-1"}`
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/gateway/session.php", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", "application/json")
	k.handler(first).ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, k.err())
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
	require.NoError(t, newKeeper(file).attach(second))
	assert.Equal(t, first.Sessions(), second.Sessions())
	assert.Len(t, second.Sessions(), 1)
}

// The sandbox exits with code 0 although a fault holds up a call and an unused connection is open.
func TestSandbox_endsWithOpenCalls(t *testing.T) {
	t.Parallel()
	url, stop := started(t)
	ahead, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer ahead.Close()
	read := func(method, path string) string {
		resp, err := ask(t, method, url+path, "")
		if err != nil {
			return ""
		}
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, errors.Join(err, resp.Body.Close()))
		return string(body)
	}
	require.NotEmpty(t, read(http.MethodPost, "/sandbox/faults/hang"))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		read(http.MethodPost, "/gateway/session.php")
	}()
	for !strings.Contains(read(http.MethodGet, "/sandbox/calls"), "session.php") {
		runtime.Gosched()
	}
	assert.Zero(t, stop())
	<-ended
}

// The pay command reports a webhook that a fault holds back.
func TestPay_heldBack(t *testing.T) {
	t.Parallel()
	url, stop := started(t, "--webhook-url", "http://127.0.0.1:1/hook", "--first-session", "12345")
	for path, body := range map[string]string{
		"/gateway/session.php":  `{"domain":"shop.example","amount":"10.00","currency":"USD","order_id":"A-1"}`,
		"/sandbox/faults/delay": `{"seconds":60}`,
	} {
		resp, err := ask(t, http.MethodPost, url+path, body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
	}
	var out strings.Builder
	code := run(t.Context(), []string{"pay", "--base-url", url, "12345"}, strings.NewReader(""), &out, &out)
	assert.Equal(t, exitFailed, code, out.String())
	assert.Contains(t, out.String(), "webhook    held back by a fault in the sandbox\n")
	stop()
}

// A sandbox that is restarted immediately does not reuse a session ID, even after many sessions.
func TestFirstSession(t *testing.T) {
	t.Parallel()
	now := time.Now()
	assert.Greater(t, firstSession(now.Add(100*time.Millisecond)), firstSession(now)+50_000)
	assert.Positive(t, firstSession(time.Time{}))
	assert.Less(t, firstSession(time.Date(2311, 1, 1, 0, 0, 0, 0, time.UTC)), int64(1)<<53)
}
