package sandbox_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// variables reads the colours of a stylesheet, the first one of each name.
func variables(css string) map[string]string {
	colours := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		if colours[m[1]] == "" {
			colours[m[1]] = m[2]
		}
	}
	return colours
}

// contrast is WCAG's contrast ratio of two colours, 1 to 21.
func contrast(tb testing.TB, a, b string) float64 {
	tb.Helper()
	high, low := luminance(tb, a), luminance(tb, b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

// luminance is WCAG's relative luminance of a colour written as six hex digits.
func luminance(tb testing.TB, hex string) float64 {
	tb.Helper()
	require.Len(tb, hex, 6)
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		require.NoError(tb, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
