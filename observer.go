package ecomtrade24

import (
	"context"
	"time"
)

// Observer is a Client's hook for telemetry: see WithObserver. It is called when a call begins. The call goes on with
// the context that it returns, and invokes the function that it returns, which must not be nil, when it ends. Neither
// may block. Packages webhook and inbox have their own, and package ecomtrade24otel has one of each for OpenTelemetry.
type Observer func(ctx context.Context, c Call) (context.Context, func(CallResult))

// Call is a call that begins, with all its attempts.
type Call struct {
	Name  string // "create session", "me" or "status"
	Start time.Time
}

// CallResult says how a call ended.
type CallResult struct {
	Err       error  // nil on success; its text holds no secret
	Attempts  int    // the requests that were sent
	SessionID string // the payment's, if it is known
}
