package ecomtrade24_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
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

func TestNewClient_checksTheBaseURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://pay.example", "https://pay.example/", "https://pay.example:8443/shop/v1/", "HTTPS://PAY.EXAMPLE",
		"http://localhost:8080", "http://127.0.0.1", "http://127.8.8.8:1", "http://[::1]:8080/base",
	} {
		_, err := ecomtrade24.NewClient(good, testKey)
		require.NoError(t, err, good)
	}
	for bad, want := range map[string]string{
		"":                                  "empty",
		testKey:                             "swapped",
		"pay.example":                       "absolute",
		"//pay.example":                     "absolute",
		"/gateway":                          "absolute",
		"https://":                          "absolute",
		"https:///gateway":                  "absolute",
		"https://pay.example\n":             "absolute",
		"\thttps://pay.example":             "absolute",
		"https://pay.example:port":          "absolute",
		"ftp://pay.example":                 "https://",
		"http://pay.example":                "loopback",
		"http://127.0.0.1.pay.example":      "loopback",
		"http://localhost.pay.example":      "loopback",
		"http://localhoſt":                  "loopback", // a long s (ſ), which case folding turns into an ASCII s
		"http://10.0.0.1":                   "loopback",
		"https://user@pay.example":          "user name",
		"https://user:MARKER@pay.example":   "user name",
		"https://pay.example?key=MARKER":    "query",
		"https://pay.example/?":             "query",
		"https://pay.example/#frag":         "query or fragment",
		"https://pay.example/#":             "query or fragment",
		"https://MARKER%zz.example":         "absolute",
		"MARKER_looks_like_a_key_0123456":   "swapped",
		"mailto:MARKER@pay.example":         "absolute",
		"https://[::1":                      "absolute",
		"https://pay.example/\x7fMARKER":    "absolute",
		"http://[::ffff:10.0.0.1]/MARKER":   "loopback",
		"http://localhost@pay.example":      "loopback",
		"http://pay.example/?x=//localhost": "loopback",
	} {
		c, err := ecomtrade24.NewClient(bad, testKey)
		assert.Nil(t, c, bad)
		require.ErrorContains(t, err, want, bad)
		require.ErrorContains(t, err, "ecomtrade24: new client: ")
		assert.NotContains(t, err.Error(), "MARKER", "the error must not repeat the argument, which might be the key")
	}
}

func TestWithPlainHTTP(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"http://sandbox:8080", "http://10.0.0.1/base", "https://pay.example"} {
		_, err := ecomtrade24.NewClient(good, testKey, ecomtrade24.WithPlainHTTP())
		require.NoError(t, err, good)
	}
	for _, bad := range []string{"ftp://sandbox", "http://user@sandbox", "sandbox:8080", "http://sandbox/?x"} {
		_, err := ecomtrade24.NewClient(bad, testKey, ecomtrade24.WithPlainHTTP())
		require.Error(t, err, bad)
	}
}

func TestNewClient_checksTheKey(t *testing.T) {
	t.Parallel()
	for bad, want := range map[string]string{
		"":                           "empty",
		" ":                          "remove it",
		"sk_MARKER\n":                "remove it",
		" sk_MARKER":                 "remove it",
		"sk MARKER":                  "remove it",
		"sk_\u00e9MARKER":            "remove it",
		"sk_\x00MARKER":              "remove it",
		"\ufeffsk_MARKER":            "remove it",
		`"sk_MARKER"`:                "quotation marks",
		`'sk_MARKER'`:                "quotation marks",
		"${MARKER}":                  "placeholder",
		"{{MARKER}}":                 "placeholder",
		"<MARKER>":                   "placeholder",
		"https://MARKER.pay.example": "swapped",
	} {
		_, err := ecomtrade24.NewClient("https://pay.example", bad)
		require.ErrorContains(t, err, want, "%q", bad)
		assert.NotContains(t, err.Error(), "MARKER")
	}
	_, err := ecomtrade24.NewClient(testKey, "https://pay.example")
	require.ErrorContains(t, err, "swapped")
	assert.NotContains(t, err.Error(), "MARKER")
}

func TestNewClient_checksTheOptions(t *testing.T) {
	t.Parallel()
	for want, opt := range map[string]ecomtrade24.Option{
		"WithTimeout: the timeout must not be negative":      ecomtrade24.WithTimeout(-1),
		"WithRetry: attempts and delays must not":            ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: -1}),
		"WithRetry: attempts and delays":                     ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{BaseDelay: -1}),
		"WithRetry: attempts":                                ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxDelay: -1}),
		"WithUserAgent: the product":                         ecomtrade24.WithUserAgent("shop\r\nX-Evil: 1"),
		"WithUserAgent: the product must":                    ecomtrade24.WithUserAgent(" shop"),
		"WithMerchantTTL: the duration must not be negative": ecomtrade24.WithMerchantTTL(-1),
		// the error names both valid values
		`fiavexpay or ecomtrade24pay`: ecomtrade24.WithDeployment("FiavexPay"),
	} {
		_, err := ecomtrade24.NewClient("https://pay.example", testKey, opt)
		require.ErrorContains(t, err, want)
	}
}

// Nil and zero restore the default, even after another value was set.
func TestNewClient_zeroOptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var agents []string
		unavailable := roundTrip(func(r *http.Request) (*http.Response, error) {
			agents = append(agents, r.Header.Get("User-Agent"))
			assert.Equal(t, "/gateway/status.php", r.URL.Path)
			deadline, _ := r.Context().Deadline()
			assert.Equal(t, 15*time.Second, time.Until(deadline))
			return response(http.StatusServiceUnavailable, ""), nil
		})
		plain, err := ecomtrade24.NewClient("https://pay.example", testKey, nil,
			over(unavailable),
			ecomtrade24.WithMiddleware(nil), ecomtrade24.WithTimeout(1), ecomtrade24.WithTimeout(0),
			ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 9}), ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{}),
			ecomtrade24.WithLogger(nil), ecomtrade24.WithObserver(nil), ecomtrade24.WithUserAgent("shop/1"),
			ecomtrade24.WithUserAgent(""), ecomtrade24.WithMerchantTTL(0),
			ecomtrade24.WithDeployment(ecomtrade24.EcomTrade24Pay), ecomtrade24.WithDeployment(""))
		require.NoError(t, err)
		_, err = plain.Status(t.Context(), "7")
		require.ErrorIs(t, err, ecomtrade24.ErrUnavailable)
		const sdk = "ecomtrade24-go/" + ecomtrade24.Version
		assert.Equal(t, []string{sdk, sdk, sdk}, agents, "three attempts")
	})
}

// WithHTTPClient(nil) removes the client that an earlier option set.
func TestWithHTTPClient_nil(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, paidJSON) })
	c := newClient(t, url, through(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("the other client was used")
	}), ecomtrade24.WithHTTPClient(nil))
	_, err := c.Status(t.Context(), "12345")
	require.NoError(t, err)
}

func TestWithHTTPClient_isCopied(t *testing.T) {
	t.Parallel()
	sent := 0
	transport := roundTrip(func(*http.Request) (*http.Response, error) {
		sent++
		return response(307, "", "Location", "https://elsewhere.example/"), nil
	})
	hc := &http.Client{Transport: transport, Timeout: time.Minute}
	c := newClient(t, "https://pay.example", ecomtrade24.WithHTTPClient(hc))
	_, err := c.Me(t.Context())
	api := as[*ecomtrade24.APIError](t, err)
	assert.Equal(t, 307, api.StatusCode)
	assert.Equal(t, 1, sent, "the key was not sent to another host")
	assert.Nil(t, hc.CheckRedirect, "the caller's client is unchanged")
}

func TestWithTimeout(t *testing.T) {
	t.Parallel()
	_, err := talk(t, hangs).client(t, ecomtrade24.WithTimeout(20*time.Millisecond)).Me(t.Context())
	require.EqualError(t, err, "ecomtrade24: me: no response in time: context deadline exceeded")
}

func TestWithLogger(t *testing.T) {
	t.Parallel()
	var lines logLines
	logger := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g := talk(t, says(200, `{"status":"paid"}`))
	c := g.client(t, ecomtrade24.WithLogger(logger))
	_, err := c.Status(t.Context(), "1")
	require.NoError(t, err)
	_, err = c.Me(t.Context())
	require.NoError(t, err)
	_, err = talk(t, says(401, "")).client(t, ecomtrade24.WithLogger(logger)).Me(t.Context())
	require.Error(t, err)
	text := lines.String()
	assert.Regexp(t, `level=DEBUG msg="ecomtrade24: request" op=status attempt=1 took=`, text)
	assert.Regexp(t, `level=WARN msg="ecomtrade24: request" op=me attempt=1 took=\S+ `+
		`error="ecomtrade24: me: the gateway answered 401: check the API key`, text)
}

func TestClient_reusesConnections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(answer(200, sessionJSON))
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
	// Each caller opens one connection. On a busy machine net/http also replaces a few connections, because it waits only
	// 50 ms for the report that a request was written. Without the limit and the pool there would be hundreds of
	// connections.
	assert.LessOrEqual(t, opened.Load(), int32(64+16))
}

// countingBody records whether a response body was closed.
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
				tries(2),
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
	synctest.Test(t, func(t *testing.T) { // the test fails if a goroutine outlives the bubble
		g := talk(t, hangs, says(503, ""), says(200, paidJSON))
		_, err := g.client(t, withRetries()).Status(t.Context(), "12345")
		require.NoError(t, err)
		assert.Len(t, g.seen(), 3)
	})
}

func TestClient_untrustedCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answer(200, sessionJSON))
	server.TLS = &tls.Config{}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL, withoutRetries()).CreateSession(t.Context(), params())
	require.ErrorContains(t, err, "an authority that this machine does not know")
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
	// Operating systems word the error differently.
	require.Regexp(t, `^ecomtrade24: create session: dial: [^:/]*refused[^:/]*$`, err.Error())
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)

	_, err = newClient(t, "https://no-such-host.invalid", withoutRetries()).CreateSession(t.Context(), params())
	require.ErrorContains(t, err, "no-such-host.invalid")
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
}

func TestClient_ownTimeoutOfTheHTTPClient(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	hurried := &http.Client{Timeout: 20 * time.Millisecond}
	c := newClient(t, server.URL, ecomtrade24.WithHTTPClient(hurried), withoutRetries())
	_, err := c.Me(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no response in time")
}

// If the context ended before the call, no request is sent, so the outcome is known.
func TestClient_contextEndedBefore(t *testing.T) {
	t.Parallel()
	g := talk(t, says(200, sessionJSON))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the buyer hung up"))
	_, err := g.client(t).CreateSession(ctx, params())
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	assert.Empty(t, g.seen())
}

// net/http returns the context's cause instead of ctx.Err(), but callers check for ctx.Err().
func TestClient_contextWithCause(t *testing.T) {
	t.Parallel()
	budget := errors.New("the page's budget is used up")
	for name, handle := range map[string]http.HandlerFunc{
		"no response": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half a response": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"ok":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, budget)
			defer cancel()
			_, err := newClient(t, serve(t, handle), withoutRetries()).Me(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, budget)
			assert.ErrorContains(t, err, "no response in time")
		})
	}
}

// Each attempt goes through all middleware, the first one outermost, regardless of the options that follow.
func TestWithMiddleware(t *testing.T) {
	t.Parallel()
	var passed []string
	named := func(name string) ecomtrade24.Option {
		return ecomtrade24.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				passed = append(passed, name)
				return next.RoundTrip(r)
			})
		})
	}
	g := talk(t, says(200, paidJSON))
	_, err := g.client(t, named("outer"), named("inner"), over(g)).Status(t.Context(), "12345")
	require.NoError(t, err)
	assert.Equal(t, []string{"outer", "inner"}, passed)

	_, err = ecomtrade24.NewClient("https://pay.example", testKey,
		ecomtrade24.WithMiddleware(func(http.RoundTripper) http.RoundTripper { return nil }))
	require.ErrorContains(t, err, "it returned no transport")
}
