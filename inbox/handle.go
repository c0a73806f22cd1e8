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

// HandleTx applies one event in the caller's transaction, which can be on another pool than the inbox's. Commit it if
// HandleTx returned no error, and roll it back otherwise. The event is stored, and the gateway may get its 200, only
// after that commit. Handle does the same in its own transaction, and runs it again if it lost a race; here that is up
// to you.
//
// changes are the words for what the event changes once it is committed, the Kind first and then what the Func noted;
// they are empty for a repetition. If the event came through a webhook.Handler, give them to webhook.Note after the
// commit. An observer sees the outcome "uncommitted".
func (b *Inbox) HandleTx(ctx context.Context, tx *sql.Tx, ev *ecomtrade24.Event) (changes []string, err error) {
	if tx == nil {
		return nil, errNoTransaction
	}
	return b.engine.HandleTx(ctx, tx, ev)
}

// Expect remembers a session, so that Reconcile looks it up until the gateway says how it ended. Call it in the
// transaction that records the session with its order, right after CreateSession. A webhook that was faster is taken
// into account. Expect does nothing if the session is expected already. It fails if an id is empty or the session's has
// more than 191 bytes.
func (b *Inbox) Expect(ctx context.Context, tx *sql.Tx, sessionID, orderID string) error {
	if tx == nil {
		return errNoTransaction
	}
	return b.engine.Expect(ctx, tx, sessionID, orderID)
}

var errNoTransaction = errors.New("ecomtrade24 inbox: the transaction is nil")

// Ask looks up one session now, applies the response as Handle applies a webhook, and returns it. It is for a return
// page whose webhook is late: call it if your own record does not say that the order is paid, then read the record
// again. Limit how often one page can cause a lookup, since anyone with its URL can reload it. Ask changes nothing about
// when Reconcile looks up the session.
//
// It returns the errors of Client.Status, and those of Handle if the response could not be applied.
func (b *Inbox) Ask(
	ctx context.Context, c *ecomtrade24.Client, sessionID string,
) (*ecomtrade24.SessionStatus, error) {
	return b.engine.Ask(ctx, c, sessionID)
}

// Reconcile looks up the expected sessions whose time has come, and applies the responses as Handle applies webhooks. So
// it recovers lost webhooks, and a status that a webhook has reported already changes nothing. WithSpacing says when
// that is; the session of an Incomplete is looked up right away.
//
// Call it every minute, on every replica if there are several. A session is looked up by one of them at a time, at most
// once in a call, and the session that has waited longest comes first. Reconcile returns when no session is left, or
// when ctx ends.
//
// A session's schedule moves only when the gateway has answered and the response is applied. After anything else, such
// as a timeout, a 500, the end of ctx or a Func that failed, the session stays scheduled and comes after those that are
// still waiting. If a process dies during a lookup, another one takes over within three minutes.
//
// Reconcile makes up to four lookups at the same time, and at most four a second. A 429 halves that pace, for this call
// and the next ones, and ten minutes without another 429 double it again, so that buyers keep their share of the
// gateway's limit. During a Retry-After it makes none. ErrUnauthorized, a refusal of the key, ends the call.
//
// Any other failure concerns one session, and Reconcile goes on with the rest. It returns the errors joined, each with
// its session id, but not more than ten of them.
func (b *Inbox) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	return b.engine.Reconcile(ctx, c)
}
