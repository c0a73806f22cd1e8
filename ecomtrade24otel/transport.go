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

// transport is otelhttp's between two that keep from it what it must not show: the outer one takes the query off the
// URL and the inner one puts it back; the inner one hides the words of an error, which may quote the response, and the
// outer one shows them again.
type transport struct {
	traced *otelhttp.Transport
	base   http.RoundTripper
}

func newTransport(base http.RoundTripper, c *config) *transport {
	return &transport{
		traced: otelhttp.NewTransport(inner{base},
			otelhttp.WithTracerProvider(c.tracers),
			otelhttp.WithMeterProvider(c.meters),
			otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()), // the gateway gets nothing
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }),
		),
		base: base,
	}
}

// RoundTrip sends the request as it is, in a span.
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

// CloseIdleConnections is for http.Client.CloseIdleConnections.
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
	urlKey   struct{} // of the request's *url.URL, with its query
	countKey struct{} // of how many attempts a call has made, an *int: they follow one another
)

func countAttempts(ctx context.Context) context.Context {
	return context.WithValue(ctx, countKey{}, new(int))
}

// hiddenError keeps the words of a transport's error out of a span.
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

// ErrorType is what the semantic conventions ask for: the type of the error, without its words.
func (e *hiddenError) ErrorType() string { return fmt.Sprintf("%T", e.cause) }

// hidingBody hides the words of an error in the middle of a response.
type hidingBody struct{ io.ReadCloser }

func (b hidingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &hiddenError{err}
	}
	return n, err
}
