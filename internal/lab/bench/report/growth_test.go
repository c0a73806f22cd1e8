package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// grown has bodies for which Parse takes 3 ns a byte and 500 ns more, and the hash 1 ns a byte.
func grown(t *testing.T) results {
	t.Helper()
	var lines strings.Builder
	for of, sizes := range map[string][]int{"size": {350, 4096, 1 << 20}, "members": {10, 10_000}} {
		for _, n := range sizes {
			name, bytes := fmt.Sprintf("BenchmarkGrowth/of=%s/n=%d/by=", of, n), n
			if of == "members" {
				bytes = 20*n + 250
			}
			facts := fmt.Sprintf("ns/op %d body-B %d entries", bytes, n)
			fmt.Fprintf(&lines, "%secomtrade24-2 1 %d %s\n", name, 3*bytes+500, facts)
			fmt.Fprintf(&lines, "%shmac-reset-2 1 %d %s\n", name, bytes, facts)
		}
	}
	r, err := read(strings.NewReader(lines.String()))
	require.NoError(t, err)
	return r
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	r := grown(t)
	assert.Equal(t, "3.00 ns", r.slope("size", sdk))
	assert.Equal(t, "1.00 ns", r.slope("size", "hmac-reset"))
	assert.Equal(t, "1.00", r.power("hmac-reset"))
	assert.Equal(t, "0.99", r.power(sdk), "what is the same for each body counts less in the large ones")
	assert.Equal(t, "60.0 ns", r.entrySlope())
	table := r.growthTable()
	assert.Contains(t, table, "\n| 350 B | 350 | 350 ns | 1.55 µs | 4.43 × | 4.43 ns |\n| 4 KiB |")
	assert.Contains(t, table, "\n| 450 B | 10 | 450 ns | 1.85 µs | 4.11 × | 4.11 ns |")

	var none results
	assert.Equal(t, "–", none.slope("size", sdk))
	assert.Equal(t, "–", none.power(sdk))
	assert.Equal(t, "–", none.entrySlope())
}

// TestPlot reads the picture as XML: a curve for each row of bodies and one for the hash, a dot for each body, all
// inside.
func TestPlot(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	decoder := xml.NewDecoder(strings.NewReader(grown(t).plot()))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		count[start.Name.Local]++
		for _, attr := range start.Attr {
			var at float64
			if attr.Name.Local == "stroke-width" {
				count["curve"]++
			}
			if _, err := fmt.Sscan(attr.Value, &at); err == nil && strings.HasPrefix(attr.Name.Local, "c") {
				assert.True(t, at >= top && at <= right, attr.Name.Local+"="+attr.Value)
			}
		}
	}
	assert.Equal(t, 3, count["curve"])
	assert.Equal(t, 3+3+2, count["circle"])
	assert.InDelta(t, left+(right-left)/(lastByte-firstByte), across(1000), 1e-9)
	assert.InDelta(t, bottom, up(100), 1e-9)
}

func TestWays(t *testing.T) {
	t.Parallel()
	r, err := read(strings.NewReader(`BenchmarkSkip/n=80/by=words-2 1 10 ns/op
BenchmarkSkip/n=80/by=bytes-2 1 40 ns/op
`))
	require.NoError(t, err)
	assert.Contains(t, r.ways(), "| 80 characters: byte by byte | 40.0 ns | 4.00 × |")
	assert.NotContains(t, r.ways(), "12 characters", "what was not measured is left out")
}
