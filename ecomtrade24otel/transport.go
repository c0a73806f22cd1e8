package ecomtrade24otel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// transport puts a layer around otelhttp's transport and one inside it, to hide two things from otelhttp. The outer
// layer removes the query from the URL, and the inner layer restores the query. The inner layer hides an error's text,
// which may quote the response, and the outer layer restores the text.
type transport struct {
	traced *otelhttp.Transport
	base   http.RoundTripper
}

func newTransport(base http.RoundTripper, c *config) *transport {
	return &transport{
		traced: otelhttp.NewTransport(inner{base},
			otelhttp.WithTracerProvider(c.tracers),
			otelhttp.WithMeterProvider(c.meters),
			otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()), // the gateway gets no trace headers
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }),
		),
		base: base,
	}
}

// RoundTrip sends the request unchanged, in a span.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	shown := r.Clone(context.WithValue(r.Context(), urlKey{}, r.URL))
	shown.URL.RawQuery, shown.URL.ForceQuery = "", false
	resp, err := t.traced.RoundTrip(shown)
	var h *hiddenError
	if errors.As(err, &h) {
		err = h.cause
	}
	return resp, err
}

// CloseIdleConnections closes idle connections. http.Client.CloseIdleConnections calls it.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

type inner struct{ base http.RoundTripper }

func (t inner) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if n, ok := ctx.Value(countKey{}).(*int); ok {
		*n++
		if *n > 1 {
			trace.SpanFromContext(ctx).SetAttributes(semconv.HTTPRequestResendCount(*n - 1))
		}
	}
	if whole, ok := ctx.Value(urlKey{}).(*url.URL); ok {
		r = r.Clone(ctx)
		r.URL = whole
	}
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, &hiddenError{err}
	}
	if resp.Body != nil {
		resp.Body = hidingBody{resp.Body}
	}
	return resp, nil
}

type (
	urlKey   struct{} // the request's *url.URL, with its query
	countKey struct{} // an *int, the number of attempts so far; attempts never overlap
)

func countAttempts(ctx context.Context) context.Context {
	return context.WithValue(ctx, countKey{}, new(int))
}

// hiddenError hides the text of a transport's error from the span.
type hiddenError struct{ cause error }

func (e *hiddenError) Error() string {
	switch {
	case errors.Is(e.cause, context.DeadlineExceeded):
		return "no response in time"
	case errors.Is(e.cause, context.Canceled):
		return "the caller gave up"
	default:
		return "the request failed"
	}
}

func (e *hiddenError) Unwrap() error { return e.cause }

// ErrorType returns what the semantic conventions require: the error's type, without its text.
func (e *hiddenError) ErrorType() string { return fmt.Sprintf("%T", e.cause) }

// hidingBody hides the text of an error that occurs while the body is read.
type hidingBody struct{ io.ReadCloser }

func (b hidingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &hiddenError{err}
	}
	return n, err
}
