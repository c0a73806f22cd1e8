package callback

import (
	"fmt"
	"runtime/debug"
)

// PanicError returns an error with the recovered value and the stack. It prints only errors and strings: any other
// value may be the event itself, whose body must not be logged. It does not wrap the value; otherwise the Handler would
// discard a panic whose value comes from webhook.Discard. Call it in the deferred function that recovered, so that the
// stack shows where the panic began.
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
