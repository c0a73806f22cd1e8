package inbox

import (
	"context"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Observer is the telemetry hook of an Inbox: see WithObserver. The inbox calls it before it applies an event. It
// returns the context for the Func and a non-nil function, which the inbox calls once the event is applied or has
// failed. Neither the Observer nor that function may block.
type Observer func(ctx context.Context, op Operation) (context.Context, func(Result))

// Operation is an event that the inbox is about to apply.
type Operation struct {
	Start time.Time
	Event *ecomtrade24.Event // read-only
}

// Result says what happened to an event.
type Result struct {
	Outcome  Outcome
	Changes  []string      // the Kind of the committed Change, and the words passed to webhook.Note
	Err      error         // nil on success; may wrap the merchant's own error
	Attempts int           // the number of transactions started
	Waited   time.Duration // how long the inbox waited for a database connection
}

// Outcome says what happened to an event. Metrics use the same words.
type Outcome string

// The outcomes.
const (
	OutcomeChanged     Outcome = "changed"     // the Func ran and its change is committed
	OutcomeUnchanged   Outcome = "unchanged"   // a higher status, or the same change, was already reported
	OutcomeDuplicate   Outcome = "duplicate"   // the event was already recorded
	OutcomeFailed      Outcome = "failed"      // an error; nothing is committed
	OutcomeUncommitted Outcome = "uncommitted" // from HandleTx: the transaction is still open, so Changes is empty
)

// forLedger converts o for package ledger.
func (o Observer) forLedger() ledger.Observer {
	if o == nil {
		return nil
	}
	return func(ctx context.Context, op ledger.Operation) (context.Context, func(ledger.Result)) {
		ctx, end := o(ctx, Operation(op))
		return ctx, func(r ledger.Result) {
			end(Result{Outcome: Outcome(r.Outcome), Changes: r.Changes, Err: r.Err, Attempts: r.Attempts, Waited: r.Waited})
		}
	}
}
