package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const (
	secret    = "whsec_MARKER"
	paidEvent = `{"event":"payment.completed","session_id":12345,"order_id":"ORDER-10001","status":"paid",` +
		`"amount":"49.95","currency":"USD","txid":"tx-1","email":"MARKER@buyer.example"}`
)

func delivery(signed, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header.Set("X-Signature", webhook.Sign(secret, []byte(signed)))
	return r
}

func (r *record) handler(
	t *testing.T, handle func(context.Context, *ecomtrade24.Event) error, opts ...webhook.HandlerOption,
) *webhook.Handler {
	t.Helper()
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	return webhook.NewHandler(v, handle, append(opts, ecomtrade24otel.Webhook(r.options...))...)
}

// untilItEnds is a merchant's function that exceeds its time limit.
func untilItEnds(ctx context.Context, _ *ecomtrade24.Event) error {
	<-ctx.Done()
	return ctx.Err()
}

func ignore(context.Context, *sql.Tx, inbox.Change) error { return nil }

func TestWebhook(t *testing.T) {
	t.Parallel()
	known := &database{Facts: paidFacts()}
	returns := func(err error) func(context.Context, *ecomtrade24.Event) error {
		return func(context.Context, *ecomtrade24.Event) error { return err }
	}
	broken := errors.New("MARKER")
	boxed := func(d *database) func(context.Context, *ecomtrade24.Event) error {
		return inbox.New(sql.OpenDB(d), inbox.SQLite, ignore, ecomtrade24otel.Inbox()).Handle
	}
	rows := []struct {
		name    string
		handle  func(context.Context, *ecomtrade24.Event) error
		r       *http.Request
		outcome string
		reason  string
		code    codes.Code
		limit   time.Duration // the function's time limit; 0 for the default
	}{
		{"handled", returns(nil), delivery(paidEvent, paidEvent), "handled", "", codes.Unset, 0},
		{"handled by an inbox", boxed(&database{}), delivery(paidEvent, paidEvent), "handled", "", codes.Unset, 0},
		{"already recorded by an inbox", boxed(known), delivery(paidEvent, paidEvent), "handled", "", codes.Unset, 0},
		{"discarded", returns(webhook.Discard(broken)), delivery(paidEvent, paidEvent), "discarded", "", codes.Unset, 0},
		{"failed", returns(broken), delivery(paidEvent, paidEvent), "failed", "", codes.Error, 0},
		{"interrupted", untilItEnds, delivery(paidEvent, paidEvent), "interrupted", "", codes.Error, 1},
		{"forged", returns(nil), delivery("MARKER", paidEvent), "rejected", "bad_signature", codes.Unset, 0},
		{"malformed", returns(nil), delivery("MARKER", "MARKER"), "rejected", "malformed", codes.Unset, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := newRecord()
			r.handler(t, row.handle, webhook.WithTimeout(row.limit)).ServeHTTP(httptest.NewRecorder(), row.r)
			spans := r.ended("ecomtrade24 webhook")
			require.Len(t, spans, 1)
			assert.Equal(t, trace.SpanKindConsumer, spans[0].SpanKind)
			assert.Equal(t, row.outcome, value(spans[0], "ecomtrade24.outcome"))
			assert.Equal(t, row.reason, value(spans[0], "ecomtrade24.reason"))
			assert.Equal(t, row.code, spans[0].Status.Code)
			assert.Equal(t, row.outcome != "rejected", value(spans[0], "ecomtrade24.order.id") == "ORDER-10001")
			want := "ecomtrade24.webhook.duration{ecomtrade24.outcome=" + row.outcome
			if row.reason != "" {
				want += ",ecomtrade24.reason=" + row.reason
			}
			metrics := slices.DeleteFunc(r.metrics(t), func(m string) bool { return strings.Contains(m, "webhook.changes") })
			assert.Equal(t, []string{want + "} 1"}, metrics)
			r.assertNothingSecret(t)
		})
	}
}

// A delivery's span shows the Kind that the inbox committed and the words that the merchant's function noted.
func TestWebhook_changes(t *testing.T) {
	t.Parallel()
	apply := func(ctx context.Context, _ *sql.Tx, _ inbox.Change) error {
		webhook.Note(ctx, "wrong_amount")
		return nil
	}
	r := newRecord()
	box := inbox.New(sql.OpenDB(&database{}), inbox.SQLite, apply, ecomtrade24otel.Inbox(r.options...))
	r.handler(t, box.Handle).ServeHTTP(httptest.NewRecorder(), delivery(paidEvent, paidEvent))
	assert.Equal(t, `["paid","wrong_amount"]`, value(r.ended("ecomtrade24 webhook")[0], "ecomtrade24.changes"))
	assert.Equal(t, `["paid","wrong_amount"]`, value(r.ended("ecomtrade24 inbox")[0], "ecomtrade24.changes"))
	for _, part := range []string{"webhook", "inbox"} {
		for _, word := range []string{"paid", "wrong_amount"} {
			assert.Contains(t, r.metrics(t), "ecomtrade24."+part+".changes{ecomtrade24.change.kind="+word+"} 1")
		}
	}
}

// If a function notes a new word each time, the number of metric values stays limited.
func TestWebhook_manyWords(t *testing.T) {
	t.Parallel()
	r, n := newRecord(), 0
	h := r.handler(t, func(ctx context.Context, _ *ecomtrade24.Event) error {
		n++
		webhook.Note(ctx, "word_"+strconv.Itoa(n))
		return nil
	})
	for range 40 {
		h.ServeHTTP(httptest.NewRecorder(), delivery(paidEvent, paidEvent))
	}
	metrics := strings.Join(r.metrics(t), "\n")
	assert.Equal(t, 33, strings.Count(metrics, "ecomtrade24.webhook.changes{"))
	assert.Contains(t, metrics, "ecomtrade24.webhook.changes{ecomtrade24.change.kind=other} 8")
}

// A worker that verifies deliveries from a queue is observed too, so alerts for bad signatures work there.
func TestVerifier(t *testing.T) {
	t.Parallel()
	r := newRecord()
	v, err := webhook.NewVerifier(secret, ecomtrade24otel.Verifier(r.options...))
	require.NoError(t, err)
	for _, signed := range []string{paidEvent, "MARKER"} {
		_, _ = v.Parse(delivery(signed, paidEvent).Header, []byte(paidEvent))
	}
	assert.ElementsMatch(t, []string{
		"ecomtrade24.webhook.duration{ecomtrade24.outcome=verified} 1",
		"ecomtrade24.webhook.duration{ecomtrade24.outcome=rejected,ecomtrade24.reason=bad_signature} 1",
	}, r.metrics(t))
	assert.Equal(t, "12345", value(r.ended("ecomtrade24 webhook")[0], "ecomtrade24.session.id"))
	r.assertNothingSecret(t)
}

// A span starts when its delivery arrives, not when it is verified.
func TestWebhook_time(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, start := newRecord(), time.Now()
		body := delivery(paidEvent, paidEvent)
		body.Body = slow{body.Body}
		r.handler(t, func(context.Context, *ecomtrade24.Event) error { return nil }).ServeHTTP(httptest.NewRecorder(), body)
		span := r.ended("ecomtrade24 webhook")[0]
		assert.Equal(t, start, span.StartTime)
		assert.GreaterOrEqual(t, span.EndTime.Sub(start), time.Second)
	})
}

// slow is a body that takes at least a second to arrive.
type slow struct{ io.ReadCloser }

func (s slow) Read(p []byte) (int, error) {
	<-time.After(time.Second)
	return s.ReadCloser.Read(p)
}
