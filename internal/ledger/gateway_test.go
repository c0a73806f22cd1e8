package ledger_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// gateway responds to Status without a socket, so it works in a synctest bubble.
type gateway func(session string) *http.Response

func (g gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := g(r.URL.Query().Get("session_id"))
	resp.Request = r
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return resp, nil
}

func (g gateway) client(t *testing.T) *ecomtrade24.Client {
	t.Helper()
	c, err := ecomtrade24.NewClient("https://gateway.example", "key-1234567890",
		ecomtrade24.WithHTTPClient(&http.Client{Transport: g}),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	return c
}

func response(code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// tooMany returns a 429 with a Retry-After.
func tooMany(seconds int) *http.Response {
	resp := response(429, `{"ok":false,"error":"rate_limited"}`)
	resp.Header.Set("Retry-After", strconv.Itoa(seconds))
	return resp
}

// status returns the response to a status lookup. The order ID has the same number as the session ID.
func status(session, word string) *http.Response {
	return response(200, fmt.Sprintf(`{"ok":true,"session_id":%[1]q,"order_id":"ORDER-%[1]s","status":%[2]q,`+
		`"amount":"5.00","currency":"USD","txid":"tx-%[1]s"}`, session, word))
}

func paidStatus(session string) *http.Response { return status(session, "paid") }

func numbers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, strconv.Itoa(i+1))
	}
	return ids
}

// expect calls Expect for each session. Each order ID has the same number as its session ID.
func (b *box) expect(t *testing.T, sessions ...string) {
	t.Helper()
	for _, id := range sessions {
		require.NoError(t, b.inTx(t.Context(), func(tx *tx) error { return b.Expect(t.Context(), tx, id, "ORDER-"+id) }))
	}
}

// scheduled returns a box with n sessions that are scheduled for now.
func scheduled(t *testing.T, n int, opts ...option) *box {
	t.Helper()
	b := newBox(opts...)
	b.expect(t, numbers(n)...)
	<-time.After(2 * time.Minute)
	return b
}

// next returns the time until a session's next check, or 0 if no check is scheduled.
func (b *box) next(t *testing.T, session string) time.Duration {
	t.Helper()
	row := b.store.row(ledger.Check{Session: ledger.Session{Order: "ORDER-" + session, ID: session}})
	if row.NextCheck <= 0 {
		return 0
	}
	return time.Until(time.UnixMilli(row.NextCheck))
}

func event(session, order, word string) *ecomtrade24.Event {
	return &ecomtrade24.Event{Payment: ecomtrade24.Payment{
		SessionID: session, OrderID: order, Status: ecomtrade24.PaymentStatus(word), Amount: "5.00", Currency: "USD",
	}}
}
