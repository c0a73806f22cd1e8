package ecomtrade24_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestClient_reusesConnections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(shop(smartJSON))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := newClient(t, server.URL)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 30 {
				_, err := c.CreateSession(t.Context(), params())
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.LessOrEqual(t, opened.Load(), int32(64))
}

// countingBody notes whether a response body was closed.
type countingBody struct {
	io.Reader
	open *atomic.Int32
}

func (b countingBody) Close() error {
	b.open.Add(-1)
	return nil
}

func TestClient_closesEveryBody(t *testing.T) {
	t.Parallel()
	for name, answer := range leakyAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var open, bodies atomic.Int32
			c := newClient(t, "https://pay.example", ecomtrade24.WithTimeout(10*time.Millisecond),
				ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 2, BaseDelay: 1, MaxDelay: 1}),
				through(func(r *http.Request) (*http.Response, error) {
					resp, err := answer(r)
					if resp != nil {
						open.Add(1)
						bodies.Add(1)
						resp.Body = countingBody{resp.Body, &open}
					}
					return resp, err
				}))
			_, _ = c.CreateSession(t.Context(), params())
			_, _ = c.Checkout(t.Context(), params())
			_, _ = c.Status(t.Context(), "1")
			assert.Zero(t, open.Load(), "of %d", bodies.Load())
		})
	}
}

func TestClient_leavesNoGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine of the bubble is left when it ends
		c, times, _ := script(t, hangs, says(503, ""), says(200, paidJSON))
		_, err := c.Status(t.Context(), "12345")
		require.NoError(t, err)
		assert.Len(t, times(), 3)
	})
}

func TestClient_untrustedCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answer(200, sessionJSON))
	server.TLS = &tls.Config{}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL, ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{})).CreateSession(t.Context(), params())
	require.ErrorContains(t, err, "certificate cannot be trusted")
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "the request was never sent")

	trusting := newClient(t, server.URL, ecomtrade24.WithHTTPClient(server.Client()))
	_, err = trusting.CreateSession(t.Context(), params())
	require.NoError(t, err)
}

func TestClient_noConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := newClient(t, server.URL).CreateSession(t.Context(), params())
	require.Error(t, err)
	require.Regexp(t, `^ecomtrade24: create session: dial: [^:/]*refused[^:/]*$`, err.Error()) // systems word it differently
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)

	_, err = newClient(t, "https://no-such-host.invalid", ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{})).CreateSession(t.Context(), params())
	require.ErrorContains(t, err, "no-such-host.invalid")
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
}

// A TLS handshake that never ends is no connection; a request that went out and was never answered is unknown.
func TestClient_sentOrNot(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	short := []ecomtrade24.Option{ecomtrade24.WithTimeout(50 * time.Millisecond), ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{})}

	_, err = newClient(t, "https://"+listener.Addr().String(), short...).CreateSession(t.Context(), params())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)

	_, err = newClient(t, "http://"+listener.Addr().String(), short...).CreateSession(t.Context(), params())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
}

// Over HTTP/2 another part of net/http tells of the connection, for a new one and for one used again.
func TestClient_sentOverHTTP2(t *testing.T) {
	t.Parallel()
	var received atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 2, r.ProtoMajor)
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, paidJSON)
			return
		}
		received.Add(1)
		<-r.Context().Done()
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := newClient(t, server.URL, ecomtrade24.WithHTTPClient(server.Client()), ecomtrade24.WithTimeout(200*time.Millisecond),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 3, BaseDelay: 1, MaxDelay: 1}))
	for n := range int32(2) {
		_, err := c.CreateSession(t.Context(), params())
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
		assert.Equal(t, n+1, received.Load(), "sent once")
		_, err = c.Status(t.Context(), "12345") // the connection is open, and serves the next round
		require.NoError(t, err)
	}
}

func TestClient_lostAnswerIsSentOnce(t *testing.T) {
	t.Parallel()
	g := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	c := newClient(t, g.URL)
	_, err := c.CreateSession(t.Context(), params())
	require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.EOF)
	assert.Len(t, g.seen(), 1)
}

func TestClient_ownTimeoutOfTheHTTPClient(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	c := newClient(t, server.URL, ecomtrade24.WithHTTPClient(&http.Client{Timeout: 20 * time.Millisecond}), ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}))
	_, err := c.Me(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no answer in time")
}

func TestTransportErrors_sayWhatHappened(t *testing.T) {
	t.Parallel()
	for want, cause := range map[string]error{
		"the caller gave up":         context.Canceled,
		"no answer in time":          context.DeadlineExceeded,
		"lookup pay.example":         &net.DNSError{Err: "no such host", Name: "pay.example", IsNotFound: true},
		"tls: handshake failure":     tls.AlertError(40),
		"read failed":                &net.OpError{Op: "read", Err: errors.New("MARKER")},
		"closed before the answer":   io.EOF,
		"failed with *errors.error":  errors.New("MARKER"),
		"no answer in time: context": &net.OpError{Op: "read", Err: context.DeadlineExceeded},
	} {
		c := newClient(t, "https://pay.example", ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}),
			through(func(*http.Request) (*http.Response, error) { return nil, cause }))
		_, err := c.Me(t.Context())
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, cause, "the cause is within reach")
		assert.NotContains(t, err.Error(), "MARKER")
	}
}
