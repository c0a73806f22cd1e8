package ecomtrade24otel

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const scope = "github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"

// Option changes a default of Client, Webhook, Verifier and Inbox. A nil Option and a nil provider mean the default.
type Option func(*config)

type config struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider creates spans with p. The default is the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) { c.tracers = p }
}

// WithMeterProvider creates metrics with p. The default is the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) { c.meters = p }
}

func configure(opts []Option) *config {
	c := &config{}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	if c.tracers == nil {
		c.tracers = otel.GetTracerProvider()
	}
	if c.meters == nil {
		c.meters = otel.GetMeterProvider()
	}
	return c
}

func (c *config) tracer() trace.Tracer {
	return c.tracers.Tracer(scope, trace.WithInstrumentationVersion(ecomtrade24.Version))
}

// meter creates instruments. If an instrument cannot be created, OpenTelemetry's error handler gets the error and the
// instrument records nothing.
type meter struct{ metric.Meter }

func (c *config) meter() meter {
	return meter{c.meters.Meter(scope, metric.WithInstrumentationVersion(ecomtrade24.Version))}
}

func (m meter) seconds(name, description string, buckets ...float64) metric.Float64Histogram {
	h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(buckets...))
	if err != nil {
		otel.Handle(err)
	}
	return h
}

func (m meter) attempts(name, description string) metric.Int64Histogram {
	h, err := m.Int64Histogram(name, metric.WithUnit("{attempt}"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(1, 2, 3, 4, 6, 10))
	if err != nil {
		otel.Handle(err)
	}
	return h
}

func (m meter) count(name, description string) metric.Int64Counter {
	c, err := m.Int64Counter(name, metric.WithUnit("{change}"), metric.WithDescription(description))
	if err != nil {
		otel.Handle(err)
	}
	return c
}

// quick returns histogram buckets for the duration of a request.
func quick() []float64 {
	return []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}
}

// slow returns histogram buckets for the age of an event, up to a day, since redeliveries may take that long.
func slow() []float64 { return []float64{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600} }
