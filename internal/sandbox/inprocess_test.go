package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// A handler gets the request that a server would get.
func TestTransport_request(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Attempts: 1})
	var got *http.Request
	g.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }), "/api/hook")
	create(t, g, `{}`)
	pay(t, g, "12345")
	assert.Equal(t, "/api/hook", got.RequestURI)
	assert.Equal(t, "/api/hook", got.URL.String())
	assert.Equal(t, "merchant.example", got.Host)
	assert.NotEmpty(t, got.RemoteAddr)
	assert.Positive(t, got.ContentLength)
	require.ErrorIs(t, got.Context().Err(), context.Canceled, "as when a handler has returned")
	assert.Equal(t, http.StatusOK, g.Deliveries()[0].Answer, "a handler that writes nothing says 200")
}

func TestTransport_response(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	client := &http.Client{Transport: g.Transport()}
	ctx, cancel := context.WithCancel(t.Context())
	get := func() *http.Response {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://pay.example/sandbox.css", nil)
		require.NoError(t, err)
		resp, err := client.Do(req)
		require.NoError(t, err)
		return resp
	}
	resp := get()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Len(t, text, int(resp.ContentLength))
	assert.Equal(t, "200 OK", resp.Status)
	require.NoError(t, resp.Body.Close())
	_, err = resp.Body.Read(make([]byte, 1))
	require.ErrorIs(t, err, http.ErrBodyReadAfterClose)

	req, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://pay.example/events", nil)
	require.NoError(t, err)
	resp, err = client.Do(req)
	require.NoError(t, err)
	text, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Empty(t, text, "HEAD has no body")

	resp = get()
	cancel()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, context.Canceled, "a body ends with its request")
	req, err = http.NewRequestWithContext(ctx, http.MethodPost, "https://pay.example/events", strings.NewReader("x"))
	require.NoError(t, err)
	_, err = client.Do(req)
	require.ErrorIs(t, err, context.Canceled)
}

// With a slow gateway and an impatient client, the request ends with its context, and so does the handler's.
func TestTransport_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{})
		g.SlowNext(1, time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://pay.example/gateway/me.php", nil)
		require.NoError(t, err)
		begin := time.Now()
		_, err = g.Transport().RoundTrip(req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(begin))
		synctest.Wait()
		assert.Zero(t, g.Requests()[0].Status)

		g.SlowNext(1, time.Minute)
		status, _ := call(t, g, http.MethodGet, "/gateway/me.php", "")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, time.Second+time.Minute, time.Since(begin))
		synctest.Wait()
		assert.Zero(t, g.Requests()[0].Status, "nobody was there to be answered")
	})
}

type brokenBody struct{ io.Reader }

func (brokenBody) Close() error { return errors.New("cannot close") }

func TestTransport_badRequests(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	req, err := http.NewRequest(http.MethodPost, "https://pay.example/", brokenBody{strings.NewReader("")})
	require.NoError(t, err)
	_, err = g.Transport().RoundTrip(req)
	require.ErrorContains(t, err, "cannot close")
	req.Body, req.Method, req.Header = nil, "", nil
	resp, err := g.Transport().RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	req.URL.Opaque = "%"
	_, err = g.Transport().RoundTrip(req)
	require.Error(t, err)
}

// Whatever a merchant's handler does is one answer to the delivery.
func TestTransport_handlers(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		handler http.HandlerFunc
		answer  int
		body    string
	}{
		"a second status": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
			w.WriteHeader(http.StatusTeapot)
		}, http.StatusAccepted, ""},
		"no body allowed": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			_, err := w.Write([]byte("x"))
			assert.ErrorIs(t, err, http.ErrBodyNotAllowed)
		}, http.StatusNoContent, ""},
		"flushed": {func(w http.ResponseWriter, _ *http.Request) {
			assert.NoError(t, http.NewResponseController(w).Flush())
			_, _ = io.WriteString(w, "late")
		}, http.StatusOK, "late"},
		"aborted":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, ""},
		"a FailNow": {func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, 0, ""},
	}
	for name, row := range rows {
		g := start(t, sandbox.Config{Attempts: 1})
		g.DeliverToHandler(row.handler, "/")
		create(t, g, `{}`)
		pay(t, g, "12345")
		d := g.Deliveries()[0]
		assert.Equal(t, row.answer, d.Answer, name)
		assert.Equal(t, row.body, string(d.AnswerBody), name)
		assert.Equal(t, row.answer == 0, errors.Is(d.Err, io.EOF), name)
	}
}

// A handler that never returns is named when the gateway closes.
func TestGateway_Close_leftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Attempts: 1})
		release := make(chan struct{})
		g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), "/")
		create(t, g, `{}`)
		pay(t, g, "12345")
		require.ErrorContains(t, g.Close(), "handlers that do not return: 1")
		close(release)
	})
}
