package ecomtrade24

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/panicked"
)

// Checkout creates a session as the merchant's plan requires. On a plan with hosted checkout no method is sent, even if
// p.Method is set. On one with Smart Routing p.Method is required and must be available: if not, the error is a
// *MethodError that names those that are. Other errors are those of Me and CreateSession.
//
// Checkout reads the plan with Me and remembers the answer, as Me does. When the answer is older than WithMerchantTTL
// says, it is used once more and asked for again in the background, so a buyer waits for me.php only while nothing is
// known. Before a method is refused the gateway is asked again, at most every 5 seconds. When the gateway refuses a
// session for a reason that may lie in the plan, the answer is forgotten.
func (c *Client) Checkout(ctx context.Context, p SessionParams) (*Session, error) {
	if err := p.validate(c.deployment); err != nil {
		return nil, err
	}
	m, err := c.rememberedMe(ctx)
	if err != nil {
		return nil, err
	}
	if m.SmartRouting() && !m.Offers(p.Method) {
		m = c.newerMe(ctx, m)
	}
	if !m.SmartRouting() {
		p.Method = ""
	} else if !m.Offers(p.Method) {
		return nil, &MethodError{Method: p.Method, Available: m.available()}
	}
	return c.CreateSession(ctx, p)
}

// planMemory holds Me's last answer for Checkout, and the request for the next one while it is under way.
type planMemory struct {
	mu     sync.Mutex
	last   *Merchant // nil while nothing is known
	due    time.Time // when to ask again
	asked  time.Time // when the gateway last answered, or failed to
	flight *flight
}

// flight is a request to me.php and, once done is closed, its answer.
type flight struct {
	done     chan struct{}
	merchant *Merchant
	err      error
}

const (
	staleFor    = 30 * time.Second // after a refresh that failed, before the next one
	askedLately = 5 * time.Second  // an answer so young is not asked for again
)

// rememberedMe returns the last answer at once, and begins to ask for the next one if it is due. It waits only if
// nothing is known.
func (c *Client) rememberedMe(ctx context.Context) (*Merchant, error) {
	c.plan.mu.Lock()
	known, f := c.plan.last, c.plan.flight
	if f == nil && (known == nil || !time.Now().Before(c.plan.due)) {
		f = c.beginMe(ctx)
	}
	c.plan.mu.Unlock()
	if known != nil {
		return known, nil
	}
	return f.wait(ctx)
}

// newerMe asks again, unless m is young, and returns m if there is no better answer.
func (c *Client) newerMe(ctx context.Context, m *Merchant) *Merchant {
	c.plan.mu.Lock()
	f := c.plan.flight
	young := time.Since(c.plan.asked) < askedLately
	if f == nil && !young {
		f = c.beginMe(ctx)
	}
	c.plan.mu.Unlock()
	if young {
		return m
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if newer, err := f.wait(ctx); err == nil {
		return newer
	}
	return m
}

// beginMe begins to ask. The request is no one caller's: it goes on when ctx ends, under the client's own timeout. The
// caller holds the lock.
func (c *Client) beginMe(ctx context.Context) *flight {
	f := &flight{done: make(chan struct{})}
	c.plan.flight = f
	go func() {
		defer close(f.done)
		f.merchant, f.err = c.askMe(context.WithoutCancel(ctx))
		c.plan.mu.Lock()
		defer c.plan.mu.Unlock()
		if c.plan.flight == f { // else it was forgotten on the way
			c.plan.flight = nil
			c.plan.remember(f.merchant, c.merchantTTL)
		}
	}()
	return f
}

// askMe asks the gateway. A transport that panics must not end the program from a goroutine of ours.
func (c *Client) askMe(ctx context.Context) (m *Merchant, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("ecomtrade24: me: %w", panicked.Error(p))
		}
	}()
	return c.me(ctx)
}

func (f *flight) wait(ctx context.Context) (*Merchant, error) {
	select {
	case <-f.done:
		return f.merchant, f.err
	case <-ctx.Done():
		return nil, newTransportError(ctx, "ecomtrade24: me", ctx.Err())
	}
}

// remember keeps an answer, or the last one for a while longer if m is nil. With a TTL of 0 it keeps nothing. The
// caller holds the lock.
func (p *planMemory) remember(m *Merchant, ttl time.Duration) {
	p.asked = time.Now()
	if m == nil {
		p.due = p.asked.Add(min(ttl, staleFor))
		return
	}
	if ttl > 0 {
		own := *m // the caller of Me may change what it got
		own.Methods = slices.Clone(m.Methods)
		p.last, p.due = &own, p.asked.Add(ttl)
	}
}

// forget drops an answer that is not young, and one on its way, if err may mean that the plan has changed: the gateway
// refused a session for a reason that is not known to be another one.
func (p *planMemory) forget(err error) {
	var refusal *APIError
	if !errors.As(err, &refusal) || refusal.WebPage || refusal.meaning() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.asked) >= askedLately {
		p.last, p.flight = nil, nil
	}
}
