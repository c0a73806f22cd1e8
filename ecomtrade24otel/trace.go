package ecomtrade24otel

import (
	"context"
	"maps"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// WithTrace returns p with the current span's identity in its metadata, as traceparent. The gateway returns metadata in
// its signed webhooks, and Webhook and Inbox continue that trace. So a purchase is one trace, from the buyer's click to
// the paid order, even if other processes take part or the webhook is late. Without a current span, p is unchanged.
// WithTrace copies p's map.
func WithTrace(ctx context.Context, p ecomtrade24.SessionParams) ecomtrade24.SessionParams {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	parent := carrier.Get(traceparent)
	if parent == "" {
		return p
	}
	p.Metadata = maps.Clone(p.Metadata)
	if p.Metadata == nil {
		p.Metadata = map[string]string{}
	}
	p.Metadata[traceparent] = parent
	return p
}

const traceparent = "traceparent"

// traceOf reads what WithTrace wrote. If metadata has no trace, it returns the zero SpanContext, which is not valid.
func traceOf(metadata map[string]string) trace.SpanContext {
	carrier := propagation.MapCarrier{traceparent: metadata[traceparent]}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}
