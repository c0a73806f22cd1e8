package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample has three rounds. The second round was ten times slower for both libraries.
const sample = `version-stripe-go: github.com/stripe/stripe-go/v85 v85.0.0
BenchmarkVerify/lib=slow-2   100  600.0 ns/op  3 allocs/op
BenchmarkVerify/lib=ecomtrade24-2  100  400.0 ns/op  0 allocs/op
PASS
BenchmarkVerify/lib=slow-2   100  5600 ns/op  3 allocs/op
BenchmarkVerify/lib=ecomtrade24-2  100  4000 ns/op  0 allocs/op
BenchmarkVerify/lib=slow-2   100  640.0 ns/op  3 allocs/op
BenchmarkVerify/lib=ecomtrade24-2  100  400.0 ns/op  0 allocs/op
`

func TestResults(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(sample))
	require.NoError(t, err)
	columns := []string{"Verify ns/op", "Verify allocs/op"}
	own, err := r.row("ecomtrade24", columns)
	require.NoError(t, err)
	assert.Equal(t, "| ecomtrade24 | 400 ns | 0 |", own)
	slow, err := r.row("slow", columns)
	require.NoError(t, err)
	assert.Equal(t, "| slow | 1.50 × | 3 |", slow, "expected the median ratio, or the figure if the SDK's figure is 0")
	_, err = r.row("absent", columns)
	require.ErrorContains(t, err, "was not measured")

	kept, err := r.goal("Verify/lib=slow", "Verify/lib=ecomtrade24", "ns/op", "≥", 1.5)
	require.NoError(t, err)
	assert.Equal(t, "≥ 1.50 × | 1.50 × (1.40 to 1.60) | yes", kept)
	missed, err := r.goal("Verify/lib=slow", "Verify/lib=ecomtrade24", "ns/op", "≤", 1.4)
	require.NoError(t, err)
	assert.Equal(t, "≤ 1.40 × | 1.50 × (1.40 to 1.60) | **no**", missed)
	_, err = r.goal("Verify/lib=slow", "absent", "ns/op", "≤", 1)
	require.Error(t, err)
	assert.Equal(t, "ecomtrade24", r.fastest("Verify", []string{"slow", "ecomtrade24"}))
	assert.Equal(t, []string{"github.com/stripe/stripe-go/v85 v85.0.0"}, r.versions())

	require.Error(t, r.write(&strings.Builder{}), "a missing figure is an error")
	_, err = read(strings.NewReader("BenchmarkX-2  100  broken ns/op\n"))
	require.Error(t, err, "an invalid number is an error")
}

func TestScaled(t *testing.T) {
	t.Parallel()
	for want, x := range map[string]float64{"12.3 ns": 12.34, "1.5 µs": 1500, "212 ms": 212e6, "16 s": 16e9} {
		assert.Equal(t, want, scaled(x, 1000, "ns", "µs", "ms", "s"))
	}
}
