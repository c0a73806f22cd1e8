package ecomtrade24_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// script answers attempt after attempt, and notes when each came and with what body.
func script(t *testing.T, attempts ...roundTrip) (
	c *ecomtrade24.Client, times func() []time.Duration, bodies func() []string,
) {
	t.Helper()
	start, n := time.Now(), 0
	var at []time.Duration
	var sent []string
	c = newClient(t, "https://pay.example", through(func(r *http.Request) (*http.Response, error) {
		at = append(at, time.Since(start))
		n++
		resp, err := attempts[n-1](r)
		if r.Body != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			sent = append(sent, string(body))
		}
		return resp, err
	}))
	return c, func() []time.Duration { return at }, func() []string { return sent }
}

func says(status int, body string, header ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) { return response(status, body, header...), nil }
}

func fails(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// refused fails where no connection can be made, and so nobody has read the body.
func refused(op string) roundTrip {
	return fails(&net.OpError{Op: op, Net: "tcp", Err: syscall.ECONNREFUSED})
}

func TestClient_retries(t *testing.T) {
	t.Parallel()
	rows := map[string][]roundTrip{
		"a refused connection":   {refused("dial"), refused("proxyconnect"), says(200, sessionJSON)},
		"an overloaded gateway":  {says(429, ""), says(503, "<html>"), says(200, sessionJSON)},
		"the gateway's own wait": {says(503, "", "Retry-After", "9"), says(200, sessionJSON)},
	}
	for name, attempts := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, times, bodies := script(t, attempts...)
				_, err := c.CreateSession(t.Context(), params())
				require.NoError(t, err)
				require.Len(t, times(), len(attempts))
				for _, body := range bodies() {
					assert.Equal(t, bodies()[0], body, "the same bytes each time")
				}
				if name == "the gateway's own wait" {
					assert.Equal(t, 9*time.Second, times()[1])
				} else {
					assert.LessOrEqual(t, times()[2], 750*time.Millisecond)
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
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, failingReader{}))
			return resp, nil
		}
		c, times, _ := script(t, hangs, cut, says(200, `{"status":"paid"}`))
		s, err := c.Status(t.Context(), "1")
		require.NoError(t, err)
		assert.True(t, s.Paid())
		require.Len(t, times(), 3)
		assert.GreaterOrEqual(t, times()[1], 15*time.Second, "the first attempt had its own timeout")
	})
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestClient_sendsOnceWhatMayHaveMadeASession(t *testing.T) {
	t.Parallel()
	for name, once := range map[string]roundTrip{
		"no answer":                 hangs,
		"connection lost":           fails(io.ErrUnexpectedEOF),
		"reset":                     fails(&net.OpError{Op: "read", Err: syscall.ECONNRESET}),
		"a dial after it was read":  fails(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}), // it may have sent it before
		"a transport of its own":    fails(errors.New("who knows")),
		"500":                       says(500, ""), // PHP can die after its INSERT
		"500 with a code":           says(500, `{"ok":false,"error":"boom"}`),
		"501":                       says(501, ""),
		"502":                       says(502, "<html>"),
		"524":                       says(524, "<html>"),
		"504":                       says(504, "<html>"),
		"HTML with 200":             says(200, "<html>"),
		"a no with a session":       says(200, `{"ok":false,"session_id":1,"checkout_url":"https://pay.example/1"}`),
		"an unclear ok":             says(200, `{"ok":"yes","session_id":1,"checkout_url":"https://pay.example/1"}`),
		"an error with a session":   says(200, `{"session_id":1,"checkout_url":"https://pay.example/1","error":"mail"}`),
		"a redirect with a session": says(302, `{"session_id":1,"checkout_url":"https://pay.example/1"}`),
		"a 4xx with a session":      says(422, `{"ok":false,"session_id":1}`),
		"a 503 with a session":      says(503, `{"ok":false,"session_id":1}`),
		"an empty 200":              says(200, ""),
		"a cut 200":                 says(200, sessionJSON[:40]),
		"a 200 without a URL":       says(200, `{"ok":true,"session_id":1}`),
		"a 200 with an unclear ok":  says(200, `{"ok":true,"session_id":1,"checkout_url":null}`),
		"a 200 with a foreign URL":  says(200, `{"ok":true,"session_id":1,"checkout_url":"javascript:alert(1)"}`),
		"a 200 without the id":      says(200, `{"ok":true,"checkout_url":"https://pay.example/1"}`),
		"a 200 with a relative URL": says(200, `{"ok":true,"session_id":1,"checkout_url":"/pay"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, times, _ := script(t, once)
				s, err := c.CreateSession(t.Context(), params())
				require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
				assert.Nil(t, s)
				assert.Len(t, times(), 1)
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
			{says(200, `{"code":"invalid_domain"}`)}, // without ok, but a word that is known
			{says(422, `{"ok":false,"error":"x","session_id":0,"checkout_url":null}`)},
			{says(403, `{"ok":false,"error":"domain_not_allowed"}`)},
			{says(302, "", "Location", "https://elsewhere.example")},
			{says(429, "", "Retry-After", "31")},
			{says(503, ""), says(503, ""), says(503, "")},
			{refused("dial"), refused("dial"), refused("dial")},
		} {
			c, times, _ := script(t, attempts...)
			_, err := c.CreateSession(t.Context(), params())
			require.Error(t, err)
			require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
			assert.Len(t, times(), len(attempts))
		}
	})
}

func TestClient_cancelledWaitEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, times, _ := script(t, says(503, "", "Retry-After", "20"))
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := c.Me(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, ecomtrade24.ErrUnavailable, "and why it waited")
		assert.Equal(t, time.Second, time.Since(start))
		assert.Len(t, times(), 1)
	})
}

func TestClient_doesNotWaitPastTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, _, _ := script(t, says(503, "", "Retry-After", "20"))
		start := time.Now()
		_, err := c.Me(ctx)
		require.ErrorIs(t, err, ecomtrade24.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded, "and why it was not tried again")
		assert.Zero(t, time.Since(start))
	})
}

func TestClient_callersEndIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		c, times, _ := script(t, hangs)
		_, err := c.Status(ctx, "1")
		require.ErrorIs(t, err, context.Canceled)
		require.EqualError(t, err, "ecomtrade24: status: the caller gave up: context canceled")
		assert.Len(t, times(), 1)
	})
}

func TestWithRetry_off(t *testing.T) {
	t.Parallel()
	g := serve(t, answer(503, ""))
	_, err := g.client(t).Me(t.Context())
	require.ErrorIs(t, err, ecomtrade24.ErrUnavailable)
	assert.Len(t, g.seen(), 1)
}
