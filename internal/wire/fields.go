package wire

import "fmt"

// Fields reads members that must be valid, and keeps the first error. The zero Fields is ready to use.
type Fields struct{ err error }

// Text sets dst to the member's text, or to "" if the member is not set. If the value is an object, a list or the
// literal true, that is an error.
func (f *Fields) Text(dst *string, key string, v Value) {
	text, ok := v.Text()
	if !ok && v.Given() {
		f.fail(key, v, "text")
		return
	}
	*dst = text
}

// ID is like Text, but for an ID, where 0 also means "not set".
func (f *Fields) ID(dst *string, key string, v Value) {
	id, ok := v.ID()
	if !ok {
		f.fail(key, v, "text")
		return
	}
	*dst = id
}

// Bool sets dst to the member's boolean. A value that is neither true nor false is an error.
func (f *Fields) Bool(dst *bool, key string, v Value) {
	value, ok := v.Bool()
	if !ok {
		f.fail(key, v, "true or false")
		return
	}
	*dst = value
}

// Err returns the first error. It names the member and its value's type, never the value.
func (f *Fields) Err() error { return f.err }

func (f *Fields) fail(key string, v Value, want string) {
	if f.err == nil {
		f.err = fmt.Errorf("%s is %s, want %s", key, v.Kind(), want)
	}
}
