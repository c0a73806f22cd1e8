package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// If the sender hangs up too early, the work is still done, but only once: the redelivery finds it done.
func TestHandler_senderHangsUp(t *testing.T) {
	t.Parallel()
	entered, finished := make(chan struct{}), make(chan error, 1)
	var commits int
	type hungUp struct{}
	hook := webhook.NewHandler(verifier(t), func(ctx context.Context, _ *ecomtrade24.Event) error {
		if commits > 0 {
			return nil // the inbox returns nil for a known event too
		}
		close(entered)
		<-ctx.Value(hungUp{}).(<-chan struct{})
		if ctx.Err() == nil { // if ctx had ended, the database would roll back
			commits++
		}
		finished <- ctx.Err()
		return ctx.Err()
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hook.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), hungUp{}, r.Context().Done())))
	}))
	t.Cleanup(server.Close)
	post := func(ctx context.Context) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(paidEvent))
		require.NoError(t, err)
		r.Header = signed(paidEvent)
		return server.Client().Do(r)
	}

	impatient, hangUp := context.WithCancel(t.Context())
	go func() {
		<-entered
		hangUp()
	}()
	_, err := post(impatient)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, <-finished)

	resp, err := post(t.Context())
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, 1, commits)
}

// A verified event is handled whether or not the sender still listens.
func TestHandler_senderIsGone(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, opts := range map[string][]webhook.HandlerOption{
		"no observer":                       nil,
		"an observer that ends the context": {webhook.WithObserver(ends)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			h := webhook.NewHandler(verifier(t), func(ctx context.Context, _ *ecomtrade24.Event) error {
				calls++
				return ctx.Err()
			}, opts...)
			assert.Equal(t, http.StatusOK, answer(h, delivery(paidEvent).WithContext(gone)).StatusCode)
			assert.Equal(t, 1, calls)
		})
	}
	t.Run("the sender hangs up while the body is read", func(t *testing.T) {
		t.Parallel()
		r := delivery(paidEvent).WithContext(gone)
		r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
		h := webhook.NewHandler(verifier(t), never(t))
		assert.Equal(t, http.StatusServiceUnavailable, answer(h, r).StatusCode)
	})
}

func TestWithTimeout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts []webhook.HandlerOption
		want time.Duration
	}{
		"the default":                 {nil, 30 * time.Second},
		"zero":                        {[]webhook.HandlerOption{webhook.WithTimeout(0)}, 30 * time.Second},
		"shorter":                     {[]webhook.HandlerOption{webhook.WithTimeout(time.Second)}, time.Second},
		"longer":                      {[]webhook.HandlerOption{webhook.WithTimeout(time.Hour)}, time.Hour},
		"the last of several options": {[]webhook.HandlerOption{webhook.WithTimeout(7), webhook.WithTimeout(9)}, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := webhook.NewHandler(verifier(t), func(ctx context.Context, _ *ecomtrade24.Event) error {
					until, limited := ctx.Deadline()
					assert.True(t, limited)
					assert.Equal(t, c.want, time.Until(until))
					return nil
				}, c.opts...)
				require.Equal(t, http.StatusOK, answer(h, delivery(paidEvent)).StatusCode)
				require.Equal(t, http.StatusOK, h.Deliver(context.Background(), signed(paidEvent), []byte(paidEvent)))
			})
		})
	}
}

// Deliver stops at WithTimeout or the caller's deadline, whichever comes first.
func TestWithTimeout_earlierDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		h := webhook.NewHandler(verifier(t), func(ctx context.Context, _ *ecomtrade24.Event) error {
			until, _ := ctx.Deadline()
			assert.Equal(t, time.Second, time.Until(until))
			return nil
		}, webhook.WithTimeout(time.Minute))
		require.Equal(t, http.StatusOK, h.Deliver(ctx, signed(paidEvent), []byte(paidEvent)))
	})
}
