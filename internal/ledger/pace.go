package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// pace is how fast lookups may follow each other. The zero pace is the fastest.
type pace struct {
	mu     sync.Mutex
	slower int       // how often it is halved
	since  time.Time // when that was last changed
	next   time.Time // of the next lookup
	closed time.Time // until then the gateway wants none
}

const (
	fastest  = 250 * time.Millisecond // between two lookups
	halvings = 8                      // at most: a lookup in 64 s
	relief   = 10 * time.Minute       // without a 429, after which it is twice as fast again
)

// errWait says that the gateway wants no lookup before ctx ends.
var errWait = errors.New("the gateway asks to wait")

// wait returns true when the next lookup may begin, and false if ctx ends first.
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

// take takes the right to look up now, and returns the zero time; or when to try again, and whether that is because of
// the gateway's Retry-After.
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

// learn changes the pace by the gateway's response to a lookup.
func (p *pace) learn(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	wait, limited := asksToWait(err)
	if !limited {
		if p.slower > 0 && now.Sub(p.since) > relief {
			p.slower, p.since = p.slower-1, now
		}
		return
	}
	if !p.closed.After(now) { // otherwise it is the same 429, returned to another worker
		p.slower, p.since = min(p.slower+1, halvings), now
	}
	p.closeUntil(now.Add(max(wait, fastest<<p.slower)))
}

// close keeps to a Retry-After without changing the pace: a buyer's lookup is none of Reconcile's.
func (p *pace) close(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait, limited := asksToWait(err); limited {
		p.closeUntil(time.Now().Add(wait))
	}
}

func (p *pace) closeUntil(until time.Time) {
	if until.After(p.closed) {
		p.closed = until
	}
}

// closedFor is how long the gateway still wants no lookup.
func (p *pace) closedFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(time.Until(p.closed), 0)
}

// asksToWait reports whether err says that there were too many requests, in whatever HTTP status, and returns its
// Retry-After.
func asksToWait(err error) (wait time.Duration, limited bool) {
	var api *ecomtrade24.APIError
	if !errors.As(err, &api) {
		return 0, false
	}
	return api.RetryAfter, errors.Is(err, ecomtrade24.ErrRateLimited) || api.RetryAfter > 0
}
