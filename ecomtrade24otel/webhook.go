package ecomtrade24otel

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Webhook is an option of webhook.NewHandler that traces and measures every delivery and its outcome.
func Webhook(opts ...Option) webhook.HandlerOption {
	return webhook.WithObserver(newDeliveries(opts).observe)
}

// Verifier is an option of webhook.NewVerifier that traces and measures each Parse, for a worker without a Handler.
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
		duration: m.seconds("ecomtrade24.webhook.duration", "Time to respond to a delivery.", quick()...),
		changes:  m.count("ecomtrade24.webhook.changes", "Number of changes, by the words passed to webhook.Note."),
	}
}

// observe is a webhook.Observer.
func (t *deliveries) observe(ctx context.Context, d webhook.Delivery) (context.Context, func(webhook.Result)) {
	ctx, span := start(ctx, t.tracer, "webhook", d.Start, d.Event, trace.SpanKindConsumer)
	return ctx, func(r webhook.Result) {
		labels := []attribute.KeyValue{outcomeKey.String(string(r.Outcome))}
		if r.Reason != "" {
			labels = append(labels, reasonKey.String(r.Reason))
		}
		span.SetAttributes(labels...)
		if len(r.Notes) > 0 {
			span.SetAttributes(changesKey.StringSlice(r.Notes))
		}
		if r.Outcome == webhook.OutcomeFailed || r.Outcome == webhook.OutcomeInterrupted {
			span.SetStatus(codes.Error, "") // no text, since the merchant's error may contain a secret
		}
		span.End()
		t.duration.Record(ctx, time.Since(d.Start).Seconds(), metric.WithAttributes(labels...))
		for _, word := range r.Notes {
			t.changes.Add(ctx, 1, metric.WithAttributes(kindKey.String(t.words.known(word))))
		}
	}
}

// vocabulary limits the number of different words in a metric. Words beyond the limit are counted together as "other".
type vocabulary struct {
	mu    sync.Mutex
	words map[string]bool
}

const mostWords = 32

// known returns the word, or "other" if there are too many different words.
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

// start begins a span about an event. If WithTrace put a trace into the session's metadata, the span continues that
// trace and links to the span that would otherwise be its parent.
func start(
	ctx context.Context, t trace.Tracer, name string, at time.Time, ev *ecomtrade24.Event, kind trace.SpanKind,
) (context.Context, trace.Span) {
	opts := []trace.SpanStartOption{
		trace.WithTimestamp(at), trace.WithSpanKind(kind), trace.WithAttributes(about(ev)...),
	}
	if ev != nil {
		here, purchase := trace.SpanContextFromContext(ctx), traceOf(ev.Metadata)
		if purchase.IsValid() && purchase.TraceID() != here.TraceID() {
			if here.IsValid() {
				opts = append(opts, trace.WithLinks(trace.Link{SpanContext: here}))
			}
			ctx = trace.ContextWithRemoteSpanContext(ctx, purchase)
		}
	}
	return t.Start(ctx, "ecomtrade24 "+name, opts...)
}
