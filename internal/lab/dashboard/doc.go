// Package dashboard checks docs/grafana.json. It contains only tests.
package dashboard
