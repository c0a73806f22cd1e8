// Package bench compares the SDK with its peers and with the floor that the standard library sets, on the same work in
// one process. It has nothing to import: bench/run runs it and writes docs/performance.md.
package bench
