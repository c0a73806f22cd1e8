// Package dashboard checks docs/grafana.json. It holds nothing to import.
package dashboard
