package wire

import (
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is the text of one valid JSON value, as it stands inside an Object.
type Value string

// IsNull tells whether the value is null, which the gateway may send for anything it has not got.
func (v Value) IsNull() bool { return v == "null" }

// Text reads a string, or a number as its literal digits; null is "". Anything else is not text.
func (v Value) Text() (string, bool) {
	switch v.first() {
	case '"':
		return unquote(string(v)), true
	case 'n':
		return "", true
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return string(v), true
	default:
		return "", false
	}
}

// Bool reads true and false as PHP writes them: bare, as 1 and 0, or as a string of either. null and "" are false.
func (v Value) Bool() (value, ok bool) {
	switch v {
	case "true", "1", `"1"`, `"true"`:
		return true, true
	case "false", "0", `"0"`, `"false"`, `""`, "null":
		return false, true
	default:
		return false, false
	}
}

// Time reads the gateway's two time formats, RFC 3339 and "YYYY-MM-DD HH:MM:SS" (no zone: UTC), as UTC.
// Whatever else stands there is the zero time: a date for people must not cost a payment.
func (v Value) Time() time.Time {
	text, _ := v.Text()
	layout := time.RFC3339
	if !strings.Contains(text, "T") {
		layout = time.DateTime
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Object returns the value as an Object, if it is one.
func (v Value) Object() (Object, bool) {
	if v.first() != '{' {
		return "", false
	}
	return Object(v), true
}

// Items yields the values of a list in order; a value that is no list has none.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !v.IsList() {
			return
		}
		text := string(v)
		for at := 1; at < len(text); {
			at = skipSpace(text, at)
			switch text[at] {
			case ']':
				return
			case ',':
				at++
				continue
			}
			end := skipValue(text, at)
			if !yield(Value(text[at:end])) {
				return
			}
			at = end
		}
	}
}

// IsList tells whether the value is a JSON array.
func (v Value) IsList() bool { return v.first() == '[' }

// Map reads a flat map of texts. A list is a PHP array whose keys ran from 0, so [] is an empty map; true and false
// keep their spelling, null is "", and nested values are left out: the raw JSON still holds them. nil when there is
// nothing.
func (v Value) Map() map[string]string {
	var m map[string]string
	put := func(key string, item Value) {
		text, ok := item.Text()
		if !ok && (item == "true" || item == "false") {
			text, ok = string(item), true
		}
		if !ok {
			return
		}
		if m == nil {
			m = make(map[string]string)
		}
		m[key] = text
	}
	if object, ok := v.Object(); ok {
		for key, item := range object.Members() {
			put(key, item)
		}
	}
	index := 0
	for item := range v.Items() {
		put(strconv.Itoa(index), item)
		index++
	}
	return m
}

// Kind names the value's JSON type for an error message.
func (v Value) Kind() string {
	switch v.first() {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

func (v Value) first() byte {
	if v == "" {
		return 0
	}
	return v[0]
}

// unquote reads a valid JSON string. PHP writes every slash as \/; where no backslash is escaped, that can mean
// nothing else. encoding/json does whatever else there is to unescape or to mend, so that both always agree.
func unquote(quoted string) string {
	plain := quoted[1 : len(quoted)-1]
	if isPlain(plain) {
		return plain
	}
	if !strings.Contains(plain, `\\`) {
		if plain = strings.ReplaceAll(plain, `\/`, "/"); isPlain(plain) {
			return plain
		}
	}
	var text string
	_ = json.Unmarshal([]byte(quoted), &text) // cannot fail: the string is valid
	return text
}

// isPlain tells whether every string within text stands for itself: no escapes, and UTF-8 throughout.
func isPlain(text string) bool { return strings.IndexByte(text, '\\') < 0 && utf8.ValidString(text) }
