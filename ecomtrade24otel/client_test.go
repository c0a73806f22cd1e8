package ecomtrade24otel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
)

// roundTrip is a fake gateway that needs no sockets.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

const (
	sessionJSON = `{"ok":true,"session_id":12345,"checkout_url":"https:\/\/pay.example\/pay.php?session=12345"}`
	statusJSON  = `{"ok":true,"session_id":12345,"order_id":"ORDER-10001","status":"paid"}`
)

// client returns a client for a gateway at https://pay.example/shop.
func (r *record) client(t *testing.T, gateway roundTrip, opts ...ecomtrade24.Option) *ecomtrade24.Client {
	t.Helper()
	opts = append([]ecomtrade24.Option{
		ecomtrade24otel.Client(r.options...),
		ecomtrade24.WithHTTPClient(&http.Client{Transport: gateway}),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 3, MaxDelay: 1}),
	}, opts...)
	c, err := ecomtrade24.NewClient("https://pay.example/shop", "sk_test_MARKER", opts...)
	require.NoError(t, err)
	return c
}

func params() ecomtrade24.SessionParams {
	return ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	r := newRecord()
	attempts := 0
	c := r.client(t, func(req *http.Request) (*http.Response, error) {
		attempts++
		assert.Equal(t, "session_id=12345", req.URL.RawQuery, "the request keeps its query")
		if attempts < 3 {
			return response(http.StatusBadGateway, ""), nil
		}
		return response(http.StatusOK, statusJSON), nil
	})
	_, err := c.Status(t.Context(), "12345")
	require.NoError(t, err)

	calls, tries := r.ended("ecomtrade24 status"), r.ended("GET /shop/gateway/status.php")
	require.Len(t, calls, 1)
	require.Len(t, tries, 3)
	assert.Equal(t, trace.SpanKindInternal, calls[0].SpanKind)
	assert.Equal(t, codes.Unset, calls[0].Status.Code)
	assert.Equal(t, "3", value(calls[0], "ecomtrade24.attempts"))
	assert.Equal(t, "ok", value(calls[0], "ecomtrade24.outcome"))
	assert.Equal(t, "12345", value(calls[0], "ecomtrade24.session.id"))
	for i, want := range []struct{ status, resent, errorType string }{
		{"502", "", "502"}, {"502", "1", "502"}, {"200", "2", ""},
	} {
		assert.Equal(t, calls[0].SpanContext.SpanID(), tries[i].Parent.SpanID())
		assert.Equal(t, trace.SpanKindClient, tries[i].SpanKind)
		assert.Equal(t, "GET", value(tries[i], "http.request.method"))
		assert.Equal(t, "https://pay.example/shop/gateway/status.php", value(tries[i], "url.full"))
		assert.Equal(t, "pay.example", value(tries[i], "server.address"))
		assert.Equal(t, want.status, value(tries[i], "http.response.status_code"))
		assert.Equal(t, want.resent, value(tries[i], "http.request.resend_count"))
		assert.Equal(t, want.errorType, value(tries[i], "error.type"))
	}
	metrics := r.metrics(t)
	assert.Contains(t, metrics, "ecomtrade24.client.attempts{ecomtrade24.operation=status} 1 of sum 3")
	assert.Contains(t, metrics, "ecomtrade24.client.duration{ecomtrade24.operation=status,ecomtrade24.outcome=ok} 1")
	assert.Contains(t, strings.Join(metrics, "\n"), "http.client.request.duration{http.request.method=GET,"+
		"http.response.status_code=502,")
}

func TestClient_failures(t *testing.T) {
	t.Parallel()
	refused := errors.New("dial MARKER: connection refused")
	html := response(http.StatusOK, "<html>MARKER")
	cut, broken := response(http.StatusOK, ""), iotest.ErrReader(errors.New("malformed MIME header: MARKER"))
	cut.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), broken))
	rows := []struct {
		name      string
		says      *http.Response
		fails     error
		errorType string
		unknown   string // whether a session may have been created
	}{
		{"rejected by the gateway", response(http.StatusForbidden, `{"error":"unauthorized"}`), nil, "403", "false"},
		{"a proxy lost the response", response(http.StatusBadGateway, "MARKER"), nil, "502", "true"},
		{"not JSON", html, nil, "decode", "true"},
		{"cut short", cut, nil, "decode", "true"},
		{"no response in time", nil, context.DeadlineExceeded, "timeout", "true"},
		{"the caller gave up", nil, context.Canceled, "canceled", "true"},
		{"no connection", nil, refused, "transport", "true"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := newRecord()
			c := r.client(t, func(req *http.Request) (*http.Response, error) {
				_, err := io.Copy(io.Discard, req.Body) // the request counts as sent, so it is not sent again
				assert.NoError(t, err)
				return row.says, row.fails
			})
			_, err := c.CreateSession(t.Context(), params())
			require.Error(t, err)
			if row.fails != nil {
				require.ErrorIs(t, err, row.fails, "the caller gets the transport's own error")
			}
			call := r.ended("ecomtrade24 create session")[0]
			assert.Equal(t, "failed", value(call, "ecomtrade24.outcome"))
			assert.Equal(t, row.errorType, value(call, "error.type"))
			assert.Equal(t, row.unknown, value(call, "ecomtrade24.outcome_unknown"))
			assert.Equal(t, codes.Error, call.Status.Code)
			assert.Equal(t, err.Error(), call.Status.Description)
			assert.Contains(t, r.metrics(t), "ecomtrade24.client.duration{ecomtrade24.operation=create session,"+
				"ecomtrade24.outcome=failed,error.type="+row.errorType+"} 1")
			assert.Len(t, r.ended("POST /shop/gateway/session.php"), 1)
			r.assertNothingSecret(t)
		})
	}
}

// The gateway belongs to another company, so it gets neither the trace nor the baggage.
func TestClient_sendsNoTraceHeaders(t *testing.T) {
	t.Parallel()
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	r := newRecord()
	var sent []http.Header
	c := r.client(t, func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.Header.Clone())
		return response(http.StatusOK, sessionJSON), nil
	})
	member, err := baggage.NewMember("buyer", "MARKER")
	require.NoError(t, err)
	bag, err := baggage.New(member)
	require.NoError(t, err)
	ctx, span := r.tracers.Tracer("test").Start(baggage.ContextWithBaggage(t.Context(), bag), "buy")
	defer span.End()
	_, err = c.CreateSession(ctx, params())
	require.NoError(t, err)
	require.Len(t, sent, 1)
	for name := range sent[0] {
		assert.Contains(t, []string{"Authorization", "Accept", "User-Agent", "Content-Type"}, name)
	}
}
