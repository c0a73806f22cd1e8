package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// assertNothingSecret looks for the marker in everything recorded.
func (r *record) assertNothingSecret(tb testing.TB) {
	tb.Helper()
	spans, err := json.Marshal(r.spans.GetSpans())
	require.NoError(tb, err)
	for _, s := range r.spans.GetSpans() {
		for _, a := range s.Attributes {
			assert.NotContains(tb, strings.ToUpper(a.Value.String()), "MARKER", "%s of %s", a.Key, s.Name)
		}
	}
	assert.NotContains(tb, strings.ToUpper(string(spans)), "MARKER")
	assert.NotContains(tb, strings.ToUpper(strings.Join(r.metrics(tb), "\n")), "MARKER")
}

// Every secret or personal value contains a marker. No span or metric contains a marker, regardless of the outcome.
func TestSecrets_inNoSpanAndNoMetric(t *testing.T) {
	t.Parallel()
	r := newRecord()
	g := gatewaytest.New(t, gatewaytest.WithInMemory())
	c, err := ecomtrade24.NewClient(g.URL, g.APIKey,
		ecomtrade24otel.Client(r.options...), ecomtrade24.WithHTTPClient(g.HTTPClient()))
	require.NoError(t, err)
	p := params()
	p.CustomerEmail = "marker@buyer.example"
	p.ReturnURL = "https://merchant-store.example/marker?token=MARKER"
	p.Metadata = map[string]string{"name": "MARKER", "MARKER": "key"}
	ctx, span := r.tracers.Tracer("shop").Start(t.Context(), "buy")
	s, err := c.CreateSession(ctx, ecomtrade24otel.WithTrace(ctx, p))
	require.NoError(t, err)
	span.End()
	_, err = c.Status(t.Context(), s.ID)
	require.NoError(t, err)

	v, err := webhook.NewVerifier(g.WebhookSecret)
	require.NoError(t, err)
	d := &database{}
	fail := true
	box := inbox.New(sql.OpenDB(d), inbox.MySQL, func(context.Context, *sql.Tx, inbox.Change) error {
		if fail {
			fail = false
			return errors.New("no mail to MARKER@buyer.example")
		}
		return nil
	}, ecomtrade24otel.Inbox(r.options...))
	handler := webhook.NewHandler(v, box.Handle, ecomtrade24otel.Webhook(r.options...))
	g.DeliverToHandler(handler)
	g.Pay(s.ID) // the first delivery fails, and the gateway delivers again
	forged := httptest.NewRequest(http.MethodPost, "/MARKER?q=MARKER", strings.NewReader(`{"order_id":"MARKER"}`))
	forged.Header.Set("X-Signature", webhook.Sign("MARKER", []byte("MARKER")))
	forged.Header.Set("Traceparent", "MARKER")
	handler.ServeHTTP(httptest.NewRecorder(), forged)

	require.Len(t, r.ended("ecomtrade24 webhook"), 3)
	require.Equal(t, "marker@buyer.example", g.Sessions()[0].CustomerEmail, "the webhook must contain the email address")
	for _, secret := range []string{g.APIKey, g.WebhookSecret} {
		spans, err := json.Marshal(r.spans.GetSpans())
		require.NoError(t, err)
		assert.NotContains(t, string(spans), secret)
		assert.NotContains(t, string(spans), "session_id="+s.ID, "a query")
	}
	r.assertNothingSecret(t)
}
