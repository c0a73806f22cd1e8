package wire

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Value is one valid JSON value. The zero Value is absent.
type Value struct {
	text  string
	plain bool              // a string with nothing to unescape or replace
	flat  map[string]string // the result of Map, if it has been read already
}

// readValue reads the value that starts at position at, and returns the position after the value. The argument depth is
// the number of objects and lists around the value.
func readValue(text string, at, depth int) (v Value, end int) {
	end, plain := skipValue(text, at, depth, nil)
	if end == broken {
		return Value{}, broken
	}
	return Value{text: text[at:end], plain: plain}, end
}

// readMap is like readValue but also stores the result of Map. A key and its text have four quotes together, so the
// number of quotes gives the map's size.
func readMap(text string, at, depth int) (v Value, end int) {
	var flat map[string]string
	list, index := byteAt(text, at) == '[', 0
	end, plain := skipValue(text, at, depth, func(key string, at int) int {
		item, end := readValue(text, at, depth+1)
		if list {
			key = strconv.Itoa(index)
			index++
		}
		value, ok := item.Text()
		if item.text == "true" || item.text == "false" {
			value, ok = item.text, true
		}
		if ok && flat == nil {
			flat = make(map[string]string, strings.Count(text[at:], `"`)/4)
		}
		if ok {
			flat[key] = value
		}
		return end
	})
	if end == broken {
		return Value{}, broken
	}
	return Value{text[at:end], plain, flat}, end
}

// IsNull reports whether the value is absent or null. The gateway may send null for anything it does not have.
func (v Value) IsNull() bool { return v.text == "" || v.text == "null" }

// Given reports whether the value is set. Absent, null, false and "" all mean "not set", since PHP uses all of these.
// For an ID, use the method ID.
func (v Value) Given() bool { return !v.IsNull() && v.text != "false" && v.text != `""` }

// ID reads an ID in the same way as Text. It returns "" if the ID is not set or 0.
func (v Value) ID() (string, bool) {
	text, ok := v.Text()
	if text == "0" || !v.Given() {
		return "", true
	}
	return text, ok
}

// IsList reports whether the value is a JSON array.
func (v Value) IsList() bool { return byteAt(v.text, 0) == '[' }

// Text returns a string's text or a number's literal digits, and "" for null. Any other value is not text.
func (v Value) Text() (string, bool) {
	if v.plain {
		return v.text[1 : len(v.text)-1], true
	}
	switch byteAt(v.text, 0) {
	case '"':
		return unquote(v.text, v.plain), true
	case 'n':
		return "", true
	case '{', '[', 't', 'f', 0:
		return "", false
	default:
		return v.text, true
	}
}

// Bool reads true and false in each way that PHP writes them: as literals, as 1 and 0, or as a string that contains one
// of these. It reads null and "" as false.
func (v Value) Bool() (value, ok bool) {
	switch v.text {
	case "true", "1", `"1"`, `"true"`:
		return true, true
	case "false", "0", `"0"`, `"false"`, `""`, "null":
		return false, true
	default:
		return false, false
	}
}

// Time returns a time in UTC. It reads the gateway's two formats, RFC 3339 and "YYYY-MM-DD HH:MM:SS" (which has no zone
// and means UTC), and PHP's DATE_ISO8601, whose zone has no colon. For any other value it returns the zero time, since
// a payment must not be lost because of a date.
func (v Value) Time() time.Time {
	text, _ := v.Text()
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Object returns the value as an Object, if it is one.
func (v Value) Object() (Object, bool) {
	o, err := parse(v.text, nil)
	return o, err == nil
}

// Items returns the values of a list in sequence. A value that is not a list has no items.
func (v Value) Items() []Value {
	var items []Value
	if v.IsList() {
		skipValue(v.text, 0, 0, func(_ string, at int) int {
			item, end := readValue(v.text, at, 1)
			items = append(items, item)
			return end
		})
	}
	return items
}

// Map reads a flat map of texts. A list counts as a PHP array whose keys count up from 0, so [] is an empty map. true
// and false become texts with the same spelling, and null becomes "". Map omits nested values; the raw JSON still has
// them. It returns nil if there are no entries.
func (v Value) Map() map[string]string {
	if v.flat == nil {
		v, _ = readMap(v.text, 0, 0)
	}
	return v.flat
}

// JSON returns the value as it is in the body, or "" if it is absent.
func (v Value) JSON() string { return v.text }

// Kind names the value's JSON type for an error message.
func (v Value) Kind() string {
	kinds := map[byte]string{
		'"': "a string", '{': "an object", '[': "a list", 't': "a boolean", 'f': "a boolean", 'n': "null",
	}
	return cmp.Or(kinds[byteAt(v.text, 0)], "a number")
}
