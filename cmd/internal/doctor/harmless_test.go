package doctor_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/doctor"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// received returns the bodies that Check sends to an endpoint.
func received(t *testing.T, endpoint http.Handler) (bodies []string) {
	t.Helper()
	var mu sync.Mutex
	found(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		mu.Lock()
		bodies = append(bodies, string(body))
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		endpoint.ServeHTTP(w, r)
	}), 10*time.Second)
	return bodies
}

// Whether or not the endpoint accepts them, the bodies that Check sends cannot mark an order paid and do not contain
// the secret.
func TestEndpoint_Check_isHarmless(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*merchant{
		"accepts everything": {takesUnsigned: true, takesForged: true, takesGarbage: true, limit: 1 << 30},
		"accepts nothing":    {key: "whsec_other"},
		"is right":           {},
		"re-encodes":         {reencode: python},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bodies := received(t, m)
			require.NotEmpty(t, bodies)
			assert.LessOrEqual(t, len(bodies), doctor.MostDeliveries)
			for _, body := range bodies {
				assert.NotContains(t, body, secret)
				assert.NotContains(t, body, "paid")
				var ev ecomtrade24.Event
				if ev.UnmarshalJSON([]byte(body)) != nil {
					continue // not an event
				}
				assert.True(t, ev.Test)
				assert.Equal(t, ecomtrade24.StatusTest, ev.Status)
				assert.Empty(t, ev.SessionID)
				assert.ErrorIs(t, ev.Settles(ecomtrade24.Order{ID: ev.OrderID, Amount: ev.Amount, Currency: "USD"}),
					ecomtrade24.ErrTestPayment)
			}
		})
	}
}

// Check posts one test twice in a row, and a second test twice at the same time.
func TestEndpoint_Check_repeats(t *testing.T) {
	t.Parallel()
	times := map[string]int{}
	for _, body := range received(t, &merchant{}) {
		times[body]++
	}
	twice := 0
	for _, n := range times {
		if n == 2 {
			twice++
		}
	}
	assert.Equal(t, 2, twice)
}

// An interrupted check reports no failure.
func TestEndpoint_Check_interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
	t.Cleanup(server.Close)
	sender := delivery.NewSender(time.Second)
	t.Cleanup(sender.Close)
	for f := range (doctor.Endpoint{URL: server.URL, Secret: secret, Sender: sender}).Check(ctx) {
		assert.Equal(t, doctor.OK, f.Result, f)
	}
}

func TestEndpoint_Check_unreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	sender := delivery.NewSender(time.Second)
	for f := range (doctor.Endpoint{URL: server.URL, Secret: secret, Sender: sender}).Check(t.Context()) {
		if f.Check != "responds" {
			assert.Equal(t, doctor.Skipped, f.Result)
			continue
		}
		assert.Equal(t, "unreachable", f.Fault)
		assert.Equal(t, "connection refused", f.What)
	}
}
