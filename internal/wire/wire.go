// Package wire reads the gateway's loose JSON into strict Go values.
//
// The gateway is written in PHP: numbers stand where strings are expected and the reverse, 1 and "1" mean true, an
// empty map is [], and ids change their type between versions. The package accepts exactly those habits and nothing
// else. What is JSON, and what its strings and numbers are, is as in encoding/json.
package wire

import (
	"errors"
	"iter"
)

// Each way a body can fail to be the one JSON object that was promised. None repeats a byte of the body.
var (
	ErrEmpty     = errors.New("the body is empty")
	ErrHTML      = errors.New("the body is HTML or a PHP message, not JSON")
	ErrBroken    = errors.New("the body is broken or cut short, not valid JSON")
	ErrNotObject = errors.New("the body is JSON but not one object")
)

// Object holds the members of a JSON object, which is valid down to its deepest value. The nil Object has none.
type Object []member

type member struct {
	key   string
	value Value
}

// Parse accepts a body that is one JSON object with nothing but white space around it. It copies the body once, into
// the string that keys and values are parts of. There is room for the members of a usual response.
func Parse(body []byte) (Object, error) { return parse(string(body), make(Object, 0, 4)) }

// ParseStorable is Parse of what Storable makes of body, which it returns too. room is for the members, and may be on
// the stack.
func ParseStorable(room Object, body []byte) (o Object, storable []byte, err error) {
	o, err = parse(string(body), room[:0])
	if err != nil {
		return nil, body, err
	}
	storable, changed := Storable(body)
	if changed {
		o, err = parse(string(storable), room[:0])
	}
	return o, storable, err
}

// parse appends the members of the object in text to o.
func parse(text string, o Object) (Object, error) {
	start, mapped := skipSpace(text, 0), false
	end, _ := skipValue(text, start, 0, func(key string, at int) int {
		var v Value
		if key == "meta" && !mapped { // as large as a body gets, so it becomes a map in the walk that checks it
			v, at = readMap(text, at, 1)
			mapped = true
		} else {
			v, at = readValue(text, at, 1)
		}
		o = append(o, member{key, v})
		return at
	})
	switch {
	case start == len(text):
		return nil, ErrEmpty
	case text[start] == '<':
		return nil, ErrHTML
	case skipSpace(text, end) != len(text):
		return nil, ErrBroken
	case text[start] != '{':
		return nil, ErrNotObject
	}
	return o, nil
}

// Members yields the members in their own order, keys unescaped, each repetition of a key included: a reader that
// keeps the last one agrees with encoding/json and with PHP.
func (o Object) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range o {
			if !yield(o[i].key, o[i].value) {
				return
			}
		}
	}
}

// Member returns the last value under key; the zero Value if there is none.
func (o Object) Member(key string) Value {
	var found Value
	for k, v := range o.Members() {
		if k == key {
			found = v
		}
	}
	return found
}
