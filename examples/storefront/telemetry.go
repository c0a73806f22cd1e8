package main

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
)

// telemetry counts what the client, the webhook's handler and the inbox do, for Prometheus to fetch. Traces go to
// OpenTelemetry's global provider: set a provider with an OTLP exporter to see a purchase from the click to the paid
// order.
type telemetry struct {
	http.Handler // serves /metrics

	options []ecomtrade24otel.Option
}

func (s *shop) newTelemetry() (*telemetry, error) {
	registry := prometheus.NewRegistry()
	for state, name := range map[string]string{"retryable": "late", "discarded": "given_up"} {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "storefront_receipts_" + name, Help: "Unsent receipts of all replicas.",
		}, func() float64 { return s.countReceipts(state) }))
	}
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

// countReceipts counts receipts in the database, so that every replica reports the same number.
func (s *shop) countReceipts(state string) float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var n float64
	row := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'mail' AND state = $1`, state)
	if err := row.Scan(&n); err != nil {
		return math.NaN()
	}
	return n
}

// metrics returns the handler for /metrics, which requires the admin password. If no password is set, a public shop
// does not serve /metrics.
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
