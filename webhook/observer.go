package webhook

import (
	"context"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Observer is the hook for telemetry of a Handler (see WithObserver) or of Verifier.Parse (see WithParseObserver). It
// is called when a delivery has been read and verified. The merchant's function runs with the context that it returns.
// The function that it returns, which must not be nil, is called when the response is decided. Neither may block.
type Observer func(ctx context.Context, d Delivery) (context.Context, func(Result))

// Delivery is a delivery of which the function has not been called yet.
type Delivery struct {
	Start time.Time          // when it came, before it was read
	Event *ecomtrade24.Event // do not change it; nil if the delivery cannot be trusted or read
}

// Result says how a delivery ended.
type Result struct {
	Outcome Outcome
	Reason  string   // why it was rejected, in a word such as "bad_signature"; empty for the other outcomes
	Notes   []string // the words of Note
	Err     error    // nil if it was handled or verified; it may wrap the merchant's own
}

// Outcome is how a delivery ended, in the words that logs and metrics use too.
type Outcome string

// The outcomes.
const (
	OutcomeHandled     Outcome = "handled"     // the merchant's function returned nil
	OutcomeDiscarded   Outcome = "discarded"   // it returned a Discard
	OutcomeFailed      Outcome = "failed"      // it returned another error, or panicked
	OutcomeInterrupted Outcome = "interrupted" // the time was over, or the server is shutting down
	OutcomeRejected    Outcome = "rejected"    // the delivery cannot be trusted or read; see Result.Reason
	OutcomeVerified    Outcome = "verified"    // of Verifier.Parse: the signature is right and the event can be read
)
