package inbox

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Handle applies one event: give it to webhook.NewHandler. It returns nil only if the event is committed, now or
// earlier; a duplicate waits until the first copy's transaction has ended. Any error, from the database or from the
// Func, means that the event is not stored and that the gateway must deliver again.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return b.engine.Handle(ctx, ev)
}

// HandleTx applies one event in a transaction of the caller's, who must commit it if HandleTx returned nil, and roll it
// back if not. The event is stored, and the gateway may read 200, only after that commit. Handle is the same with a
// transaction of its own, which it runs again if it lost a race; here that is the caller's to do.
func (b *Inbox) HandleTx(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) error {
	if tx == nil {
		return errNoTransaction
	}
	return b.engine.HandleTx(ctx, tx, ev)
}

// Expect remembers a session, so that Reconcile asks about it until the gateway says how it ended. Call it in the
// transaction that records the session with its order, right after CreateSession. A webhook that was faster is taken
// into account. It does nothing if the session is expected already, and fails if an id is empty or the session's has
// more than 191 bytes.
func (b *Inbox) Expect(ctx context.Context, tx *sql.Tx, sessionID, orderID string) error {
	if tx == nil {
		return errNoTransaction
	}
	return b.engine.Expect(ctx, tx, sessionID, orderID)
}

var errNoTransaction = errors.New("ecomtrade24 inbox: the transaction is nil")

// Reconcile asks the gateway about the sessions that are due, and applies the answers as Handle applies webhooks. So it
// makes up for lost webhooks, and a status that a webhook has already reported changes nothing. A session is due 2
// minutes after Expect, and again after each question as WithSpacing says, until the gateway calls it final; that of an
// Incomplete is due at once. The session that has been due for longest comes first.
//
// Call it every minute, on every replica if there are several: each question is asked by one of them. It returns when
// nothing is due any more, or when ctx ends; what it had no time for comes first the next time.
//
// It asks about four sessions at once, at most four in a second. A 429 halves that pace, for this call and for the next
// ones, and ten minutes without another one double it again: the buyers keep their share of the gateway's limit.
// While a Retry-After of the gateway lasts, nothing is asked. After a 401 or 403 Reconcile returns, because the next
// question would fare no better.
//
// Whatever fails, Reconcile goes on with the other sessions. It returns the errors joined, each with its session id,
// but not more than ten of them. The session of a failed question is asked about again when it is next due.
func (b *Inbox) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	return b.engine.Reconcile(ctx, c)
}
