// Package wire reads the gateway's loose JSON into strict Go values.
//
// The gateway is written in PHP: numbers stand where strings are expected and the reverse, 1 and "1" mean true, an
// empty map is [], and ids change their type between versions. The package accepts exactly those habits and nothing
// else. encoding/json validates the whole body once; after that the members are walked over bytes known to be valid.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"
)

// space is JSON's own white space, which is less than Unicode's.
const space = " \t\r\n"

// Each way a body can fail to be the one JSON object that was promised. None repeats a byte of the body.
var (
	ErrEmpty     = errors.New("the body is empty")
	ErrHTML      = errors.New("the body is HTML or a PHP message, not JSON")
	ErrBroken    = errors.New("the body is broken or cut short, not valid JSON")
	ErrNotObject = errors.New("the body is JSON but not one object")
)

// Object is the text of one valid JSON object. The zero Object has no members.
type Object string

// Parse accepts a body that is one JSON object with nothing but white space around it.
// The Object is a copy: the body may be reused.
func Parse(body []byte) (Object, error) {
	if !json.Valid(body) {
		return "", broken(body)
	}
	text := string(bytes.Trim(body, space))
	if text[0] != '{' {
		return "", ErrNotObject
	}
	return Object(text), nil
}

// broken says in what way an invalid body is broken.
func broken(body []byte) error {
	text := bytes.Trim(body, space)
	switch {
	case len(text) == 0:
		return ErrEmpty
	case text[0] == '<':
		return ErrHTML
	default:
		return ErrBroken
	}
}

// Members yields the object's members in their own order, keys unescaped, each repetition of a key included:
// a reader that keeps the last one agrees with encoding/json and with PHP.
func (o Object) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		text := string(o)
		plain := isPlain(text)
		for at := 1; at < len(text); {
			at = skipSpace(text, at)
			switch text[at] {
			case '}':
				return
			case ',':
				at++
				continue
			}
			end := skipString(text, at)
			key := text[at+1 : end-1]
			if !plain {
				key = unquote(text[at:end])
			}
			at = skipSpace(text, end)
			at = skipSpace(text, at+1) // the colon
			end = skipValue(text, at)
			if !yield(key, Value(text[at:end])) {
				return
			}
			at = end
		}
	}
}

// skipSpace returns the first position from at that holds no white space. Nothing else in valid JSON sorts so low.
func skipSpace(text string, at int) int {
	for text[at] <= ' ' {
		at++
	}
	return at
}

// skipValue returns the position after the valid JSON value that starts at at.
func skipValue(text string, at int) int {
	switch text[at] {
	case '"':
		return skipString(text, at)
	case '{', '[':
		return skipNested(text, at)
	}
	for at < len(text) && text[at] > ' ' && text[at] != ',' && text[at] != ']' && text[at] != '}' {
		at++
	}
	return at
}

// skipString returns the position after the string that starts at at: after the first quote that no backslash escapes.
func skipString(text string, at int) int {
	for start := at; ; {
		at += 1 + strings.IndexByte(text[at+1:], '"')
		escape := at - 1
		for escape > start && text[escape] == '\\' {
			escape--
		}
		if (at-escape)%2 == 1 {
			return at + 1
		}
	}
}

// skipNested returns the position after the object or array that starts at at.
func skipNested(text string, at int) int {
	for depth := 0; ; {
		switch text[at] {
		case '"':
			at = skipString(text, at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		at++
		if depth == 0 {
			return at
		}
	}
}

// Member returns the last value under key; "" if there is none.
func (o Object) Member(key string) Value {
	var found Value
	for k, v := range o.Members() {
		if k == key {
			found = v
		}
	}
	return found
}
