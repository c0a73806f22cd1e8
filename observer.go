package ecomtrade24

import (
	"context"
	"time"
)

// Observer is a Client's telemetry hook: see WithObserver. The client invokes it when a call starts. It returns the
// context for the call and a non-nil function, which the client invokes when the call ends. Neither the Observer nor
// that function may block. Packages webhook and inbox have their own Observer. Package ecomtrade24otel implements all
// three Observers with OpenTelemetry.
type Observer func(ctx context.Context, c Call) (context.Context, func(CallResult))

// Call is a call that is about to start. It includes all attempts.
type Call struct {
	Name  string // "create session", "me" or "status"
	Start time.Time
}

// CallResult describes how a call ended.
type CallResult struct {
	Err       error  // nil on success; its text contains no secret
	Attempts  int    // the number of requests sent
	SessionID string // the session's ID; empty if unknown
}
