// Package bench measures the SDK beside its peers and beside the floor that the standard library sets, on the same
// work in one process. It holds nothing to import: bench/run runs it and writes docs/performance.md.
package bench
