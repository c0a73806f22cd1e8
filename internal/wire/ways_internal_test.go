package wire

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The benchmarks set the reader's ways beside those that were tried and not taken. Their figures are in
// docs/performance.md.

// BenchmarkSkip steps over a string of n characters.
func BenchmarkSkip(b *testing.B) {
	for _, n := range []int{12, 80, 400} {
		text := `"` + strings.Repeat("x", n) + `":"` + strings.Repeat("y", 100)
		for _, way := range []struct {
			name string
			skip func(text string, at int) int
		}{{"words", skipPlain}, {"indexbyte", skipToQuote}, {"bytes", skipBytes}} {
			b.Run("n="+strconv.Itoa(n)+"/by="+way.name, func(b *testing.B) {
				for b.Loop() {
					if way.skip(text, 1) != n+1 {
						b.Fatal("stopped at the wrong place")
					}
				}
			})
		}
	}
}

// skipToQuote finds the quote first, with the processor's widest registers, and then checks what is before it.
func skipToQuote(text string, at int) int {
	end := at + strings.IndexByte(text[at:], '"')
	for ; end-at >= 8; at += 8 {
		if special(binary.LittleEndian.Uint64([]byte(text[at:end]))) != 0 {
			break
		}
	}
	return skipBytes(text[:end], at)
}

func skipBytes(text string, at int) int {
	for ; at < len(text); at++ {
		if c := text[at]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			break
		}
	}
	return at
}

// BenchmarkMetadata reads an event with 4 KiB of metadata: in one walk; in two, the second of which fills the map; and
// in one after encoding/json has checked the body.
func BenchmarkMetadata(b *testing.B) {
	var entries strings.Builder
	for i := range 42 {
		fmt.Fprintf(&entries, `,"note_%d":"%s"`, i, strings.Repeat("x", 80))
	}
	object := `{"status":"paid","%s":{` + entries.String()[1:] + `}}`
	read := func(b *testing.B, key string, check func([]byte) bool) {
		b.Helper()
		body := fmt.Appendf(nil, object, key)
		for b.Loop() {
			o, err := Parse(body)
			if err != nil || !check(body) || len(o.Member(key).Map()) != 42 {
				b.Fatal("not read")
			}
		}
	}
	unchecked := func([]byte) bool { return true }
	b.Run("by=one-walk", func(b *testing.B) { read(b, "meta", unchecked) })
	b.Run("by=two-walks", func(b *testing.B) { read(b, "data", unchecked) })
	b.Run("by=check-first", func(b *testing.B) { read(b, "meta", json.Valid) })
}
