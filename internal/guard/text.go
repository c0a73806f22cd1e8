package guard

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s in a form that is safe to show in a terminal or on a page. It escapes invisible characters, and
// characters that change how other text looks, such as control characters and direction marks. The escapes are those of
// Go string literals. It keeps line breaks and tabs.
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

// Line is Text for a single-line field. It escapes line breaks and tabs, which could fake a new line, and truncates to
// limit characters.
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

// URL returns an address without its possibly secret parts: user name and password, query and fragment.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}
