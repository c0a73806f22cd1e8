package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample is two runs, as go test prints them.
const sample = `date: 2026-11-22
version-stripe-go: github.com/stripe/stripe-go/v85 v85.0.0
pkg: github.com/ecomtrade24/ecomtrade24-go/bench
BenchmarkVerify/size=350/lib=hmac-reset-2   100  400.0 ns/op  0 B/op  0 allocs/op
BenchmarkVerify/size=350/lib=ecomtrade24-2  100  480.0 ns/op  0 B/op  0 allocs/op
PASS
pkg: github.com/ecomtrade24/ecomtrade24-go/webhook
BenchmarkVerify/size=350/by=sdk-2  100  450 ns/op
pkg: github.com/ecomtrade24/ecomtrade24-go/bench
BenchmarkVerify/size=350/lib=hmac-reset-2   100  4000 ns/op  0 B/op  0 allocs/op
BenchmarkVerify/size=350/lib=ecomtrade24-2  100  5200 ns/op  0 B/op  0 allocs/op
BenchmarkSend/c=64/lib=ecomtrade24-2  100  5 ns/op  64.00 conns  7 cpu-ns/op
BenchmarkSend/c=64/lib=ecomtrade24-2  100  5 ns/op  70.00 conns  7 cpu-ns/op
BenchmarkSend/c=64/lib=ecomtrade24-2  100  5 ns/op  99.00 conns  7 cpu-ns/op
`

func TestRead(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(sample))
	require.NoError(t, err)
	assert.Equal(t, []float64{480, 5200}, r.values["Verify/size=350/lib=ecomtrade24"]["ns/op"])
	assert.Equal(t, []float64{450}, r.values[own("Verify", "350", false)]["ns/op"], "the webhook package's own")
	assert.Equal(t, "2026-11-22", r.config["date"])
	assert.Equal(t, []string{"github.com/stripe/stripe-go/v85 v85.0.0"}, r.versions())

	_, err = read(strings.NewReader("BenchmarkX-2  100  broken ns/op\n"))
	require.Error(t, err, "a number that is none must not become a figure")
}

func TestRatios(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(sample))
	require.NoError(t, err)
	// Run by run, 1.2 and 1.3: the second run was ten times slower for both.
	ratios := r.ratios(verify("350", sdk), verify("350", "hmac-reset"), "ns/op")
	assert.InDeltaSlice(t, []float64{1.2, 1.3}, ratios, 1e-9)
	assert.Empty(t, r.ratios(verify("350", sdk), "absent", "ns/op"))
	assert.InDelta(t, 2840, r.median(verify("350", sdk), "ns/op"), 1e-9)
	assert.InDelta(t, 70, r.median(send("64", sdk), "conns"), 1e-9)
	assert.InDelta(t, 35.0/2/70, r.spread(send("64", sdk), "conns"), 1e-9)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		values []float64
		limit  limit
		met    bool
	}{
		{[]float64{1.25}, most(1.25, times), true}, // the limit itself is kept to
		{[]float64{1.26}, most(1.25, times), false},
		{[]float64{3}, least(3), true},
		{[]float64{2.99}, least(3), false},
		{[]float64{1, 1, 9}, most(1.25, times), true}, // the median decides, the spread is shown
		{nil, most(1.25, times), false},               // what was not measured was not met
		{nil, least(0), false},
	} {
		assert.Equal(t, row.met, judge("", row.values, row.limit).Met, fmt.Sprint(row))
	}
	oneBadRound := judge("", []float64{9, 1, 0, 1, 2}, most(2, times))
	assert.Equal(t, "1.00 × (1.00 × to 2.00 ×)", oneBadRound.Got)
	assert.Equal(t, "yes", oneBadRound.Verdict())
	assert.Equal(t, "≤ 96", judge("", nil, most(96, "")).Wanted)
	assert.Equal(t, "**no**", judge("", nil, most(96, "")).Verdict())
	assert.Equal(t, claim{Got: "7.00 × (7.00 × to 7.00 ×)", Met: true}, judge("", []float64{7}, shown))
	assert.Empty(t, judge("", []float64{7}, shown).Verdict(), "no figure was wanted")
}

func TestWrite(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(sample))
	require.NoError(t, err)
	var page strings.Builder
	require.NoError(t, write(&page, r, "growth.svg"))
	assert.Contains(t, page.String(), "| Verify ÷ raw HMAC with Reset, 350 B | ≤ 1.25 × | 1.25 × (1.20 × to 1.30 ×) |")
	assert.Contains(t, page.String(), "in the worst run | ≤ 96 | 99 (99 to 99) | **no** |")
	assert.Contains(t, page.String(), "| fastest peer (stripe-go) ÷ Parse, 350 B | ≥ 3.00 × | not measured | **no** |")
	assert.Contains(t, page.String(), "| ecomtrade24 | 2.84 µs ± 83 % | – | – | 0 |")
	assert.Contains(t, page.String(), "](growth.svg)")
	assert.Contains(t, page.String(), "Parse ÷ raw HMAC was missed", "what was not measured was not met")
}

func TestQuantity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		value      float64
		unit, want string
	}{
		{480, "ns/op", "480 ns"},
		{2840, "cpu-ns/op", "2.84 µs"},
		{42_069_069_000, "build-ns", "42.1 s"}, // no unit beyond seconds
		{0, "B/op", "0 B"},
		{9_312_170, "binary-B", "8.88 MiB"},
		{92.4, "allocs/op", "92"},
	} {
		assert.Equal(t, row.want, quantity(row.value, row.unit))
	}
}
