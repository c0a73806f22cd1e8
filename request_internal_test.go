//go:build !race

package ecomtrade24

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type status200 struct{}

func (status200) RoundTrip(*http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(`{"session_id":"1","status":"paid"}`))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
}

// A client without an observer allocates what the call itself does, and nothing more.
//
//nolint:paralleltest // AllocsPerRun counts the whole process
func TestClient_do_withoutObserverAllocatesNothing(t *testing.T) {
	c, err := NewClient("https://pay.example", "sk_test_0123456789", WithHTTPClient(&http.Client{Transport: status200{}}))
	require.NoError(t, err)
	k := call{op: "status", path: "/gateway/status.php?session_id=1", session: "1"}
	count := func(send func(context.Context, call, decoder) error) float64 {
		return testing.AllocsPerRun(500, func() {
			s := SessionStatus{Payment: Payment{SessionID: "1"}}
			if err := send(t.Context(), k, &s); err != nil {
				t.Error(err)
			}
		})
	}
	bare := count(func(ctx context.Context, k call, out decoder) error {
		_, err := c.repeat(ctx, k, out)
		return err
	})
	assert.Equal(t, bare, count(c.do))
	c.observer = func(ctx context.Context, _ Operation) (context.Context, func(Result)) { return ctx, func(Result) {} }
	assert.GreaterOrEqual(t, count(c.do), bare)
}
