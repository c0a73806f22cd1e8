// Package bench compares the SDK with other libraries, and with the minimum that the standard library needs, on the
// same work in one process. It contains only tests and benchmarks: bench/run runs them and writes docs/performance.md.
package bench
