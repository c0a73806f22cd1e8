package ecomtrade24otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// Inbox is an option of inbox.New that traces and measures every event and its change.
func Inbox(opts ...Option) inbox.Option {
	c := configure(opts)
	m := c.meter()
	t := &changes{
		tracer:   c.tracer(),
		duration: m.seconds("ecomtrade24.inbox.duration", "Time to apply an event, by outcome.", quick()...),
		attempts: m.attempts("ecomtrade24.inbox.attempts", "Transactions per event."),
		wait:     m.seconds("ecomtrade24.inbox.wait", "Time until a connection to the database was free.", quick()...),
		changes:  m.count("ecomtrade24.inbox.changes", "Committed changes, by Kind and by the words of webhook.Note."),
		age:      m.seconds("ecomtrade24.inbox.event.age", "Time from sending an event until its change.", slow()...),
	}
	return inbox.WithObserver(t.observe)
}

type changes struct {
	tracer              trace.Tracer
	duration, wait, age metric.Float64Histogram
	attempts            metric.Int64Histogram
	changes             metric.Int64Counter
	words               vocabulary
}

// observe is an inbox.Observer.
func (t *changes) observe(ctx context.Context, op inbox.Operation) (context.Context, func(inbox.Result)) {
	ctx, span := start(ctx, t.tracer, "inbox", op.Start, op.Event, trace.SpanKindInternal)
	return ctx, func(r inbox.Result) {
		outcome := outcomeKey.String(string(r.Outcome))
		span.SetAttributes(outcome)
		span.SetAttributes(changesKey.StringSlice(r.Changes))
		span.SetAttributes(attemptsKey.Int(r.Attempts), waitedKey.Float64(r.Waited.Seconds()))
		if r.Err != nil {
			span.SetStatus(codes.Error, "") // no text, since the merchant's error may contain a secret
		}
		span.End()
		t.duration.Record(ctx, time.Since(op.Start).Seconds(), metric.WithAttributes(outcome))
		t.wait.Record(ctx, r.Waited.Seconds())
		t.attempts.Record(ctx, int64(r.Attempts))
		for _, kind := range r.Changes {
			t.changes.Add(ctx, 1, metric.WithAttributes(kindKey.String(t.words.known(kind))))
		}
		if sent := op.Event.SentAt; len(r.Changes) > 0 && !sent.IsZero() {
			t.age.Record(ctx, max(time.Since(sent), 0).Seconds())
		}
	}
}
