package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes holds the characters other than u that may follow a backslash.
const escapes = `"\/bfnrt`

// skipString steps over a string. The string is plain if it is ASCII with nothing to unescape.
func skipString(text string, at int) (end int, plain bool) {
	if byteAt(text, at) != '"' {
		return broken, false
	}
	at++
	plain = true
	for {
		at = skipPlain(text, at)
		switch c := byteAt(text, at); {
		case c == '"':
			return at + 1, plain
		case c >= utf8.RuneSelf:
			at++
		case c == '\\' && (strings.IndexByte(escapes, byteAt(text, at+1)) >= 0 || codeUnit(text[at:]) >= 0):
			at += 2 // the four digits after \u are read as ordinary characters
		default:
			return broken, false
		}
		plain = false
	}
}

// skipPlain steps over the unescaped ASCII characters of a string. It reads eight bytes at a time, since decoding
// spends most of its time here. For usual text this is three times as fast as one byte at a time (BenchmarkSkipPlain).
// Without it, decoding would miss the target in docs/performance.md.
func skipPlain(text string, at int) int {
	for len(text)-at >= 8 {
		found := special(binary.LittleEndian.Uint64([]byte(text[at:])))
		if found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
		at += 8
	}
	for c := byteAt(text, at); c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\'; c = byteAt(text, at) {
		at++
	}
	return at
}

// special finds the first of eight bytes that is a quote, a backslash, a control character or not ASCII, and sets the
// highest bit of that byte in the result. The highest bits of later bytes may be set too, but if no byte is special, no
// bit is set. Subtracting from a byte sets its highest bit if the byte is too small. Flipping bit 1 turns the quote
// (34) into 32, directly above the control characters, and moves the plain characters 32 and 33 above it. In a
// non-ASCII byte the highest bit is already set, and at least one subtraction leaves it set.
func special(eight uint64) uint64 {
	const ones = 0x01_01_01_01_01_01_01_01
	return (((eight ^ ones*2) - ones*33) | ((eight ^ ones*'\\') - ones)) & (ones * 128)
}

// unquote decodes a valid string as encoding/json does: half a surrogate pair, and each byte of invalid UTF-8, becomes
// U+FFFD. It does not allocate if decoding changes nothing.
func unquote(quoted string, plain bool) string {
	text := quoted[1 : len(quoted)-1]
	if plain || strings.IndexByte(text, '\\') < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for at := 0; at < len(text); {
		end := skipPlain(text, at)
		b.WriteString(text[at:end])
		at = end
		if at == len(text) {
			break
		}
		r, size := readRune(text[at:])
		b.WriteRune(r)
		at += size
	}
	return b.String()
}

// readRune returns the first character of s, escaped or not, and its size in bytes.
func readRune(s string) (r rune, size int) {
	if s[0] != '\\' {
		return utf8.DecodeRuneInString(s)
	}
	if s[1] != 'u' {
		return rune("\"\\/\b\f\n\r\t"[strings.IndexByte(escapes, s[1])]), 2
	}
	r = codeUnit(s)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, codeUnit(s[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// codeUnit decodes the escape \uXXXX at the start of s. It returns -1 if s does not start with one.
func codeUnit(s string) rune {
	if len(s) < 6 || s[:2] != `\u` {
		return -1
	}
	unit, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}

// Flaw returns the reason why the gateway might not return text unchanged, or "" if there is no such reason. A session
// ID with a flaw cannot be looked up.
func Flaw(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "must be valid UTF-8"
	case strings.ContainsFunc(text, unicode.IsControl):
		return "must not hold control characters"
	case strings.TrimSpace(text) != text:
		return "must not begin or end with white space"
	default:
		return ""
	}
}

// Storable returns valid JSON that PostgreSQL's jsonb can store: an escaped NUL, half a surrogate pair and a byte of
// invalid UTF-8 become U+FFFD. It reports whether anything changed; if not, it returns raw itself.
func Storable(raw []byte) (storable []byte, changed bool) {
	if !bytes.Contains(raw, []byte(`\u`)) && utf8.Valid(raw) {
		return raw, false
	}
	text := string(raw)
	out := make([]byte, 0, len(raw))
	for at := 0; at < len(text); {
		r, size := readRune(text[at:])
		if escaped := text[at] == '\\'; r == utf8.RuneError || r == 0 && escaped {
			out = utf8.AppendRune(out, utf8.RuneError)
			changed = true
		} else {
			out = append(out, text[at:at+size]...)
		}
		at += size
	}
	if !changed {
		return raw, false
	}
	return out, true
}
