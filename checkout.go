package ecomtrade24

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Checkout creates a session by the rules of the merchant's plan, which it reads with Me and remembers for the
// merchant TTL. Hosted checkout sends no method, whatever p says. Smart Routing sends p.Method, which must be one of
// the available ones: a *MethodError names them. Its other errors are those of Me and CreateSession.
func (c *Client) Checkout(ctx context.Context, p SessionParams) (*Session, error) {
	if err := p.validate(c.deployment); err != nil {
		return nil, err
	}
	m, err := c.cachedMe(ctx)
	if err != nil {
		return nil, err
	}
	if !m.SmartRouting() {
		p.Method = ""
	} else if !m.Offers(p.Method) {
		return nil, &MethodError{Method: p.Method, Available: m.available()}
	}
	return c.CreateSession(ctx, p)
}

// merchantCache holds Me's last answer for Checkout, and the one request for the next.
type merchantCache struct {
	mu      sync.Mutex
	last    *Merchant
	expires time.Time
	flight  *flight
}

// flight is a request to me.php and, once done is closed, its answer.
type flight struct {
	done     chan struct{}
	merchant *Merchant
	err      error
	gaveUp   bool // the asking caller's own time ran out, which says nothing about the gateway
}

// staleFor is how long an answer serves on after a refresh failed, before the gateway is asked again.
const staleFor = 30 * time.Second

// cachedMe returns Me's answer, at most merchantTTL old. However many callers wait, one asks; if it gives up, another
// one takes over. Where a refresh fails the last answer serves on.
func (c *Client) cachedMe(ctx context.Context) (*Merchant, error) {
	cache := &c.merchant
	for {
		cache.mu.Lock()
		if cache.last != nil && time.Now().Before(cache.expires) {
			defer cache.mu.Unlock()
			return cache.last, nil
		}
		wait := cache.flight
		if wait == nil {
			wait = &flight{done: make(chan struct{}), err: errors.New("ecomtrade24: me: the request panicked")}
			cache.flight = wait
			cache.mu.Unlock()
			c.refreshMe(ctx, wait)
			return wait.merchant, wait.err
		}
		cache.mu.Unlock()
		select {
		case <-wait.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("ecomtrade24: me: %w", ctx.Err())
		}
		if !wait.gaveUp {
			return wait.merchant, wait.err
		}
	}
}

// refreshMe asks the gateway and lands the flight, come what may.
func (c *Client) refreshMe(ctx context.Context, f *flight) {
	cache := &c.merchant
	defer func() {
		cache.mu.Lock()
		defer cache.mu.Unlock()
		cache.flight = nil
		close(f.done)
	}()
	m, err := c.Me(ctx)
	cache.mu.Lock()
	defer cache.mu.Unlock()
	switch {
	case err == nil:
		cache.last, cache.expires = m, time.Now().Add(c.merchantTTL)
	case cache.last != nil:
		cache.expires = time.Now().Add(min(c.merchantTTL, staleFor))
		m, err = cache.last, nil
	}
	f.merchant, f.err = m, err
	f.gaveUp = err != nil && (ctx.Err() != nil || errors.Is(err, errTooLate))
}
