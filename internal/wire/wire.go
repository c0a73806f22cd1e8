// Package wire reads the gateway's loose JSON into strict Go values.
//
// The gateway is written in PHP: it sends numbers for strings and strings for numbers, 1 and "1" mean true, an empty
// map is [], and IDs change their type between versions. The package accepts exactly these PHP habits. Apart from them,
// it reads JSON, its strings and its numbers as encoding/json does.
package wire

import (
	"errors"
	"iter"
)

// Errors for a body that is not one JSON object. Their texts contain nothing from the body.
var (
	ErrEmpty     = errors.New("the body is empty")
	ErrHTML      = errors.New("the body is HTML or a PHP message, not JSON")
	ErrBroken    = errors.New("the body is broken or cut short, not valid JSON")
	ErrNotObject = errors.New("the body is JSON but not one object")
)

// Object holds the members of a JSON object that is valid at every depth. The nil Object has no members.
type Object []member

type member struct {
	key   string
	value Value
}

// Parse accepts a body that is one JSON object with nothing but white space around it. It copies the body once; keys
// and values are substrings of the copy. It preallocates room for as many members as a usual response has.
func Parse(body []byte) (Object, error) { return parse(string(body), make(Object, 0, 4)) }

// ParseStorable parses the text Storable(body), and also returns this text. It stores the members in the slice room,
// which may be on the stack, if they fit.
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

// parse reads the object in text and appends its members to o.
func parse(text string, o Object) (Object, error) {
	start, mapped := skipSpace(text, 0), false
	end, _ := skipValue(text, start, 0, func(key string, at int) int {
		var v Value
		if key == "meta" && !mapped { // meta may be as large as the body, so it is read only once
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

// Members yields the members in sequence, with unescaped keys, including repeated keys. A reader that keeps the last
// value of a repeated key behaves like encoding/json and PHP.
func (o Object) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range o {
			if !yield(o[i].key, o[i].value) {
				return
			}
		}
	}
}

// Member returns the last value under key, or the zero Value.
func (o Object) Member(key string) Value {
	var found Value
	for k, v := range o.Members() {
		if k == key {
			found = v
		}
	}
	return found
}
