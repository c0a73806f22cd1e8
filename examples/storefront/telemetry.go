package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
)

// telemetry counts what the client, the webhook's handler and the inbox do, for Prometheus to fetch. Traces go to
// OpenTelemetry's global provider: set one, with an OTLP exporter, to see a purchase from the click to the paid order.
type telemetry struct {
	http.Handler // of /metrics

	options []ecomtrade24otel.Option
}

func newTelemetry() (*telemetry, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo())
	if err != nil {
		return nil, err
	}
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	return &telemetry{
		Handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		options: []ecomtrade24otel.Option{ecomtrade24otel.WithMeterProvider(meters)},
	}, nil
}

// metrics serves /metrics to whoever knows the admin's password; where there is none, only a shop that is not public
// shows its figures.
func (s *shop) metrics() http.Handler {
	switch {
	case s.adminPassword != "":
		return s.guarded(&s.scrapes, s.telemetry)
	case !s.isPublic():
		return s.telemetry
	default:
		return http.NotFoundHandler()
	}
}
