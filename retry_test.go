package ecomtrade24_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestClient_retries(t *testing.T) {
	t.Parallel()
	rows := map[string][]roundTrip{
		"a refused connection":            {refused("dial"), refused("proxyconnect"), says(200, sessionJSON)},
		"an overloaded gateway":           {says(429, ""), says(503, "<html>"), says(200, sessionJSON)},
		"the gateway sends a Retry-After": {says(503, "", "Retry-After", "9"), says(200, sessionJSON)},
	}
	for name, attempts := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := talk(t, attempts...)
				_, err := g.client(t, withRetries()).CreateSession(t.Context(), params())
				require.NoError(t, err)
				seen := g.seen()
				require.Len(t, seen, len(attempts))
				last := seen[len(seen)-1]
				for _, r := range seen {
					assert.Contains(t, []string{"", last.Body}, r.Body, "each attempt that reads the body gets the same bytes")
				}
				if name == "the gateway sends a Retry-After" {
					assert.Equal(t, 9*time.Second, last.At)
				} else {
					assert.LessOrEqual(t, last.At, 750*time.Millisecond)
				}
			})
		})
	}
}

func TestClient_retriesReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cut := func(*http.Request) (*http.Response, error) {
			resp := response(200, `{"status":`)
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
			return resp, nil
		}
		g := talk(t, hangs, cut, says(200, `{"status":"paid"}`))
		s, err := g.client(t, withRetries()).Status(t.Context(), "1")
		require.NoError(t, err)
		assert.True(t, s.Paid())
		require.Len(t, g.seen(), 3)
		assert.GreaterOrEqual(t, g.seen()[1].At, 15*time.Second, "the first attempt had its own timeout")
	})
}

func TestClient_sendsOnceWhatMayHaveMadeASession(t *testing.T) {
	t.Parallel()
	for name, once := range map[string]roundTrip{
		"no response":     hangs,
		"connection lost": fails(io.ErrUnexpectedEOF),
		"reset":           fails(&net.OpError{Op: "read", Err: syscall.ECONNRESET}),
		// an earlier attempt by the transport may have sent the request
		"a failed dial after the body was read": fails(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}),
		"another transport":                     fails(errors.New("who knows")),
		"500":                                   says(500, ""), // PHP can fail after it has stored the session
		"500 with a code":                       says(500, `{"ok":false,"error":"boom"}`),
		"501":                                   says(501, ""),
		"502":                                   says(502, "<html>"),
		"524":                                   says(524, "<html>"),
		"504":                                   says(504, "<html>"),
		"HTML with 200":                         says(200, "<html>"),
		"a rejection that names a session":      says(200, `{"ok":false,"session_id":1,"checkout_url":"https://pay.example/1"}`),
		"an unclear ok":                         says(200, `{"ok":"yes","session_id":1,"checkout_url":"https://pay.example/1"}`),
		"an error that names a session":         says(200, `{"session_id":1,"checkout_url":"https://pay.example/1","error":"mail"}`),
		"a redirect that names a session":       says(302, `{"session_id":1,"checkout_url":"https://pay.example/1"}`),
		"a 4xx that names a session":            says(422, `{"ok":false,"session_id":1}`),
		"a 503 that names a session":            says(503, `{"ok":false,"session_id":1}`),
		"an empty 200":                          says(200, ""),
		"a cut 200":                             says(200, sessionJSON[:40]),
		"a 200 without a checkout URL":          says(200, `{"ok":true,"session_id":1}`),
		"a 200 with null as the checkout URL":   says(200, `{"ok":true,"session_id":1,"checkout_url":null}`),
		"a 200 with a javascript: checkout URL": says(200, `{"ok":true,"session_id":1,"checkout_url":"javascript:alert(1)"}`),
		"a 200 without a session ID":            says(200, `{"ok":true,"checkout_url":"https://pay.example/1"}`),
		"a 200 with a relative checkout URL":    says(200, `{"ok":true,"session_id":1,"checkout_url":"/pay"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := talk(t, once)
				s, err := g.client(t, withRetries()).CreateSession(t.Context(), params())
				require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
				assert.Nil(t, s)
				assert.Len(t, g.seen(), 1)
			})
		})
	}
}

func TestClient_knowsThatNoSessionWasMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, attempts := range [][]roundTrip{
			{says(422, `{"ok":false,"error":"missing_amount"}`)},
			{says(200, `{"ok":false,"error":"invalid_domain"}`)},
			{says(200, `{"code":"invalid_domain"}`)}, // no ok, but a known error code
			{says(422, `{"ok":false,"error":"x","session_id":0,"checkout_url":null}`)},
			{says(403, `{"ok":false,"error":"domain_not_allowed"}`)},
			{says(302, "", "Location", "https://elsewhere.example")},
			{says(429, "", "Retry-After", "31")},
			{says(503, ""), says(503, ""), says(503, "")},
			{refused("dial"), refused("dial"), refused("dial")},
		} {
			g := talk(t, attempts...)
			_, err := g.client(t, withRetries()).CreateSession(t.Context(), params())
			require.Error(t, err)
			require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
			assert.Len(t, g.seen(), len(attempts))
		}
	})
}

func TestClient_cancelledWaitEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g := talk(t, says(503, "", "Retry-After", "20"))
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := g.client(t, withRetries()).Me(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, ecomtrade24.ErrUnavailable, "the error must also contain the reason for the pause")
		assert.Equal(t, time.Second, time.Since(start))
		assert.Len(t, g.seen(), 1)
	})
}

func TestClient_doesNotWaitPastTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		g := talk(t, says(503, "", "Retry-After", "20"))
		start := time.Now()
		_, err := g.client(t, withRetries()).Me(ctx)
		require.ErrorIs(t, err, ecomtrade24.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded, "the error must also say why there was no retry")
		assert.Zero(t, time.Since(start))
	})
}

func TestClient_callersDeadlineIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		g := talk(t, hangs)
		_, err := g.client(t, withRetries()).Status(ctx, "1")
		require.ErrorIs(t, err, context.Canceled)
		require.EqualError(t, err, "ecomtrade24: status: the caller gave up: context canceled")
		assert.Len(t, g.seen(), 1)
	})
}
