package inbox

import (
	"context"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Observer is the hook for telemetry of an Inbox: see WithObserver. It is called when an event is about to be applied.
// The Func runs with the context that it returns. The function that it returns, which must not be nil, is called once
// the event is applied or has failed. Neither may block.
type Observer func(ctx context.Context, op Operation) (context.Context, func(Result))

// Operation is an event that is about to be applied.
type Operation struct {
	Start time.Time
	Event *ecomtrade24.Event // do not change it
}

// Result says what became of an event.
type Result struct {
	Outcome  Outcome
	Changes  []string      // the Kind of the Change that was committed, and the words of webhook.Note
	Err      error         // nil on success; it may wrap the merchant's own
	Attempts int           // the transactions that were begun
	Waited   time.Duration // for a connection to the database
}

// Outcome is what became of an event, in the words that metrics use too.
type Outcome string

// The outcomes.
const (
	OutcomeChanged     Outcome = "changed"     // the Func was called, and the change is committed
	OutcomeUnchanged   Outcome = "unchanged"   // the event came too late, or another one had said the same
	OutcomeDuplicate   Outcome = "duplicate"   // the event was recorded before
	OutcomeFailed      Outcome = "failed"      // nothing is committed
	OutcomeUncommitted Outcome = "uncommitted" // of HandleTx: the caller's transaction is still open, so Changes is empty
)

// forLedger returns o for the package that calls it.
func (o Observer) forLedger() ledger.Observer {
	if o == nil {
		return nil
	}
	return func(ctx context.Context, op ledger.Operation) (context.Context, func(ledger.Result)) {
		ctx, end := o(ctx, Operation(op))
		return ctx, func(r ledger.Result) {
			end(Result{
				Outcome: Outcome(r.Outcome), Changes: r.Changes, Err: r.Err, Attempts: r.Attempts, Waited: r.Waited,
			})
		}
	}
}
