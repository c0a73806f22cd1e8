package webhook

import (
	"context"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Observer is the telemetry hook of a Handler (see WithObserver) or of Verifier.Parse (see WithParseObserver). It runs
// once a delivery is read and verified. It returns the context for the merchant's function and a function, not nil,
// that runs once the response is decided. Neither may block.
type Observer func(ctx context.Context, d Delivery) (context.Context, func(Result))

// Delivery is a delivery before the merchant's function runs.
type Delivery struct {
	Start time.Time          // when it arrived, before it was read
	Event *ecomtrade24.Event // read-only; nil if the delivery cannot be trusted or read
}

// Result says how a delivery ended.
type Result struct {
	Outcome Outcome
	Reason  string   // why it was rejected, as a word such as "bad_signature"; otherwise empty
	Notes   []string // the words of Note
	Err     error    // nil if handled or verified; may wrap the merchant's own error
}

// Outcome says how a delivery ended. Logs and metrics use the same words.
type Outcome string

// The outcomes.
const (
	OutcomeHandled     Outcome = "handled"     // the merchant's function returned nil
	OutcomeDiscarded   Outcome = "discarded"   // it returned an error from Discard
	OutcomeFailed      Outcome = "failed"      // it returned another error, or panicked
	OutcomeInterrupted Outcome = "interrupted" // the time ran out, or the server is shutting down
	OutcomeRejected    Outcome = "rejected"    // the delivery cannot be trusted or read: see Result.Reason
	OutcomeVerified    Outcome = "verified"    // from Verifier.Parse: the signature is right and the event is readable
)
