package webhook

import "errors"

// Discard wraps an error that a redelivery cannot fix, such as an unknown order. The Handler logs it and responds with
// 200. Discard(nil) is nil.
func Discard(err error) error {
	if err == nil {
		return nil
	}
	return &discardError{err}
}

// Discarded reports whether err is or wraps an error from Discard. Use it in your own handler, which should respond
// with 200 if Discarded returns true. It returns false for joined errors, since a redelivery may still fix the other
// errors.
func Discarded(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if _, ok := err.(*discardError); ok { //nolint:errorlint // errors.As would find joined errors too
			return true
		}
	}
	return false
}

type discardError struct{ err error }

func (e *discardError) Error() string { return e.err.Error() }
func (e *discardError) Unwrap() error { return e.err }
