// Package php writes JSON like the gateway, which uses PHP.
package php

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Object is a JSON object, as alternating names and values. Encode keeps their sequence. A value is nil, a bool, int,
// string, List or Object; a []any is an Object. An empty Object is written as [], as in PHP.
type Object []any

// List is a JSON array.
type List []any

// Encode writes v like PHP's json_encode without options: it escapes slashes and non-ASCII characters. It panics if v
// is not a valid value of an Object.
func Encode(v any) []byte { return appendJSON(nil, v) }

func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case string:
		return appendString(b, v)
	case List:
		return appendList(b, v)
	case Object:
		return appendObject(b, v)
	case []any:
		return appendObject(b, v)
	default:
		panic(fmt.Sprintf("php: no JSON for a %T", v))
	}
}

func appendList(b []byte, l List) []byte {
	b = append(b, '[')
	for i, item := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, item)
	}
	return append(b, ']')
}

func appendObject(b []byte, o Object) []byte {
	if len(o) == 0 {
		return append(b, "[]"...)
	}
	separator := byte('{')
	for i := 0; i < len(o); i += 2 {
		b = append(b, separator)
		separator = ','
		b = append(appendString(b, o[i].(string)), ':')
		b = appendJSON(b, o[i+1])
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		short := strings.IndexRune("\b\f\n\r\t", r)
		switch {
		case short >= 0:
			b = append(b, '\\', "bfnrt"[short])
		case r == '"' || r == '\\' || r == '/':
			b = append(b, '\\', byte(r))
		case r >= ' ' && r < 0x80:
			b = append(b, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(b, '"')
}

// OrNull returns s, or nil if it is empty.
func OrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Number returns an ID as the gateway writes it: as a number if it is numeric.
func Number(id string) any {
	n, err := strconv.Atoi(id)
	if err != nil || strconv.Itoa(n) != id || n < 0 || len(id) > 18 {
		return id
	}
	return n
}
