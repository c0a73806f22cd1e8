package inbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

const (
	reconcilers = 4 // sessions asked about at once
	maxAsks     = 3 // about one session, if the gateway says when to ask again
)

// Reconcile asks the gateway about each session, four at a time, and applies every final status as Handle applies a
// webhook. So it makes up for lost webhooks, and a status that a webhook has already reported changes nothing. Call it
// every few minutes with the sessions of open orders, and give ctx a deadline, because it waits for as long as the
// gateway's Retry-After says.
//
// If a session fails, Reconcile goes on with the others. It returns the errors of all of them joined, each with its
// session id. It reads sessionIDs to the end before it asks, so they may come from a query on the same database, even
// if that has a single connection.
func (b *Inbox) Reconcile(ctx context.Context, c *ecomtrade24.Client, sessionIDs iter.Seq[string]) error {
	ids := slices.Collect(sessionIDs)
	errs := make([]error, len(ids), len(ids)+1)
	var pause pause
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(reconcilers, len(ids)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					return
				}
				if err := b.reconcile(ctx, c, &pause, ids[i]); err != nil {
					errs[i] = fmt.Errorf("ecomtrade24 inbox: reconcile session %q: %w", ids[i], err)
				}
			}
		})
	}
	workers.Wait()
	if left := len(ids) - int(next.Load()); left > 0 {
		errs = append(errs, fmt.Errorf("ecomtrade24 inbox: reconcile: %d sessions left: %w", left, ctx.Err()))
	}
	return errors.Join(errs...)
}

// reconcile applies one session's status. Its event has no type and so not the key of a webhook, but it adds no new
// fact to what a webhook has told.
func (b *Inbox) reconcile(ctx context.Context, c *ecomtrade24.Client, p *pause, sessionID string) (err error) {
	defer func() { // of the client's transport, which is the merchant's: a worker's panic would end the process
		if p := recover(); p != nil {
			err = panicked.Error(p)
		}
	}()
	s, err := ask(ctx, c, p, sessionID)
	if err != nil {
		return err
	}
	if s.Test || !s.Status.Final() {
		return nil
	}
	return b.Handle(ctx, &ecomtrade24.Event{Payment: s.Payment, Raw: s.Raw})
}

// ask asks about one session, after any pause that the gateway has demanded in the answer to this session or another.
func ask(ctx context.Context, c *ecomtrade24.Client, p *pause, sessionID string) (*ecomtrade24.SessionStatus, error) {
	for n := 1; ; n++ {
		if err := p.wait(ctx); err != nil {
			return nil, err
		}
		s, err := c.Status(ctx, sessionID)
		var api *ecomtrade24.APIError
		if err == nil || !errors.As(err, &api) || api.RetryAfter == 0 {
			return s, err
		}
		if p.extend(api.RetryAfter); n == maxAsks {
			return nil, err
		}
	}
}

// pause is how long the gateway wants no more requests. The zero pause is over.
type pause struct {
	mu    sync.Mutex
	until time.Time
}

func (p *pause) extend(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

func (p *pause) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.until)
}

// wait returns when the pause is over, or at once with an error if ctx would end first.
func (p *pause) wait(ctx context.Context) error {
	for left := p.left(); left > 0; left = p.left() {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= left {
			return fmt.Errorf("the gateway asks to wait %v: %w", left.Round(time.Second), context.DeadlineExceeded)
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return nil
}
