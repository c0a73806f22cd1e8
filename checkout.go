package ecomtrade24

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Checkout creates a session as the merchant's plan requires. On a plan with hosted checkout no method is sent, even if
// p.Method is set. On one with Smart Routing p.Method is required and must be available: if not, the error is a
// *MethodError that names those that are. Other errors are those of Me and CreateSession.
//
// Checkout reads the plan with Me and uses the answer again for the time that WithMerchantTTL sets. When Me fails later
// on, the last answer is used.
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

// merchantCache holds Me's last answer for Checkout, and the request for the next one while it is under way.
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
	gaveUp   bool // the caller that asked ran out of its own time, which says nothing about the gateway
}

// staleFor is how long the last answer is used after a refresh failed, before the gateway is asked again.
const staleFor = 30 * time.Second

// cachedMe returns Me's answer, at most merchantTTL old. One caller at a time asks the gateway, and the others wait for
// its answer; if it gives up, another one takes over. If a refresh fails, the last answer is used.
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

// refreshMe asks the gateway and ends the flight, even if the transport panics.
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
	f.merchant, f.err = m, err
	f.gaveUp = err != nil && (ctx.Err() != nil || errors.Is(err, errTooLate))
	switch {
	case err == nil:
		cache.last, cache.expires = m, time.Now().Add(c.merchantTTL)
	case cache.last != nil:
		f.merchant, f.err = cache.last, nil
		if !f.gaveUp {
			cache.expires = time.Now().Add(min(c.merchantTTL, staleFor))
		}
	}
}
