package webhook

import (
	"context"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Observer is the telemetry hook of a Handler (see WithObserver) or of Verifier.Parse (see WithParseObserver). It runs
// after a delivery is verified or rejected. It returns the context for the merchant's function and a non-nil function,
// which runs after the response is decided. Neither the Observer nor that function may block.
type Observer func(ctx context.Context, d Delivery) (context.Context, func(Result))

// Delivery describes a delivery before the merchant's function runs.
type Delivery struct {
	Start time.Time          // when the delivery arrived, before its body was read
	Event *ecomtrade24.Event // read-only; nil if the delivery cannot be trusted or read
}

// Result says how a delivery ended.
type Result struct {
	Outcome Outcome
	Reason  string   // why it was rejected, as a word such as "bad_signature"; otherwise empty
	Notes   []string // the words that were passed to Note
	Err     error    // nil if handled or verified; may wrap the merchant's own error
}

// Outcome says how a delivery ended. Logs and metrics use the same words.
type Outcome string

// The outcomes.
const (
	OutcomeHandled     Outcome = "handled"     // the merchant's function returned nil
	OutcomeDiscarded   Outcome = "discarded"   // the function returned an error from Discard
	OutcomeFailed      Outcome = "failed"      // the function returned an error other than Discard's, or panicked
	OutcomeInterrupted Outcome = "interrupted" // the time ran out, or the server is shutting down
	OutcomeRejected    Outcome = "rejected"    // the delivery cannot be trusted or read: see Result.Reason
	OutcomeVerified    Outcome = "verified"    // from Verifier.Parse: the signature is right and the event is readable
)
