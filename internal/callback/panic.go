package callback

import (
	"fmt"
	"runtime/debug"
)

// PanicError returns an error with the recovered value and the stack. It prints only errors and strings: any other
// value may be the event itself, whose body must not be logged. It does not wrap the value, since then a panic with an
// error from webhook.Discard would be discarded. Call it in the deferred function that recovered, so that the stack is
// the panic's.
func PanicError(value any) error {
	switch value := value.(type) {
	case error:
		return fmt.Errorf("panic: %s\n%s", value.Error(), debug.Stack())
	case string:
		return fmt.Errorf("panic: %s\n%s", value, debug.Stack())
	default:
		return fmt.Errorf("panic: a value of type %T\n%s", value, debug.Stack())
	}
}
