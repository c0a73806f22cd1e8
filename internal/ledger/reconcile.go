package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

const (
	workers   = 4                // concurrent lookups, unless the Engine sets another number
	maxErrors = 10               // the maximum number of errors that Reconcile returns
	leasing   = 10 * time.Second // the time limit for starting or ending a lease, even if ctx ends in the meantime
)

// Reconcile checks the sessions that are scheduled for now.
func (e *Engine[Tx]) Reconcile(ctx context.Context, c *ecomtrade24.Client) error {
	switch {
	case e.Err != nil:
		return e.Err
	case c == nil:
		return errors.New("ecomtrade24 inbox: reconcile: the client is nil")
	}
	r := &round[Tx]{inbox: e, client: c, turn: make(chan struct{}, 1), checked: make(map[Session]bool)}
	var group sync.WaitGroup
	for range cmp.Or(e.Workers, workers) {
		group.Go(func() { r.work(ctx) })
	}
	group.Wait()
	if n := r.failed - len(r.errs); n > 0 {
		r.errs = append(r.errs, fmt.Errorf("ecomtrade24 inbox: reconcile: %d more failed", n))
	}
	return errors.Join(r.errs...)
}

// round is one call of Reconcile.
type round[Tx any] struct {
	inbox  *Engine[Tx]
	client *ecomtrade24.Client

	turn chan struct{} // held by the worker that is taking the next session
	list []Check       // the checks that Scheduled returned and no worker has taken

	mu      sync.Mutex // guards the fields below
	checked map[Session]bool
	over    bool
	errs    []error // at most maxErrors
	failed  int
}

// work checks one session after another until none is left.
func (r *round[Tx]) work(ctx context.Context) {
	for {
		c, err := r.next(ctx)
		if err != nil && ctx.Err() == nil || errors.Is(err, errWait) {
			r.fail(fmt.Errorf("ecomtrade24 inbox: reconcile: %w", err), true)
		}
		if c == nil {
			return
		}
		err = r.check(ctx, *c)
		if err != nil && !cutOff(ctx, err) {
			wrongKey := errors.Is(err, ecomtrade24.ErrUnauthorized)
			r.fail(fmt.Errorf("ecomtrade24 inbox: reconcile session %q: %w", c.ID, err), wrongKey)
		}
	}
}

// cutOff reports whether err only says that ctx ended, which is how a round usually ends.
func cutOff(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// next waits until the pace allows a lookup, then leases and returns the next session. It returns nil if no session is
// left.
func (r *round[Tx]) next(ctx context.Context) (*Check, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, nil //nolint:nilnil // having no session left is not an error
	}
	if left, err := r.left(ctx); !left {
		return nil, err
	}
	if ready, err := r.inbox.pace.wait(ctx); !ready {
		return nil, err
	}
	for {
		if left, err := r.left(ctx); !left { // the round may have ended while this worker was waiting
			return nil, err
		}
		c := r.list[0]
		r.list = r.list[1:]
		mine, err := r.lease(ctx, &c)
		if err != nil {
			return nil, err
		}
		if mine {
			return &c, nil
		}
	}
}

// left reports whether there is a session to check. Once all known sessions are taken, it reads the next ones.
func (r *round[Tx]) left(ctx context.Context) (bool, error) {
	if r.ended(ctx) {
		return false, nil
	}
	if len(r.list) > 0 {
		return true, nil
	}
	all, err := r.inbox.Store.Scheduled(ctx)
	if err != nil {
		return false, fmt.Errorf("read the scheduled checks: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range all {
		c.read = time.Now()
		if !r.checked[c.Session] {
			r.list = append(r.list, c)
		}
	}
	return len(r.list) > 0, nil
}

func (r *round[Tx]) lease(ctx context.Context, c *Check) (mine bool, err error) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	until := c.now() + r.inbox.Lease.Milliseconds()
	mine, err = r.inbox.Store.Lease(ctx, *c, until)
	switch {
	case err != nil && r.inbox.Store.LostRace(err), err == nil && !mine:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("lease a check: %w", err)
	}
	c.before, c.LeaseUntil = c.LeaseUntil, until
	r.mark(c.Session, true)
	return true, nil
}

func (r *round[Tx]) mark(s Session, checked bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checked[s] = checked
}

func (r *round[Tx]) ended(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over || ctx.Err() != nil
}

// fail records an error, and ends the round if the argument over is true.
func (r *round[Tx]) fail(err error, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = r.over || over
	r.failed++
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, err)
	}
}

// check looks up one session, applies the response, and ends the lease. The schedule moves only after a response was
// applied. After a failure the session goes to the end of the queue. After a 429 it keeps its place, since a 429 says
// nothing about the session.
func (r *round[Tx]) check(ctx context.Context, c Check) error {
	answered, err := r.lookUp(ctx, c.Session)
	next := c
	switch {
	case answered:
		next = r.inbox.after(c)
	case errors.Is(err, ecomtrade24.ErrRateLimited):
		next.LeaseUntil = c.before
		r.mark(c.Session, false)
	default:
		next.LeaseUntil = c.now()
	}
	ctx, cancel := outlive(ctx)
	defer cancel()
	if failed := r.inbox.Store.Return(ctx, c, next); failed != nil {
		err = errors.Join(err, fmt.Errorf("return a check: %w", failed))
	}
	return err
}

// outlive returns a context for the statements that start and end a lease. An interrupted statement could keep every
// process from checking the session until the lease ends.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), leasing)
}

// lookUp looks up a session, and reports whether the gateway responded and the response was applied. If the gateway
// does not know the session, that is a response too, with nothing to apply.
func (r *round[Tx]) lookUp(ctx context.Context, asked Session) (answered bool, err error) {
	defer func() { // a panic in the merchant's transport would end the process
		if p := recover(); p != nil {
			err = callback.PanicError(p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, r.inbox.Lease*2/3) // two processes must not check a session at the same time
	defer cancel()
	s, err := r.client.Status(ctx, asked.ID)
	r.inbox.pace.learn(err)
	if err != nil {
		return unknownSession(err), err
	}
	err = r.inbox.apply(ctx, s, asked.Order)
	return err == nil, err
}

// unknownSession reports whether the gateway itself says that it does not know the session. Any other 404 comes from a
// proxy or is not about the session.
func unknownSession(err error) bool {
	var api *ecomtrade24.APIError
	if !errors.As(err, &api) || !errors.Is(err, ecomtrade24.ErrNotFound) {
		return false
	}
	var body struct {
		OK *bool `json:"ok"`
	}
	return json.Unmarshal([]byte(api.Body), &body) == nil && body.OK != nil && !*body.OK &&
		(api.Code == "" || strings.HasSuffix(string(api.Code), "not_found"))
}

// Ask looks up one session of an order and applies the response.
func (e *Engine[Tx]) Ask(
	ctx context.Context, c *ecomtrade24.Client, sessionID, orderID string,
) (*ecomtrade24.SessionStatus, error) {
	switch {
	case e.Err != nil:
		return nil, e.Err
	case c == nil:
		return nil, errors.New("ecomtrade24 inbox: ask: the client is nil")
	}
	if wait := e.pace.closedFor(); wait > 0 {
		return nil, fmt.Errorf("ecomtrade24 inbox: ask: %w %v: %w",
			errWait, wait.Round(time.Millisecond), ecomtrade24.ErrRateLimited)
	}
	s, err := c.Status(ctx, sessionID)
	if err == nil {
		err = e.apply(ctx, s, orderID)
	} else {
		e.pace.close(err)
	}
	if err != nil {
		return nil, fmt.Errorf("ecomtrade24 inbox: ask: session %q: %w", sessionID, err)
	}
	return s, nil
}

// apply applies the status of an order's session as an event. The event has no type, so its key differs from a
// webhook's. Nevertheless, a payment that a webhook already reported is not reported again.
func (e *Engine[Tx]) apply(ctx context.Context, s *ecomtrade24.SessionStatus, orderID string) error {
	switch {
	case s.OrderID != "" && orderID != "" && s.OrderID != orderID:
		return errors.New("the response is about another order")
	case s.Test:
		return nil
	}
	return e.Handle(ctx, &ecomtrade24.Event{Payment: s.Payment, Raw: s.Raw})
}
