package inbox

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Handle applies one event: pass it to webhook.NewHandler. It returns nil once the event is committed, by this or an
// earlier delivery. A duplicate waits for the first delivery's transaction. Any error, from the database or from the
// Func, means that the event is not stored and the gateway must deliver again.
func (b *Inbox) Handle(ctx context.Context, ev *ecomtrade24.Event) error {
	return b.engine.Handle(ctx, ev)
}

// HandleTx applies one event in the caller's transaction, which need not be on the inbox's pool. Commit if HandleTx
// returns no error. Otherwise roll back and try again later. (Handle itself would retry immediately after losing a race
// to another transaction.) The commit stores the event, so respond to the gateway with 200 only after it. On MySQL
// begin the transaction with sql.LevelReadCommitted.
//
// The result changes holds the Kind and the words that the Func noted; log them after the commit. Inside a
// webhook.Handler, pass them to webhook.Note. The result is empty if the event had already been applied. An observer
// gets OutcomeUncommitted, since the commit is up to you.
func (b *Inbox) HandleTx(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) (changes []string, err error) {
	if tx == nil {
		return nil, errNoTransaction
	}
	return b.engine.HandleTx(ctx, tx, ev)
}

// Expect records a session, so that Reconcile looks it up until the session is paid or its schedule ends: see
// WithSpacing. Call it right after Checkout, in the transaction that stores the session with its order. Expect also
// works if the session's webhook arrived first, and does nothing if the session is already expected. It returns an
// error if an ID is empty, or if the session ID is longer than 191 bytes or Client.Status would reject it.
func (b *Inbox) Expect(ctx context.Context, tx *sql.Tx, sessionID, orderID string) error {
	if tx == nil {
		return errNoTransaction
	}
	return b.engine.Expect(ctx, tx, sessionID, orderID)
}

var errNoTransaction = errors.New("ecomtrade24 inbox: the transaction is nil")

// Ask looks up one session of an order now, applies the response as Handle applies a webhook, and returns it. Use it on
// the return page if your record does not say that the order is paid, and give ctx a short timeout. Then read your
// record again. Anyone with the page's URL can reload it, so store the time of the last lookup and limit how often a
// page looks up a session. A response about another order is an error and is not applied.
//
// If the session is still pending, its schedule for Reconcile stays the same. Ask treats any other status as if a
// webhook had reported it. While a Retry-After of the gateway lasts, Ask sends nothing and returns ErrRateLimited.
// Other errors come from Client.Status or, if the response could not be applied, from Handle. After any error the
// returned status is nil.
func (b *Inbox) Ask(
	ctx context.Context, c *ecomtrade24.Client, sessionID, orderID string,
) (*ecomtrade24.SessionStatus, error) {
	return b.engine.Ask(ctx, c, sessionID, orderID)
}

// Reconcile looks up the expected sessions that are scheduled for now (see WithSpacing), and applies the responses as
// Handle applies webhooks. This recovers lost webhooks. A status that a webhook already reported changes nothing. The
// session of an Incomplete is looked up immediately.
//
// Call Reconcile every minute, on every replica if there are several. Only one replica looks up a session at a time, at
// most once per call, and the session that has waited longest comes first. Reconcile returns when no session is left or
// ctx ends.
//
// The next lookup is scheduled only after a response was applied, or after the gateway's own 404. After any failure,
// such as a timeout, a 500, an error of your Func or the end of ctx, the session goes to the back of the queue. If a
// process dies during a lookup, another process takes over within three minutes. All times come from the database's
// clock.
//
// Reconcile makes up to four lookups at the same time, and at most four a second. A 429 halves that pace, for this call
// and the next ones. After ten minutes without a 429 the pace doubles again. This leaves room for buyers' requests
// within the rate limit. While a Retry-After of the gateway lasts, Reconcile makes no lookups. Reconcile stops at
// ErrUnauthorized, which means that the API key is wrong.
//
// Any other failure affects one session, and Reconcile continues with the rest. It returns up to ten of the errors,
// joined, each with its session ID.
func (b *Inbox) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	return b.engine.Reconcile(ctx, c)
}
