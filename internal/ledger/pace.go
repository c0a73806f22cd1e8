package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// pace limits the rate of lookups. The zero value allows the highest rate.
type pace struct {
	mu     sync.Mutex
	slower int       // how many times the pace has been halved
	since  time.Time // when the field slower last changed
	next   time.Time // when the next lookup may start
	closed time.Time // the end of the gateway's Retry-After
}

const (
	fastest  = 250 * time.Millisecond // the minimum time between two lookups
	halvings = 8                      // the maximum of slower: one lookup in 64 s
	relief   = 10 * time.Minute       // time without a 429 after which the pace doubles again
)

// errWait means that ctx ends before the gateway's Retry-After does.
var errWait = errors.New("the gateway asks to wait")

// wait returns true when the next lookup may start, and false if ctx ends first.
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

// take returns the zero time if a lookup may start now. Otherwise it returns when to try again, and whether the
// gateway's Retry-After is the reason.
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

// learn adjusts the pace to the gateway's response to a lookup.
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
	if !p.closed.After(now) { // if a Retry-After is already running, another worker has already slowed the pace
		p.slower, p.since = min(p.slower+1, halvings), now
	}
	p.closeUntil(now.Add(max(wait, fastest<<p.slower)))
}

// close stops lookups during a Retry-After without changing the pace. A buyer's lookup thus does not slow Reconcile
// down afterward.
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

// closedFor returns the remaining time of the gateway's Retry-After.
func (p *pace) closedFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(time.Until(p.closed), 0)
}

// asksToWait reports whether err means too many requests, regardless of the HTTP status, and returns its Retry-After.
func asksToWait(err error) (wait time.Duration, limited bool) {
	var api *ecomtrade24.APIError
	if !errors.As(err, &api) {
		return 0, false
	}
	return api.RetryAfter, errors.Is(err, ecomtrade24.ErrRateLimited) || api.RetryAfter > 0
}
