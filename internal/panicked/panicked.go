// Package panicked turns a panic of a merchant's function into an error that may be logged.
package panicked

import (
	"fmt"
	"runtime/debug"
)

// Error returns an error with the recovered value and the stack. Only errors and strings are spelt out: any other value
// could be the event itself, whose body must not be logged. The value is not wrapped, or a panic with an error from
// webhook.Discard would be discarded. Call it in the deferred function that recovered: the stack is then the panic's.
func Error(value any) error {
	switch value := value.(type) {
	case error:
		return fmt.Errorf("panic: %s\n%s", value.Error(), debug.Stack())
	case string:
		return fmt.Errorf("panic: %s\n%s", value, debug.Stack())
	default:
		return fmt.Errorf("panic: a value of type %T\n%s", value, debug.Stack())
	}
}
