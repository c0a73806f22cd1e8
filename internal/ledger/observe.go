package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Observer is inbox.Observer.
type Observer func(ctx context.Context, op Operation) (context.Context, func(Result))

// Operation is inbox.Operation.
type Operation struct {
	Start time.Time
	Event *ecomtrade24.Event
}

// Result is inbox.Result.
type Result struct {
	Outcome  string
	Changes  []string
	Err      error
	Attempts int
	Waited   time.Duration
}

// The outcomes, as package inbox documents them.
const (
	OutcomeChanged     = "changed"
	OutcomeUnchanged   = "unchanged"
	OutcomeDuplicate   = "duplicate"
	OutcomeFailed      = "failed"
	OutcomeUncommitted = "uncommitted"
)

// observed runs f with the event and passes the result to the observer.
func (e *Engine[Tx]) observed(
	ctx context.Context, ev *ecomtrade24.Event, f func(context.Context, *ecomtrade24.Event) Result,
) error {
	switch {
	case e.Err != nil:
		return e.Err
	case ev == nil:
		return errors.New("ecomtrade24 inbox: the event is nil")
	case e.Observer == nil:
		return f(ctx, ev).Err
	}
	ctx, end := e.Observer(ctx, Operation{Start: time.Now(), Event: ev})
	result := f(ctx, ev)
	end(result)
	return result.Err
}
