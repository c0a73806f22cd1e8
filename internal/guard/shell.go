// Package guard keeps what anybody can send from doing harm where it is shown: in a terminal, on a page, in a shell.
package guard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shell writes an argument so that any POSIX shell reads back exactly s, whoever chose it. What a terminal would obey
// instead of show is written in digits. A NUL, which no argument can hold, is left out.
func Shell(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,="
	if s != "" && s[0] != '=' && strings.Trim(s, plain) == "" {
		return s
	}
	var b strings.Builder
	b.WriteByte('\'')
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == 0:
		case r == '\'':
			b.WriteString(`'\''`)
		case r == '\n', r != utf8.RuneError && unicode.IsPrint(r):
			b.WriteString(s[:n])
		case r == utf8.RuneError && n > 1: // the replacement character itself
			b.WriteString(s[:n])
		default:
			b.WriteString(`'"$(printf '`)
			for _, c := range []byte(s[:n]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
			b.WriteString(`')"'`)
		}
		s = s[n:]
	}
	b.WriteByte('\'')
	return b.String()
}
