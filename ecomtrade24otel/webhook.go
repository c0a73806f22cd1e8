package ecomtrade24otel

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Webhook is the option of webhook.NewHandler that shows every delivery and what became of it.
func Webhook(opts ...Option) webhook.HandlerOption {
	return webhook.WithObserver(newDeliveries(opts).observe)
}

// Verifier is the option of webhook.NewVerifier that shows every call of Parse, for a worker without a Handler.
func Verifier(opts ...Option) webhook.VerifierOption {
	return webhook.WithParseObserver(newDeliveries(opts).observe)
}

type deliveries struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	changes  metric.Int64Counter
	words    vocabulary
}

func newDeliveries(opts []Option) *deliveries {
	c := configure(opts)
	m := c.meter()
	return &deliveries{
		tracer:   c.tracer(),
		duration: m.seconds("ecomtrade24.webhook.duration", "Time until a delivery was answered.", quick()...),
		changes:  m.count("ecomtrade24.webhook.changes", "What deliveries changed, by the words of webhook.Note."),
	}
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
		for _, word := range r.Changes {
			t.changes.Add(ctx, 1, metric.WithAttributes(kindKey.String(t.words.known(word))))
		}
	}
}

// vocabulary bounds the words that a metric is cut by: those after the first of them become one.
type vocabulary struct {
	mu    sync.Mutex
	words map[string]bool
}

const mostWords = 32

// known returns the word, or "other" if there are too many.
func (v *vocabulary) known(word string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.words[word] {
		return word
	}
	if len(v.words) == mostWords {
		return "other"
	}
	if v.words == nil {
		v.words = map[string]bool{}
	}
	v.words[word] = true
	return word
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
