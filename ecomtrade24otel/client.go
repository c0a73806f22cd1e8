package ecomtrade24otel

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Client is an option of ecomtrade24.NewClient that traces and measures every call and attempt. It wraps the client's
// transport.
func Client(opts ...Option) ecomtrade24.Option {
	c := configure(opts)
	m := c.meter()
	t := &calls{
		tracer:   c.tracer(),
		duration: m.seconds("ecomtrade24.client.duration", "Duration of a call, including retries.", quick()...),
		attempts: m.attempts("ecomtrade24.client.attempts", "Requests per call."),
	}
	return func(client *ecomtrade24.Client) error {
		wrap := func(next http.RoundTripper) http.RoundTripper { return newTransport(next, c) }
		if err := ecomtrade24.WithMiddleware(wrap)(client); err != nil {
			return err
		}
		return ecomtrade24.WithObserver(t.observe)(client)
	}
}

type calls struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	attempts metric.Int64Histogram
}

// observe is an ecomtrade24.Observer.
func (t *calls) observe(ctx context.Context, c ecomtrade24.Call) (context.Context, func(ecomtrade24.CallResult)) {
	ctx, span := t.tracer.Start(ctx, "ecomtrade24 "+c.Name, trace.WithTimestamp(c.Start))
	return countAttempts(ctx), func(r ecomtrade24.CallResult) {
		outcome := "ok"
		if r.Err != nil {
			outcome = "failed"
		}
		labels := []attribute.KeyValue{operationKey.String(c.Name), outcomeKey.String(outcome)}
		span.SetAttributes(labels...)
		span.SetAttributes(attemptsKey.Int(r.Attempts))
		if r.SessionID != "" {
			span.SetAttributes(sessionKey.String(r.SessionID))
		}
		if r.Err != nil {
			labels = append(labels, errorType(r.Err))
			span.SetAttributes(errorType(r.Err), unknownKey.Bool(errors.Is(r.Err, ecomtrade24.ErrOutcomeUnknown)))
			span.SetStatus(codes.Error, r.Err.Error())
		}
		span.End()
		t.duration.Record(ctx, time.Since(c.Start).Seconds(), metric.WithAttributes(labels...))
		t.attempts.Record(ctx, int64(r.Attempts), metric.WithAttributes(labels[0]))
	}
}
