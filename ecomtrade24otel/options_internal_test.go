package ecomtrade24otel

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Nil restores the default, the global provider, even after another provider was set.
func TestConfigure(t *testing.T) {
	t.Parallel()
	tracers, meters := sdktrace.NewTracerProvider(), sdkmetric.NewMeterProvider()
	for name, opts := range map[string][]Option{
		"none":   nil,
		"nil":    {nil},
		"zero":   {WithTracerProvider(nil), WithMeterProvider(nil)},
		"at end": {WithTracerProvider(tracers), WithMeterProvider(meters), WithTracerProvider(nil), WithMeterProvider(nil)},
	} {
		c := configure(opts)
		assert.Equal(t, otel.GetTracerProvider(), c.tracers, name)
		assert.Equal(t, otel.GetMeterProvider(), c.meters, name)
	}
	c := configure([]Option{WithTracerProvider(tracers), nil, WithMeterProvider(meters)})
	assert.Same(t, tracers, c.tracers)
	assert.Same(t, meters, c.meters)
}
