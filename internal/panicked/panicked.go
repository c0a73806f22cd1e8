// Package panicked turns what a merchant's function panicked with into an error that may be logged.
package panicked

import (
	"fmt"
	"runtime/debug"
)

// Error names the panic and where it came from. Only errors and strings are spelt out: any other value could be the
// event itself, and its body belongs in no log. Nothing is wrapped, so that a panic with a discarded error is not
// discarded. Call it in the deferred function that recovered, so that the stack is the panic's.
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
