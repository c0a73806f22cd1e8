package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

const (
	askers    = 4  // sessions asked about at once, unless the Engine has another number
	maxErrors = 10 // that Reconcile returns
)

// Expect remembers a session in a transaction of the caller's.
func (e *Engine[Tx]) Expect(ctx context.Context, tx Tx, sessionID, orderID string) error {
	session, order, err := expected(sessionID, orderID)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: %w", err)
	}
	now, due := time.Now(), int64(NeverDue)
	if pause := e.Spacing(0); pause > 0 {
		due = now.Add(pause).Unix()
	}
	if err := e.Store.Expect(ctx, tx, order, session, now.Unix(), due); err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: %w", err)
	}
	return nil
}

// spacing is how long Reconcile waits between two questions about a session of that age.
func spacing(age time.Duration) time.Duration {
	switch {
	case age < time.Hour:
		return 2 * time.Minute
	case age < 3*24*time.Hour:
		return time.Hour
	default:
		return 0
	}
}

// Reconcile asks the gateway about the sessions that are due.
func (e *Engine[Tx]) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	if c == nil {
		return errors.New("ecomtrade24 inbox: reconcile: the client is nil")
	}
	r := &round[Tx]{inbox: e, client: c, turn: make(chan struct{}, 1)}
	var workers sync.WaitGroup
	for range cmp.Or(e.Askers, askers) {
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
type round[Tx any] struct {
	inbox  *Engine[Tx]
	client *ecomtrade24.Client

	turn chan struct{} // of the asker that takes the next session, and waits until it may be asked about
	due  []Question

	mu     sync.Mutex // of what follows
	over   bool
	errs   []error // at most maxErrors
	failed int
}

// Question is a session that is due.
type Question struct {
	Order, Session string
	Since, Due     int64 // when it was expected, and when it is due, in Unix seconds
	next           int64 // when it is due again
}

// step asks about one session. It returns false when there is nothing left to do.
func (r *round[Tx]) step(ctx context.Context) bool {
	q, err := r.next(ctx)
	if err != nil {
		r.fail(fmt.Errorf("ecomtrade24 inbox: reconcile: %w", err), true)
		return false
	}
	if q == nil {
		return false
	}
	if err := r.ask(ctx, *q); err != nil {
		r.fail(fmt.Errorf("ecomtrade24 inbox: reconcile session %q: %w", q.Session, err), hopeless(err))
	}
	return true
}

func (r *round[Tx]) ended(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over || ctx.Err() != nil
}

func (r *round[Tx]) fail(err error, over bool) {
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
func (r *round[Tx]) next(ctx context.Context) (*Question, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	for !r.ended(ctx) {
		if len(r.due) == 0 {
			var err error
			if r.due, err = r.inbox.Store.ReadDue(ctx, time.Now().Unix()); err != nil || len(r.due) == 0 {
				return nil, err
			}
		}
		if ready, err := r.inbox.pace.wait(ctx); err != nil || !ready || r.ended(ctx) {
			return nil, err
		}
		q := r.due[0]
		r.due = r.due[1:]
		q.next = r.inbox.after(q)
		mine, err := r.inbox.Store.SetDue(ctx, q, q.Due, q.next) // false if another replica was faster
		if err != nil || mine {
			return &q, err
		}
	}
	return nil, nil //nolint:nilnil // as above
}

// after is when the session of q is due once it has been asked about now.
func (e *Engine[Tx]) after(q Question) int64 {
	now := time.Now()
	pause := e.Spacing(max(now.Sub(time.Unix(q.Since, 0)), 0))
	if pause <= 0 {
		return NeverDue
	}
	return max(now.Add(pause).Unix(), q.Due+1)
}

// ask asks about one session and applies the response. Its event has no type, and so not the key of a webhook, but what
// it says of a payment is nothing new if a webhook has said it.
func (r *round[Tx]) ask(ctx context.Context, q Question) (err error) {
	defer func() { // of the client's transport, which is the merchant's: a worker's panic would end the process
		if p := recover(); p != nil {
			err = panicked.Error(p)
		}
	}()
	s, err := r.client.Status(ctx, q.Session)
	r.inbox.pace.learn(err)
	if refused(err) { // the asking, and not the question: it comes first the next time
		_, undo := r.inbox.Store.SetDue(ctx, q, q.next, q.Due)
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
	for {
		at, closed := p.take()
		if at.IsZero() {
			return ctx.Err() == nil, nil
		}
		if deadline, ok := ctx.Deadline(); ok && !deadline.After(at) {
			if closed {
				return false, fmt.Errorf("%w %v: %w", errWait, time.Until(at).Round(time.Second), context.DeadlineExceeded)
			}
			return false, nil
		}
		timer := time.NewTimer(time.Until(at))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, nil
		}
	}
}

// take takes the right to ask now, and returns the zero time; or when to try again, and whether that is the gateway's
// word.
func (p *pace) take() (at time.Time, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	switch {
	case p.closed.After(now):
		return p.closed, true
	case p.next.After(now):
		return p.next, false
	}
	p.next = now.Add(fastest << p.slower)
	return time.Time{}, false
}

// learn changes the pace by the gateway's response.
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
