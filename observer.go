package ecomtrade24

import (
	"context"
	"time"
)

// Observer is the hook for telemetry. Give it to a Client, a webhook.Handler or an inbox.Inbox by the option
// WithObserver of each. It is called when an operation begins. The operation goes on with the context that it returns,
// and calls the function that it returns, which must not be nil, when it ends. Neither may block. The folder otel has
// observers for OpenTelemetry. Without an observer, the default, there is no cost.
type Observer func(ctx context.Context, op Operation) (context.Context, func(Result))

// Operation describes an operation that begins.
type Operation struct {
	Name  string    // "create session", "me" or "status" of a Client; "webhook" of a Handler; "inbox" of an Inbox
	Start time.Time // when the work began: earlier than the call for a webhook, which is read and verified first
	Event *Event    // for "webhook" and "inbox": do not change it; nil for a webhook that cannot be trusted
}

// Result says how an operation ended.
type Result struct {
	Outcome   Outcome
	Changes   []string      // the inbox.Kind of the Change that an Inbox committed, and the words of webhook.Note
	Reason    string        // why a webhook was refused, in a word such as "bad_signature"
	Err       error         // nil on success; a Client's holds no secret in its text, others may wrap the merchant's own
	Attempts  int           // requests sent by a Client, transactions begun by an Inbox
	Waited    time.Duration // how long an Inbox waited for a connection to its database
	SessionID string        // the payment's, where it is known
}

// Outcome is how an operation ended, in the words that logs and metrics use too.
type Outcome string

// The outcomes. OutcomeFailed is of all three: a call that ended with an error, a delivery whose function did, an event
// that an Inbox could not commit.
const (
	OutcomeFailed Outcome = "failed"

	OutcomeOK Outcome = "ok" // of a Client: the call returned what it was asked for

	OutcomeHandled     Outcome = "handled"     // of a Handler: the merchant's function returned nil
	OutcomeDiscarded   Outcome = "discarded"   // it returned a webhook.Discard
	OutcomeRefused     Outcome = "refused"     // the delivery cannot be trusted or read; see Reason
	OutcomeInterrupted Outcome = "interrupted" // the time was over, or the server is shutting down

	OutcomeChanged   Outcome = "changed"   // of an Inbox: its Func was called, and the change is committed
	OutcomeUnchanged Outcome = "unchanged" // the event came too late, or another one had said the same
	OutcomeDuplicate Outcome = "duplicate" // the event was recorded before
	// OutcomeVerified is of Verifier.Parse: the signature is right and the event is readable.
	OutcomeVerified Outcome = "verified"
	// OutcomeUncommitted is of HandleTx: it has written, and the caller's transaction is still open. Changes stays empty.
	OutcomeUncommitted Outcome = "uncommitted"
)
