package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

const (
	askers    = 4  // sessions asked about at once
	maxErrors = 10 // that Reconcile returns
)

// Expect remembers a session, so that Reconcile asks about it until the gateway says how it ended. Call it in the
// transaction that records the session with its order, right after CreateSession. A webhook that was faster is taken
// into account. It does nothing if the session is expected already, and fails if an id is empty or the session's has
// more than 191 bytes.
func (b *Inbox) Expect(ctx context.Context, tx *sql.Tx, sessionID, orderID string) error {
	session, order, err := ledger.Expected(sessionID, orderID)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: %w", err)
	}
	if tx == nil {
		return errors.New("ecomtrade24 inbox: expect: the transaction is nil")
	}
	now := time.Now()
	due := int64(ledger.NeverDue)
	if pause := b.spacing(0); pause > 0 {
		due = now.Add(pause).Unix()
	}
	return exec(ctx, tx, "expect", b.sql.Expect, b.account, order, session, now.Unix(), due)
}

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
	if c == nil {
		return errors.New("ecomtrade24 inbox: reconcile: the client is nil")
	}
	r := &round{inbox: b, client: c, turn: make(chan struct{}, 1)}
	var workers sync.WaitGroup
	for range askers {
		workers.Go(func() {
			for r.step(ctx) {
			}
		})
	}
	workers.Wait()
	if n := r.failed - len(r.errs); n > 0 {
		r.errs = append(r.errs, fmt.Errorf("ecomtrade24 inbox: reconcile: %d more failed", n))
	}
	return errors.Join(r.errs...)
}

// round is one call of Reconcile.
type round struct {
	inbox  *Inbox
	client *ecomtrade24.Client

	turn chan struct{} // of the asker that takes the next session, and waits until it may be asked about
	due  []question

	mu     sync.Mutex // of what follows
	over   bool
	errs   []error // at most maxErrors
	failed int
}

// question is a session that is due.
type question struct {
	order, session string
	since          int64 // in Unix seconds, as the others
	due, next      int64 // when it had to be asked, and when it has to be asked again
}

// step asks about one session. It returns false when there is nothing left to do.
func (r *round) step(ctx context.Context) bool {
	q, err := r.next(ctx)
	if err != nil {
		r.fail(fmt.Errorf("ecomtrade24 inbox: reconcile: %w", err), true)
		return false
	}
	if q == nil {
		return false
	}
	if err := r.ask(ctx, *q); err != nil {
		r.fail(fmt.Errorf("ecomtrade24 inbox: reconcile session %q: %w", q.session, err), hopeless(err))
	}
	return true
}

func (r *round) ended(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over || ctx.Err() != nil
}

func (r *round) fail(err error, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = r.over || over
	if r.failed++; len(r.errs) < maxErrors {
		r.errs = append(r.errs, err)
	}
}

// refused tells whether the gateway would have refused any question.
func refused(err error) bool {
	return hopeless(err) || errors.Is(err, ecomtrade24.ErrRateLimited)
}

// hopeless tells whether the next question would fare no better.
func hopeless(err error) bool {
	var api *ecomtrade24.APIError
	return errors.Is(err, ecomtrade24.ErrUnauthorized) ||
		errors.As(err, &api) && (api.StatusCode == http.StatusUnauthorized || api.StatusCode == http.StatusForbidden)
}

// next waits for the pace, and returns the next session that is due, marked as asked, or nil if there is none.
func (r *round) next(ctx context.Context) (*question, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	for !r.ended(ctx) {
		if len(r.due) == 0 {
			var err error
			if r.due, err = r.inbox.readDue(ctx); err != nil || len(r.due) == 0 {
				return nil, err
			}
		}
		if ready, err := r.inbox.pace.wait(ctx); err != nil || !ready || r.ended(ctx) {
			return nil, err
		}
		q := r.due[0]
		r.due = r.due[1:]
		q.next = r.inbox.after(q)
		mine, err := r.inbox.setDue(ctx, q, q.due, q.next) // false if another replica was faster
		if err != nil || mine {
			return &q, err
		}
	}
	return nil, nil //nolint:nilnil // as above
}

// readDue returns the first few of the sessions that are due.
func (b *Inbox) readDue(ctx context.Context) ([]question, error) {
	rows, err := b.db.QueryContext(ctx, b.sql.Due, b.account, time.Now().Unix())
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	defer rows.Close()
	var all []question
	for rows.Next() {
		var q question
		if err := rows.Scan(&q.order, &q.session, &q.since, &q.due); err != nil {
			return nil, fmt.Errorf("read what is due: %w", err)
		}
		all = append(all, q)
	}
	return all, rows.Err()
}

// after is when the session of q is due once it has been asked about now.
func (b *Inbox) after(q question) int64 {
	now := time.Now()
	pause := b.spacing(max(now.Sub(time.Unix(q.since, 0)), 0))
	if pause <= 0 {
		return ledger.NeverDue
	}
	return max(now.Add(pause).Unix(), q.due+1)
}

// setDue changes when the session of q is due, if that is still what it was.
func (b *Inbox) setDue(ctx context.Context, q question, was, due int64) (bool, error) {
	result, err := b.db.ExecContext(ctx, b.sql.Ask, due, b.account, q.order, q.session, was)
	if err != nil {
		return false, fmt.Errorf("mark what is asked: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// ask asks about one session and applies the answer. Its event has no type, and so not the key of a webhook, but what
// it says of a payment is nothing new if a webhook has said it.
func (r *round) ask(ctx context.Context, q question) (err error) {
	defer func() { // of the client's transport, which is the merchant's: a worker's panic would end the process
		if p := recover(); p != nil {
			err = panicked.Error(p)
		}
	}()
	s, err := r.client.Status(ctx, q.session)
	r.inbox.pace.learn(err)
	if refused(err) { // the asking, and not the question: it comes first the next time
		_, undo := r.inbox.setDue(ctx, q, q.next, q.due)
		return errors.Join(err, undo)
	}
	if err != nil {
		return err
	}
	if s.Test {
		return nil
	}
	return r.inbox.Handle(ctx, &ecomtrade24.Event{Payment: s.Payment, Raw: s.Raw})
}

// pace is how fast questions may follow each other. The zero pace is the fastest.
type pace struct {
	mu     sync.Mutex
	slower int       // how often it is halved
	since  time.Time // when that was last changed
	next   time.Time // of the next question
	closed time.Time // until then the gateway wants none
}

const (
	fastest  = 250 * time.Millisecond // between two questions
	halvings = 8                      // at most: a question in 64 s
	relief   = 10 * time.Minute       // without a refusal, after which it is twice as fast again
)

// errWait says that the gateway wants no question before ctx ends.
var errWait = errors.New("the gateway asks to wait")

// wait returns true when the next question may be asked, and false if ctx ends first.
func (p *pace) wait(ctx context.Context) (bool, error) {
	at, closed := p.take()
	if deadline, ok := ctx.Deadline(); ok && !deadline.After(at) {
		if closed {
			return false, fmt.Errorf("%w %v: %w", errWait, time.Until(at).Round(time.Second), context.DeadlineExceeded)
		}
		return false, nil
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil, nil
}

// take returns when the next question may be asked, and whether that is the gateway's word.
func (p *pace) take() (at time.Time, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	closed = p.closed.After(now)
	for _, t := range [...]time.Time{now, p.next, p.closed} {
		if t.After(at) {
			at = t
		}
	}
	p.next = at.Add(fastest << p.slower)
	return at, closed
}

// learn changes the pace by the gateway's answer.
func (p *pace) learn(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	var api *ecomtrade24.APIError
	if !errors.As(err, &api) || api.StatusCode != http.StatusTooManyRequests && api.RetryAfter == 0 {
		if p.slower > 0 && now.Sub(p.since) > relief {
			p.slower, p.since = p.slower-1, now
		}
		return
	}
	if !p.closed.After(now) { // otherwise it is the same refusal, told to another asker
		p.slower, p.since = min(p.slower+1, halvings), now
	}
	if until := now.Add(max(api.RetryAfter, fastest<<p.slower)); until.After(p.closed) {
		p.closed = until
	}
}
