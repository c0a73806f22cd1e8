package ecomtrade24_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// If the TLS handshake does not end, no request was sent. If a request was sent and no response came, the outcome is
// unknown.
func TestClient_sentOrNot(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })

	ctx, cancel := context.WithCancel(t.Context())
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{TLSHandshakeStart: cancel})
	_, err = newClient(t, "https://"+listener.Addr().String()).CreateSession(ctx, params())
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)

	ctx, cancel = context.WithCancel(t.Context())
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { cancel() },
	})
	_, err = newClient(t, "http://"+listener.Addr().String()).CreateSession(ctx, params())
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
}

func TestClient_sendsOnceIfTheResponseIsLost(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	url := serve(t, func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	})
	_, err := newClient(t, url).CreateSession(t.Context(), params())
	require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.EOF)
	assert.EqualValues(t, 1, requests.Load())
}

// A transport that retries by itself may return a dial error although an earlier connection carried the complete
// request.
func TestClient_transportThatRepeats(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	var requests atomic.Int32
	url := serve(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	for name, transport := range map[string]roundTrip{
		"the transport uses the request's httptrace hooks": func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if assert.NoError(t, err) {
				_ = resp.Body.Close()
			}
			return nil, refused
		},
		"the transport ignores the request's httptrace hooks": func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r.WithContext(context.WithoutCancel(t.Context())))
			if assert.NoError(t, err) {
				_ = resp.Body.Close()
			}
			return nil, refused
		},
	} {
		before := requests.Load()
		_, err := newClient(t, url, over(transport)).CreateSession(t.Context(), params())
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, name)
		assert.Equal(t, before+1, requests.Load(), name)
	}
}

// After CreateSession reports that nothing was sent, a transport that reads the body later gets an error.
func TestClient_withholdsTheBodyAfterAnError(t *testing.T) {
	t.Parallel()
	bodies := make(chan io.Reader, 1)
	c := newClient(t, "https://pay.example", withoutRetries(), through(func(r *http.Request) (*http.Response, error) {
		bodies <- r.Body
		return nil, errors.New("the breaker is open")
	}))
	_, err := c.CreateSession(t.Context(), params())
	require.Error(t, err)
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	late, err := io.ReadAll(<-bodies)
	require.Error(t, err)
	assert.Empty(t, late)
}

// An *http.Transport may have a registered protocol whose code reads the body after the call, so the outcome is
// unknown.
func TestClient_bodyIsReadLate(t *testing.T) {
	t.Parallel()
	var bodies []io.Reader
	transport := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	transport.RegisterProtocol("https", roundTrip(func(r *http.Request) (*http.Response, error) {
		bodies = append(bodies, r.Body)
		return nil, errors.New("the queue is full")
	}))
	c := newClient(t, "https://pay.example", over(transport), tries(3))
	_, err := c.CreateSession(t.Context(), params())
	require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown, "the outcome is unknown")
	require.Len(t, bodies, 1)
	_, err = io.Copy(io.Discard, bodies[0])
	require.NoError(t, err)
}

// A protocol from TLSNextProto may also read the body after the call.
func TestClient_bodyIsReadLate_otherProtocol(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{NextProtos: []string{"own/1"}}
	server.StartTLS()
	t.Cleanup(server.Close)
	var bodies []io.Reader
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.NextProtos = []string{"own/1"}
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{
		"own/1": func(string, *tls.Conn) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				bodies = append(bodies, r.Body)
				return nil, errors.New("later")
			})
		},
	}
	c := newClient(t, server.URL, over(transport), withoutRetries())
	_, err := c.CreateSession(t.Context(), params())
	require.Error(t, err)
	require.Len(t, bodies, 1)
	sent, late := io.ReadAll(bodies[0])
	assert.True(t, errors.Is(err, ecomtrade24.ErrOutcomeUnknown) || late != nil && len(sent) == 0, "%v, %v", err, late)
}

// If net/http could not connect, nothing was sent, so the outcome is known.
func TestClient_dialFails(t *testing.T) {
	t.Parallel()
	dials := 0
	transport := ecomtrade24.NewTransport()
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		dials++
		return nil, errors.New("no route")
	}
	c := newClient(t, "http://127.0.0.1:1", over(transport), tries(3))
	_, err := c.CreateSession(t.Context(), params())
	require.Error(t, err)
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	assert.Equal(t, 3, dials)
}

// If a transport sends a request twice and the server rejects one of the two, the outcome is still unknown.
func TestClient_oneOfTwoRequestsRejected(t *testing.T) {
	t.Parallel()
	refusal := errors.New("http2: Transport: cannot retry err " +
		"[http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this error")
	for times, unknown := range map[int]bool{1: false, 2: true} {
		c := newClient(t, "https://pay.example", withoutRetries(), through(func(r *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, r.Body)
			assert.NoError(t, err)
			for range times {
				httptrace.ContextClientTrace(r.Context()).WroteHeaders()
			}
			return nil, refusal
		}))
		_, err := c.CreateSession(t.Context(), params())
		assert.Equal(t, unknown, errors.Is(err, ecomtrade24.ErrOutcomeUnknown))
	}
}

// Over HTTP/2 net/http also repeats a GET and hides the reason. The SDK prevents the repetition and names the cause.
func TestClient_resetOverHTTP2(t *testing.T) {
	t.Parallel()
	const protocolError = 1
	for _, p := range []protocol{http2, h2c} {
		s := newFaultServer(t, p, paidJSON, &fault{read: all, end: resetsStream(protocolError)}, good)
		transport := s.transport(t)
		transport.IdleConnTimeout = 100 * time.Millisecond // CloseIdleConnections may come before the stream has ended
		c := newClient(t, s.url(), through(transport.RoundTrip), withoutRetries())
		_, err := c.Status(t.Context(), "12345")
		require.Contains(t, []string{ // some versions of net/http lose the cause, so two texts are possible
			"ecomtrade24: status: the server ended the HTTP/2 stream without a response (a reset or a GOAWAY)",
			"ecomtrade24: status: the server ended the request's HTTP/2 stream: PROTOCOL_ERROR",
		}, err.Error())
		transport.CloseIdleConnections()
		assert.Equal(t, 1, s.finish().began, p)
	}
}

// A transport that alternates between two open connections does not cause endless retries either.
func TestClient_alternatesBetweenConnections(t *testing.T) {
	t.Parallel()
	pair, sends := [2]net.Conn{}, 0
	pair[0], pair[1] = net.Pipe()
	c := newClient(t, "https://pay.example", withoutRetries(), through(func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		for ; r.Context().Err() == nil; sends++ {
			trace.GotConn(httptrace.GotConnInfo{Conn: pair[sends%2], Reused: true})
			trace.WroteHeaders()
		}
		return nil, r.Context().Err()
	}))
	_, err := c.Status(t.Context(), "12345")
	require.Error(t, err)
	assert.LessOrEqual(t, sends, 3)
}

// The SDK provides no second copy of a session request's body. So neither net/http nor another transport can send the
// request again, even if a header marks it as idempotent.
func TestClient_bodyIsGivenOnce(t *testing.T) {
	t.Parallel()
	for _, p := range []protocol{http1, http2, h2c} {
		s := newFaultServer(t, p, sessionJSON, good, &fault{read: all, end: closes}, good)
		transport := s.transport(t)
		repeats := func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("Idempotency-Key", "1")
			resp, err := transport.RoundTrip(r)
			if err == nil || r.GetBody == nil {
				return resp, err
			}
			if r.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
			return transport.RoundTrip(r)
		}
		c := newClient(t, s.url(), through(repeats))
		_, err := c.CreateSession(t.Context(), params())
		require.NoError(t, err)
		_, err = c.CreateSession(t.Context(), params()) // this call reuses the connection of an earlier call
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
		transport.CloseIdleConnections()
		assert.Equal(t, 2, s.finish().began, p)
	}
}
