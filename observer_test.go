package ecomtrade24_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

type observedKey struct{}

// observed holds the recorded calls and results. Its method observe also marks the context.
type observed struct {
	calls   []ecomtrade24.Call
	results []ecomtrade24.CallResult
}

func (o *observed) observe(ctx context.Context, c ecomtrade24.Call) (context.Context, func(ecomtrade24.CallResult)) {
	o.calls = append(o.calls, c)
	ctx = context.WithValue(ctx, observedKey{}, c.Name)
	return ctx, func(r ecomtrade24.CallResult) { o.results = append(o.results, r) }
}

func TestWithObserver(t *testing.T) {
	t.Parallel()
	var o observed
	var marks []any
	says := []*http.Response{
		response(http.StatusServiceUnavailable, ""), response(http.StatusOK, sessionJSON), // for the create session call
		response(http.StatusOK, paidJSON), response(http.StatusNotFound, ""), // for the status calls
		response(http.StatusOK, `{"integration_mode":"hosted_checkout","methods":[]}`), // for the me call
	}
	c := newClient(t, "https://pay.example", ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 2, MaxDelay: 1}),
		ecomtrade24.WithObserver(o.observe), through(func(r *http.Request) (*http.Response, error) {
			marks = append(marks, r.Context().Value(observedKey{}))
			return says[len(marks)-1], nil
		}))
	start := time.Now()
	_, err := c.CreateSession(t.Context(), params())
	require.NoError(t, err)
	_, err = c.Status(t.Context(), "12345")
	require.NoError(t, err)
	_, missing := c.Status(t.Context(), "77")
	require.ErrorIs(t, missing, ecomtrade24.ErrNotFound)
	_, err = c.Me(t.Context())
	require.NoError(t, err)
	_, err = c.Status(t.Context(), "")
	require.Error(t, err, "the observer must not run if no request was sent")

	assert.Equal(t, []any{"create session", "create session", "status", "status", "me"}, marks)
	require.Len(t, o.calls, 4)
	for _, c := range o.calls {
		assert.WithinRange(t, c.Start, start, time.Now())
	}
	want := []ecomtrade24.CallResult{
		{Attempts: 2, SessionID: "12345"},
		{Attempts: 1, SessionID: "12345"},
		{Attempts: 1, SessionID: "77", Err: missing},
		{Attempts: 1},
	}
	assert.Empty(t, cmp.Diff(want, o.results, cmpopts.EquateErrors()))
}
