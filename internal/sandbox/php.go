package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// object is a JSON object whose members keep their order. An empty one is written as [], as PHP does.
type object []member

type member struct {
	name  string
	value any // nil, bool, int, string, list or object
}

// list is a JSON array.
type list []any

// encode writes v the way PHP's json_encode does by default: slashes and everything beyond ASCII escaped.
func encode(v any) []byte { return appendJSON(nil, v) }

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
	case list:
		return appendList(b, v)
	case object:
		return appendObject(b, v)
	default:
		panic(fmt.Sprintf("sandbox: no JSON for a %T", v))
	}
}

func appendList(b []byte, l list) []byte {
	b = append(b, '[')
	for i, item := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, item)
	}
	return append(b, ']')
}

func appendObject(b []byte, o object) []byte {
	if len(o) == 0 {
		return append(b, "[]"...)
	}
	for i, m := range o {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		b = append(b, separator)
		b = append(appendString(b, m.name), ':')
		b = appendJSON(b, m.value)
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

// orNull returns s, or nil if it is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
