package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

func TestWithTrace(t *testing.T) {
	t.Parallel()
	r := newRecord()
	p := params()
	assert.Equal(t, p, ecomtrade24otel.WithTrace(t.Context(), p), "without a span, p is unchanged")

	ctx, span := r.tracers.Tracer("shop").Start(t.Context(), "buy")
	defer span.End()
	told := ecomtrade24otel.WithTrace(ctx, p)
	assert.Nil(t, p.Metadata)
	assert.Len(t, told.Metadata, 1)
	assert.Contains(t, told.Metadata["traceparent"], span.SpanContext().TraceID().String())

	p.Metadata = map[string]string{"color": "red"}
	told = ecomtrade24otel.WithTrace(ctx, p)
	assert.Equal(t, map[string]string{"color": "red"}, p.Metadata, "the caller's map is copied")
	assert.Equal(t, "red", told.Metadata["color"])
}

// A delivery's span continues the purchase's trace and links to the span of the HTTP request. Text that WithTrace did
// not write is ignored.
func TestWebhook_trace(t *testing.T) {
	t.Parallel()
	r := newRecord()
	ctx, buy := r.tracers.Tracer("shop").Start(t.Context(), "buy")
	good := ecomtrade24otel.WithTrace(ctx, params()).Metadata["traceparent"]
	buy.End()
	for metadata, traced := range map[string]bool{good: true, "": false, "00-zz": false, good + "-more": false} {
		r.spans.Reset()
		request, server := r.tracers.Tracer("server").Start(t.Context(), "POST /webhook")
		body := paidEvent[:len(paidEvent)-1] + `,"meta":{"traceparent":"` + metadata + `"}}`
		handle := inbox.New(sql.OpenDB(&database{}), inbox.SQLite, ignore, ecomtrade24otel.Inbox(r.options...)).Handle
		r.handler(t, handle).ServeHTTP(httptest.NewRecorder(), delivery(body, body).WithContext(request))
		server.End()
		span, change := r.ended("ecomtrade24 webhook")[0], r.ended("ecomtrade24 inbox")[0]
		assert.Equal(t, span.SpanContext.SpanID(), change.Parent.SpanID())
		assert.Equal(t, span.SpanContext.TraceID(), change.SpanContext.TraceID())
		if !traced {
			assert.Equal(t, server.SpanContext().SpanID(), span.Parent.SpanID(), metadata)
			assert.Empty(t, span.Links)
			continue
		}
		assert.Equal(t, buy.SpanContext().SpanID(), span.Parent.SpanID())
		assert.Equal(t, buy.SpanContext().TraceID(), span.SpanContext.TraceID())
		require.Len(t, span.Links, 1)
		assert.Equal(t, server.SpanContext().SpanID(), span.Links[0].SpanContext.SpanID())
	}
}

// An event that waited in a queue still finds its trace.
func TestInbox_trace(t *testing.T) {
	t.Parallel()
	r := newRecord()
	ctx, buy := r.tracers.Tracer("shop").Start(t.Context(), "buy")
	ev := event(ecomtrade24.StatusPaid)
	ev.Metadata = ecomtrade24otel.WithTrace(ctx, params()).Metadata
	box := inbox.New(sql.OpenDB(&database{}), inbox.SQLite, ignore, ecomtrade24otel.Inbox(r.options...))
	require.NoError(t, box.Handle(context.Background(), ev))
	assert.Equal(t, buy.SpanContext().SpanID(), r.ended("ecomtrade24 inbox")[0].Parent.SpanID())
}
