package inbox

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Handle applies one event: give it to webhook.NewHandler. It returns nil once the event is committed, by this call or
// an earlier one; a duplicate waits for the first copy's transaction. Any error, from the database or from the Func,
// means that the event is not stored and that the gateway must deliver again.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return b.engine.Handle(ctx, ev)
}

// HandleTx applies one event in the caller's transaction, which can be on another pool than the inbox's. Commit it if
// HandleTx returned no error. Otherwise roll it back and try again later, whatever the error: Handle, which does the
// same in its own transaction, repeats a lost race at once. The event is stored, and the gateway may get its 200, only
// after the commit. On MySQL begin the transaction with sql.LevelReadCommitted.
//
// changes holds the Kind and the words that the Func noted, for a log line after the commit; inside a webhook.Handler
// give them to webhook.Note. It is empty if the event was applied before. An observer gets OutcomeUncommitted, since
// the commit is yours.
func (b *Inbox) HandleTx(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) (changes []string, err error) {
	if tx == nil {
		return nil, errNoTransaction
	}
	return b.engine.HandleTx(ctx, tx, ev)
}

// Expect remembers a session, so that Reconcile looks it up until it has paid or its schedule ends: see WithSpacing.
// Call it right after Checkout, in the transaction that stores the session with its order. It also works if the
// session's webhook came first, and does nothing if the session is expected already. It fails if an ID is empty, or if
// the session ID is longer than 191 bytes or one that Client.Status rejects.
func (b *Inbox) Expect(ctx context.Context, tx *sql.Tx, sessionID, orderID string) error {
	if tx == nil {
		return errNoTransaction
	}
	return b.engine.Expect(ctx, tx, sessionID, orderID)
}

var errNoTransaction = errors.New("ecomtrade24 inbox: the transaction is nil")

// Ask looks up one session of an order now, applies the response as Handle applies a webhook, and returns it. Use it on
// the return page if your record does not say that the order is paid. Then read the record again. Give it a short
// timeout, and limit how often a page can cause a lookup, since anyone with its URL can reload it: store the time of
// the last one. A response about another order is an error and is not applied.
//
// A pending session stays on Reconcile's schedule as it is; any other status counts like that of a webhook. During a
// Retry-After of the gateway Ask sends nothing and returns ErrRateLimited. Its errors are otherwise those of
// Client.Status, and of Handle if the response could not be applied; the status is nil then.
func (b *Inbox) Ask(
	ctx context.Context, c *ecomtrade24.Client, sessionID, orderID string,
) (*ecomtrade24.SessionStatus, error) {
	return b.engine.Ask(ctx, c, sessionID, orderID)
}

// Reconcile looks up the expected sessions that are scheduled for now (see WithSpacing), and applies the responses as
// Handle applies webhooks. This recovers lost webhooks. A status that a webhook already reported changes nothing. The
// session of an Incomplete is looked up right away.
//
// Call it every minute, on every replica if there are several. A session is looked up by one of them at a time, at most
// once in a call, and the session that has waited longest comes first. Reconcile returns when no session is left, or
// when ctx ends.
//
// The next lookup is scheduled only after a response was applied, or after the gateway's own 404. If anything fails,
// such as a timeout, a 500, the end of ctx or your Func, the session goes to the back of the queue. If a process dies
// during a lookup, another one takes over within three minutes. All of this goes by the database's clock.
//
// Reconcile makes up to four lookups at the same time, and at most four a second. A 429 halves that pace, for this call
// and the next ones; after ten minutes without a 429 it doubles again. This leaves room for buyers' requests in the
// rate limit. During a Retry-After it makes none. Reconcile stops at ErrUnauthorized: the key is wrong.
//
// Any other failure concerns one session, and Reconcile goes on with the rest. It returns the errors joined, each with
// its session ID, but not more than ten of them.
func (b *Inbox) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	return b.engine.Reconcile(ctx, c)
}
