package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// skipPlainSimply is a simple version of skipPlain that reads one byte at a time.
func skipPlainSimply(text string, at int) int {
	for c := byteAt(text, at); c >= ' ' && c < 0x80 && c != '"' && c != '\\'; c = byteAt(text, at) {
		at++
	}
	return at
}

// skipPlain finds each byte, at each position of a text longer than eight bytes.
func TestSkipPlain(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 20 {
			text := strings.Repeat("a", at) + string([]byte{byte(c)}) + strings.Repeat(" ", 20-at)
			require.Equal(t, skipPlainSimply(text, 0), skipPlain(text, 0), "%q", text)
		}
	}
}

// BenchmarkSkipPlain compares both implementations, for texts as long as a webhook's and for long metadata.
func BenchmarkSkipPlain(b *testing.B) {
	for name, text := range map[string]string{
		"short": `ORDER-10001"`, "usual": `2026-11-22T06:15:57+00:00"`, "long": strings.Repeat("lorem ipsum ", 100) + `"`,
	} {
		b.Run(name+"/eight at a time", func(b *testing.B) {
			for b.Loop() {
				skipPlain(text, 0)
			}
		})
		b.Run(name+"/one at a time", func(b *testing.B) {
			for b.Loop() {
				skipPlainSimply(text, 0)
			}
		})
	}
}
