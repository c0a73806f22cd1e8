package webhook_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// If a sender hangs up over HTTP/2 while the function runs, Shutdown returns immediately, but Wait waits for the
// function.
func TestHandler_Wait(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		begun, finish := make(chan struct{}), make(chan struct{})
		done := false
		h := webhook.NewHandler(verifier(t), func(context.Context, *ecomtrade24.Event) error {
			close(begun)
			<-finish
			done = true
			return nil
		})
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = http2
		server.StartTLS()
		ctx, hangUp := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(paidEvent))
		require.NoError(t, err)
		r.Header = signed(paidEvent)
		sent := make(chan error)
		go func() {
			resp, err := server.Client().Do(r)
			if err == nil {
				err = resp.Body.Close()
			}
			sent <- err
		}()
		<-begun
		hangUp()
		require.ErrorIs(t, <-sent, context.Canceled)
		if http2 {
			require.NoError(t, server.Config.Shutdown(t.Context()), "expected Shutdown not to wait for the function")
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, h.Wait(ended), context.Canceled)
		close(finish)
		require.NoError(t, h.Wait(t.Context()))
		assert.True(t, done)
		server.Close()
	}
}

// Several callers can wait at the same time. Wait works again for a new delivery, and a panic also ends a delivery.
func TestHandler_Wait_again(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhook.NewHandler(verifier(t), func(context.Context, *ecomtrade24.Event) error {
			<-time.After(time.Second)
			panic("no database")
		})
		require.NoError(t, h.Wait(t.Context()), "expected Wait to return, since no delivery is running")
		for range 2 {
			start, waits := time.Now(), make(chan error, 2)
			go h.Deliver(t.Context(), signed(paidEvent), []byte(paidEvent))
			synctest.Wait()
			for range cap(waits) {
				go func() { waits <- h.Wait(t.Context()) }()
			}
			for range cap(waits) {
				require.NoError(t, <-waits)
			}
			assert.Equal(t, time.Second, time.Since(start))
		}
	})
}
