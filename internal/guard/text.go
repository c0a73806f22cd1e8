package guard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is s as a terminal or a page can show it. What cannot be seen, or changes how other text looks, such as a
// control character or a mark for the direction of writing, is written as in a Go string. Line breaks and tabs stay.
func Text(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) && r != '\n' && r != '\t' }

// Line is Text for a field: without line breaks and tabs, with which it could look like a line of its own, and with at
// most limit letters.
func Line(s string, limit int) string {
	s = strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(Text(s))
	letters := 0
	for i := range s {
		if letters++; letters > limit {
			runes := []rune(s[:i])
			return string(runes[:limit-1]) + "…"
		}
	}
	return s
}
