package ecomtrade24otel_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
)

// record keeps all spans and metrics.
type record struct {
	spans   *tracetest.InMemoryExporter
	tracers *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	options []ecomtrade24otel.Option
}

func newRecord() *record {
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	return &record{spans, tracers, reader, []ecomtrade24otel.Option{
		ecomtrade24otel.WithTracerProvider(tracers), ecomtrade24otel.WithMeterProvider(meters),
	}}
}

// ended returns the finished spans with this name, sorted by start time.
func (r *record) ended(name string) tracetest.SpanStubs {
	var found tracetest.SpanStubs
	for _, s := range r.spans.GetSpans() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	return found
}

// value returns a span's attribute as text, or "" if it has none.
func value(s tracetest.SpanStub, key string) string {
	for _, a := range s.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

// metrics returns each data point as a line: name, sorted attributes and the number of measurements.
func (r *record) metrics(tb testing.TB) []string {
	tb.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(tb, r.reader.Collect(context.Background(), &all))
	var lines []string
	add := func(name string, set attribute.Set, count any) {
		lines = append(lines, fmt.Sprintf("%s{%s} %v", name, set.Encoded(attribute.DefaultEncoder()), count))
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(m.Name, p.Attributes, p.Count)
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					add(m.Name, p.Attributes, fmt.Sprint(p.Count, " of sum ", p.Sum))
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(m.Name, p.Attributes, p.Value)
				}
			default:
				tb.Errorf("%s has the unexpected type %T", m.Name, data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// tree prints the spans of one trace below their parents, with some attributes.
func (r *record) tree(w io.Writer, keys ...string) {
	spans := r.spans.GetSpans()
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	printChildren(w, spans, trace.SpanID{}, 0, keys)
}

func printChildren(w io.Writer, spans tracetest.SpanStubs, parent trace.SpanID, depth int, keys []string) {
	for _, s := range spans {
		if s.Parent.SpanID() != parent || s.SpanContext.TraceID() != spans[0].SpanContext.TraceID() {
			continue
		}
		words := []string{strings.Repeat("  ", depth) + s.Name}
		for _, key := range keys {
			if v := value(s, key); v != "" {
				words = append(words, v)
			}
		}
		fmt.Fprintln(w, strings.Join(words, " "))
		printChildren(w, spans, s.SpanContext.SpanID(), depth+1, keys)
	}
}
