package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

func get(ctx context.Context, t *testing.T, s *sandbox.Server) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://shop.example/hook?a=b", nil)
	require.NoError(t, err)
	return s.Transport().RoundTrip(req)
}

// In memory, the handler and the client see the same request and response as over a network.
func TestServeInMemory(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		status  int // 0 if there is no response
		body    string
	}{
		"the request": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Host+r.RequestURI)
		}, http.StatusOK, "shop.example/hook?a=b"},
		"a status": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
		}, http.StatusAccepted, ""},
		"aborted":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, ""},
		"a FailNow": {func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, 0, ""},
	} {
		s := sandbox.ServeInMemory(row.handler)
		resp, err := get(t.Context(), t, s)
		if row.status == 0 {
			require.ErrorIs(t, err, io.EOF, name)
		} else {
			require.NoError(t, err, name)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err, name)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, row.status, resp.StatusCode, name)
			assert.Equal(t, row.body, string(body), name)
		}
		require.NoError(t, s.Close(time.Minute), name)
		_, err = get(t.Context(), t, s)
		require.Error(t, err, "closed")
	}
}

// When a request's context ends, the request and the handler's context end too.
func TestServeInMemory_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.ServeInMemory(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := get(ctx, t, s)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		require.NoError(t, s.Close(time.Minute))
	})
}

func TestServer_Close_handlerRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := sandbox.ServeInMemory(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := get(ctx, t, s)
		require.Error(t, err)
		require.ErrorContains(t, s.Close(time.Minute), "some handlers do not return")
		close(release)
	})
}
