// Package dashboard checks docs/grafana.json. It has nothing to import.
package dashboard
