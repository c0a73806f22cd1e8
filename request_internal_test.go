//go:build !race

package ecomtrade24

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// CreateSession allocates no more than hand-written code with net/http and encoding/json and the same timeout.
// net/http's allocations for a socket come on top of both numbers.
//
//nolint:paralleltest // AllocsPerRun counts the whole process
func TestClient_CreateSession_allocations(t *testing.T) {
	hc := &http.Client{Transport: replies(`{"ok":true,"session_id":12345,` +
		`"checkout_url":"https:\/\/pay.example\/pay.php?session=12345","expires_at":"2026-11-22 06:15:57"}`)}
	c, err := NewClient("https://pay.example", "sk_test_0123456789", WithHTTPClient(hc))
	require.NoError(t, err)
	p := SessionParams{Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001"}
	sdk := testing.AllocsPerRun(500, func() {
		if _, err := c.CreateSession(t.Context(), p); err != nil {
			t.Error(err)
		}
	})
	byHand := testing.AllocsPerRun(500, func() {
		if _, err := createByHand(t.Context(), hc, p); err != nil {
			t.Error(err)
		}
	})
	if !strings.HasPrefix(runtime.Version(), "go1.26.") {
		t.Skipf("the limits are for Go 1.26; here: %v allocations, %v by hand", sdk, byHand)
	}
	assert.LessOrEqual(t, sdk, byHand)
	assert.LessOrEqual(t, sdk, 33.0, "find the new allocation before you raise the limits")
}

func createByHand(ctx context.Context, hc *http.Client, p SessionParams) (s struct {
	SessionID   json.Number `json:"session_id"`
	CheckoutURL string      `json:"checkout_url"`
	ExpiresAt   string      `json:"expires_at"`
}, err error,
) {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	body, err := json.Marshal(p)
	if err != nil {
		return s, err
	}
	const target = "https://pay.example/gateway/session.php"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return s, err
	}
	r.Header.Set("Authorization", "Bearer sk_test_0123456789")
	r.Header.Set("Content-Type", "application/json")
	resp, err := hc.Do(r)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

// replies is a gateway that gives every request the same response.
type replies string

func (text replies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	body := io.NopCloser(strings.NewReader(string(text)))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
}

// A client without an observer allocates only what the call itself needs.
//
//nolint:paralleltest // AllocsPerRun counts the whole process
func TestClient_do_withoutObserverAllocatesNothing(t *testing.T) {
	c, err := NewClient("https://pay.example", "sk_test_0123456789",
		WithHTTPClient(&http.Client{Transport: replies(`{"session_id":"1","status":"paid"}`)}))
	require.NoError(t, err)
	k := request{op: "status", path: "/gateway/status.php?session_id=1", session: "1"}
	count := func(send func(context.Context, request, decoder) error) float64 {
		return testing.AllocsPerRun(500, func() {
			s := SessionStatus{Payment: Payment{SessionID: "1"}}
			if err := send(t.Context(), k, &s); err != nil {
				t.Error(err)
			}
		})
	}
	bare := count(func(ctx context.Context, k request, out decoder) error {
		_, err := c.repeat(ctx, k, out)
		return err
	})
	assert.Equal(t, bare, count(c.do))
	c.observer = func(ctx context.Context, _ Call) (context.Context, func(CallResult)) { return ctx, func(CallResult) {} }
	assert.GreaterOrEqual(t, count(c.do), bare)
}
