package wire

import "strings"

// The skip functions validate JSON while they step over it. Each takes the text and the position of a piece, and
// returns the position after the piece, or broken if the piece is invalid. If the position is broken, they return
// broken, so callers can check once after several steps.
const broken = -1

// maxDepth limits the nesting of objects and lists, as in encoding/json.
const maxDepth = 10_000

// take is a function that steps over a member's or an item's value. Its arguments are the member's key and the value's
// position.
type take func(key string, at int) (end int)

// byteAt returns the byte at a position, or 0 beyond the end. No JSON value begins with a NUL byte.
func byteAt(text string, at int) byte {
	if uint(at) < uint(len(text)) {
		return text[at]
	}
	return 0
}

// skipSpace steps over JSON's four white space characters.
func skipSpace(text string, at int) int {
	for {
		switch byteAt(text, at) {
		case ' ', '\t', '\r', '\n':
			at++
		default:
			return at
		}
	}
}

// skipValue steps over a value and reports whether it is a plain string. The argument depth is the number of objects
// and lists around the value. If the value is an object or a list and the function each is not nil, skipValue calls
// each to step over every member's or item's value.
func skipValue(text string, at, depth int, each take) (end int, plain bool) {
	switch byteAt(text, at) {
	case '"':
		return skipString(text, at)
	case '{', '[':
		return skipNested(text, at, depth+1, each), false
	case 't':
		return skipWord(text, at, "true"), false
	case 'f':
		return skipWord(text, at, "false"), false
	case 'n':
		return skipWord(text, at, "null"), false
	default:
		return skipNumber(text, at), false
	}
}

// skipNested steps over an object or a list.
func skipNested(text string, at, depth int, each take) int {
	closing := text[at] + 2 // in ASCII, ] and } come two places after [ and {
	at = skipSpace(text, at+1)
	if byteAt(text, at) == closing && depth <= maxDepth {
		return at + 1
	}
	for depth <= maxDepth {
		key := ""
		if closing == '}' {
			key, at = skipKey(text, at, each != nil)
		}
		if each != nil {
			at = each(key, at)
		} else {
			at, _ = skipValue(text, at, depth, nil)
		}
		at = skipSpace(text, at)
		switch byteAt(text, at) {
		case ',':
			at = skipSpace(text, at+1)
		case closing:
			return at + 1
		default:
			return broken
		}
	}
	return broken
}

// skipKey steps over a member's key and colon. It returns the key only if the argument wanted is true.
func skipKey(text string, at int, wanted bool) (key string, next int) {
	end, plain := skipString(text, at)
	colon := skipSpace(text, end)
	if byteAt(text, colon) != ':' {
		return "", broken
	}
	if wanted {
		key = unquote(text[at:end], plain)
	}
	return key, skipSpace(text, colon+1)
}

func skipWord(text string, at int, word string) int {
	if !strings.HasPrefix(text[at:], word) {
		return broken
	}
	return at + len(word)
}

func skipNumber(text string, at int) int {
	if byteAt(text, at) == '-' {
		at++
	}
	if byteAt(text, at) == '0' { // no digit may follow a leading 0
		at++
	} else {
		at = skipDigits(text, at)
	}
	if byteAt(text, at) == '.' {
		at = skipDigits(text, at+1)
	}
	if c := byteAt(text, at); c == 'e' || c == 'E' {
		at++
		if c = byteAt(text, at); c == '+' || c == '-' {
			at++
		}
		at = skipDigits(text, at)
	}
	return at
}

// skipDigits steps over one or more digits.
func skipDigits(text string, at int) int {
	start := at
	for c := byteAt(text, at); '0' <= c && c <= '9'; c = byteAt(text, at) {
		at++
	}
	if at == start {
		return broken
	}
	return at
}
