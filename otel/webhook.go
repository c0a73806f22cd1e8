package ecomtrade24otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Webhook is the option of webhook.NewHandler that shows every delivery and what became of it.
func Webhook(opts ...Option) webhook.HandlerOption {
	c := configure(opts)
	t := &deliveries{
		tracer:   c.tracer(),
		duration: c.meter().seconds("ecomtrade24.webhook.duration", "Time until a delivery was answered.", quick()...),
	}
	return webhook.WithObserver(t.observe)
}

type deliveries struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
}

// observe is an ecomtrade24.Observer.
func (t *deliveries) observe(
	ctx context.Context, op ecomtrade24.Operation,
) (context.Context, func(ecomtrade24.Result)) {
	ctx, span := start(ctx, t.tracer, op, trace.SpanKindConsumer)
	return ctx, func(r ecomtrade24.Result) {
		labels := attributesOf(r)
		span.SetAttributes(labels...)
		if len(r.Changes) > 0 {
			span.SetAttributes(changesKey.StringSlice(r.Changes))
		}
		if r.Outcome == ecomtrade24.OutcomeFailed || r.Outcome == ecomtrade24.OutcomeInterrupted {
			span.SetStatus(codes.Error, "") // the error is the merchant's own, its words may hold anything
		}
		span.End()
		t.duration.Record(ctx, time.Since(op.Start).Seconds(), metric.WithAttributes(labels...))
	}
}

// start begins a span about an event: in the trace that its session was made in, if WithTrace told the gateway, with a
// link to the span that it would else have been a child of.
func start(
	ctx context.Context, t trace.Tracer, op ecomtrade24.Operation, kind trace.SpanKind,
) (context.Context, trace.Span) {
	opts := []trace.SpanStartOption{
		trace.WithTimestamp(op.Start), trace.WithSpanKind(kind), trace.WithAttributes(about(op.Event)...),
	}
	if op.Event != nil {
		here, purchase := trace.SpanContextFromContext(ctx), traceOf(op.Event.Metadata)
		if purchase.IsValid() && purchase.TraceID() != here.TraceID() {
			if here.IsValid() {
				opts = append(opts, trace.WithLinks(trace.Link{SpanContext: here}))
			}
			ctx = trace.ContextWithRemoteSpanContext(ctx, purchase)
		}
	}
	return t.Start(ctx, "ecomtrade24 "+op.Name, opts...)
}
