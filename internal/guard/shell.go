// Package guard protects against untrusted input and leaked secrets. Shell, Text, Line and URL make untrusted text safe
// to show in a shell, in a terminal and on a page. RedactKey removes a key. Loopback recognizes this machine.
package guard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shell quotes s so that a POSIX shell reads back exactly s. It escapes, in octal, each byte that a terminal would
// interpret, and drops NUL, which no argument can contain.
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
		case r == utf8.RuneError && n > 1: // s contains U+FFFD itself and not invalid UTF-8
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
