package guard

import (
	"strconv"
	"strings"
)

// minKey is the minimum length of text to redact, which is a key or the beginning of a key. Shorter text may be part of
// ordinary words.
const minKey = 8

// RedactKey returns a function that removes the key from a server's text. It finds the key even if characters of the
// key are JSON escapes, or if the key is cut off at the end of the text.
func RedactKey(key string) func(text string) string {
	if len(key) < minKey {
		return func(text string) string { return text }
	}
	return func(text string) string { return redact(redact(text, key, plainChar), key, jsonChar) }
}

// redact removes the key from the text. It decodes the text's characters with the function read.
func redact(text, key string, read charReader) string {
	var b strings.Builder
	kept := 0
	for at := 0; at < len(text); at++ {
		matched, end := 0, at
		for matched < len(key) && end < len(text) {
			c, size := read(text[end:])
			if size > 0 && c != key[matched] {
				break
			}
			if size == 0 { // the text ends within the character
				end = len(text)
				break
			}
			matched++
			end += size
		}
		if matched == len(key) || matched >= minKey && end == len(text) {
			b.WriteString(text[kept:at] + "[redacted]")
			kept, at = end, end-1
		}
	}
	return b.String() + text[kept:]
}

// charReader decodes the first character of a text and returns its size in bytes, or 0 if the text ends within it.
type charReader func(text string) (c byte, size int)

func plainChar(text string) (c byte, size int) { return text[0], 1 }

// jsonChar decodes a JSON escape.
func jsonChar(text string) (c byte, size int) {
	switch {
	case text[0] != '\\':
		return text[0], 1
	case len(text) == 1:
		return 0, 0
	case text[1] != 'u':
		return text[1], 2
	case len(text) < 6:
		return 0, 0
	}
	unit, err := strconv.ParseUint(text[2:6], 16, 8)
	if err != nil {
		return 0, 6 // no key contains this character
	}
	return byte(unit), 6
}
