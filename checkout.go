package ecomtrade24

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/callback"
)

// Checkout creates a session as the merchant's plan requires. On a plan with hosted checkout no method is sent, even if
// p.Method is set. On one with Smart Routing p.Method is required and must be available: if not, the error is a
// *MethodError that names those that are. Other errors are those of Me and CreateSession.
//
// Checkout reads the plan with Me and remembers it, as Me does. When the plan is older than WithMerchantTTL says, it is
// used once more and asked for again in the background, so a buyer waits for me.php only while nothing is known. It is
// also asked for again before a method is refused, and after the gateway has refused a session for a reason that is not
// known, which may be the plan. Then a buyer waits for at most one attempt, and the old plan serves on if there is no
// new one. That happens at most every 5 seconds.
func (c *Client) Checkout(ctx context.Context, p SessionParams) (*Session, error) {
	if err := p.validate(c.deployment); err != nil {
		return nil, err
	}
	m, err := c.rememberedPlan(ctx)
	if err != nil {
		return nil, err
	}
	if m.SmartRouting() && !m.Offers(p.Method) {
		if m, err = c.newestPlan(ctx); err != nil {
			return nil, err
		}
	}
	if !m.SmartRouting() {
		p.Method = ""
	} else if !m.Offers(p.Method) {
		return nil, &MethodError{Method: p.Method, Available: m.available()}
	}
	return c.createSession(ctx, p)
}

// Plan returns the plan that Checkout goes by, for a page that lists the methods. It asks the gateway only when
// Checkout would, so it seldom waits. A method that it lists may have become unavailable; Checkout says so with a
// *MethodError. The errors are those of Me. The plan is the caller's own.
func (c *Client) Plan(ctx context.Context) (*Merchant, error) {
	m, err := c.rememberedPlan(ctx)
	if err != nil {
		return nil, err
	}
	return m.clone(), nil
}

// planMemory holds what Me last returned, for Checkout, and the request for the next one while it is under way.
type planMemory struct {
	mu      sync.Mutex
	last    *Merchant // nil while nothing is known
	asked   time.Time // when the request for last began
	due     time.Time // when to ask again
	tried   time.Time // when the last attempt to ask ended
	doubted bool      // the gateway has refused a session, maybe because of the plan
	next    *refresh  // nil while none is under way
}

// refresh is a request to me.php and, once done is closed, its response.
type refresh struct {
	done     chan struct{}
	merchant *Merchant
	err      error
}

const (
	retryPlanAfter = 30 * time.Second // when a refresh has failed
	freshFor       = 5 * time.Second  // so young a plan is not asked for again
)

// rememberedPlan returns the last plan at once, and begins to ask for the next one if it is due. It waits only if
// nothing is known, or if the gateway has given reason to doubt what is.
func (c *Client) rememberedPlan(ctx context.Context) (*Merchant, error) {
	c.plan.mu.Lock()
	known, doubted, next := c.plan.last, c.plan.doubted, c.plan.next
	if next == nil && (known == nil || !time.Now().Before(c.plan.due)) {
		next = c.refreshPlan(ctx)
	}
	c.plan.mu.Unlock()
	switch {
	case known == nil:
		return next.wait(ctx)
	case doubted:
		return c.newestPlan(ctx)
	default:
		return known, nil
	}
}

// newestPlan asks again, waits for at most one attempt, and returns the best plan there is. It does not ask if the
// last time was a moment ago.
func (c *Client) newestPlan(ctx context.Context) (*Merchant, error) {
	c.plan.mu.Lock()
	known, next := c.plan.last, c.plan.next
	if next == nil && (known == nil || time.Since(c.plan.asked) >= freshFor && time.Since(c.plan.tried) >= freshFor) {
		next = c.refreshPlan(ctx)
	}
	c.plan.mu.Unlock()
	if next == nil {
		return known, nil
	}
	waits, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	m, err := next.wait(waits)
	if err != nil && known != nil && ctx.Err() == nil {
		return known, nil
	}
	return m, err
}

// refreshPlan begins to ask. The request is no one caller's: it goes on when ctx ends, under the client's own timeout.
// The caller holds the lock.
func (c *Client) refreshPlan(ctx context.Context) *refresh {
	next := &refresh{done: make(chan struct{}), err: errors.New("ecomtrade24: me: the transport ended the goroutine")}
	c.plan.next = next
	ctx = context.WithoutCancel(ctx)
	go func() {
		begun := time.Now()
		defer func() {
			c.plan.mu.Lock()
			defer c.plan.mu.Unlock()
			c.plan.next = nil
			c.plan.remember(next.merchant, begun, c.merchantTTL)
			close(next.done)
		}()
		next.merchant, next.err = c.askMe(ctx)
	}()
	return next
}

// askMe asks the gateway. A transport that panics must not end the program from a goroutine of ours.
func (c *Client) askMe(ctx context.Context) (m *Merchant, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("ecomtrade24: me: %w", callback.PanicError(p))
		}
	}()
	return c.me(ctx)
}

func (r *refresh) wait(ctx context.Context) (*Merchant, error) {
	select {
	case <-r.done:
		return r.merchant, r.err
	case <-ctx.Done():
		return nil, newTransportError(ctx, "ecomtrade24: me", ctx.Err())
	}
}

// remember keeps a plan whose request began at begun, unless it knows a newer one, or notes that there was none, if m
// is nil. The caller holds the lock.
func (p *planMemory) remember(m *Merchant, begun time.Time, ttl time.Duration) {
	p.tried, p.doubted = time.Now(), false
	switch {
	case m == nil:
		p.due = p.tried.Add(min(ttl, retryPlanAfter))
	case !begun.Before(p.asked):
		p.last, p.asked, p.due = m.clone(), begun, p.tried.Add(ttl) // the caller of Me may change what it got
	}
}

// doubt makes the next Checkout ask again, if err is a refusal that the plan may have caused.
func (p *planMemory) doubt(err error) {
	var refusal *APIError
	if !errors.As(err, &refusal) || refusal.explained() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubted = true
}

// explained reports whether the gateway refused something for another reason than the merchant's plan: a code that is
// known, the rate, or a failure that says nothing about the request. The codes for the plan are not known, nor those
// for a method that does not work for this buyer's country or amount.
func (e *APIError) explained() bool {
	_, known := sentinels[e.Code]
	switch {
	case known, e.FromProxy, e.StatusCode >= http.StatusInternalServerError:
		return true
	case e.StatusCode >= 300 && e.StatusCode < 400:
		return true
	default: // a status alone explains nothing but the rate
		return e.StatusCode == http.StatusTooManyRequests
	}
}
