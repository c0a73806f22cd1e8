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

// Checkout creates a session the way the merchant's plan requires. With hosted checkout it sends no method, even if
// p.Method is set. With Smart Routing p.Method must name an available method. Otherwise Checkout returns a *MethodError
// that lists the available methods. Other errors come from Me and CreateSession.
//
// Checkout reads the plan with Me and remembers it. Once the plan is older than WithMerchantTTL, Checkout uses it once
// more and refreshes it in the background. A buyer waits for me.php only until the first plan is known.
//
// Checkout also refreshes the plan before it rejects a method, and after the gateway rejects a session for an unknown
// reason, since the plan may be the cause. A buyer then waits for at most one attempt, and Checkout keeps the old plan
// if the refresh fails. These refreshes happen at most once every 5 seconds.
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

// Plan returns the plan that Checkout uses, for a page that lists the methods. It calls the gateway only when Checkout
// would, so it seldom waits. A listed method may have become unavailable; Checkout then returns a *MethodError. Errors
// come from Me. Each call returns a new copy.
func (c *Client) Plan(ctx context.Context) (*Merchant, error) {
	m, err := c.rememberedPlan(ctx)
	if err != nil {
		return nil, err
	}
	return m.clone(), nil
}

// planMemory holds the last result of Me and any refresh in progress. Checkout uses it.
type planMemory struct {
	mu      sync.Mutex
	last    *Merchant // nil until the first success
	asked   time.Time // start of the request that returned the last plan
	due     time.Time // when to refresh next
	tried   time.Time // when the last refresh ended
	doubted bool      // the gateway rejected a session, maybe because of the plan
	next    *refresh  // nil if no refresh is running
}

// refresh is a request to me.php. The channel done is closed when the request has ended; the refresh then also holds
// the response.
type refresh struct {
	done     chan struct{}
	merchant *Merchant
	err      error
}

const (
	retryPlanAfter = 30 * time.Second // the pause after a failed refresh
	freshFor       = 5 * time.Second  // a plan younger than this is not refreshed
)

// rememberedPlan returns the last plan immediately and starts a refresh if the plan is too old. It waits only if no
// plan is known or the plan is in doubt.
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

// newestPlan refreshes the plan, waits for at most one attempt, and returns the best plan it has. It skips the refresh
// if the last one was less than freshFor ago.
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

// refreshPlan starts a refresh. The request outlives the caller: it continues after ctx ends, under the client's own
// timeout. The caller holds the lock.
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

// askMe requests the plan. It recovers a panic in the transport; otherwise the panic would end the program.
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

// remember stores the plan m, whose request started at begun, unless a newer plan is already stored. If m is nil, the
// request failed. The caller holds the lock.
func (p *planMemory) remember(m *Merchant, begun time.Time, ttl time.Duration) {
	p.tried, p.doubted = time.Now(), false
	switch {
	case m == nil:
		p.due = p.tried.Add(min(ttl, retryPlanAfter))
	case !begun.Before(p.asked):
		p.last, p.asked, p.due = m.clone(), begun, p.tried.Add(ttl) // a copy, since the caller of Me may change its result
	}
}

// doubt makes the next Checkout refresh the plan if err is a rejection that the plan may have caused.
func (p *planMemory) doubt(err error) {
	var refusal *APIError
	if !errors.As(err, &refusal) || refusal.explained() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubted = true
}

// explained reports whether the rejection has a reason other than the plan: the code is known, the rate limit was
// reached, or the failure has nothing to do with the request. It is not known which codes the gateway uses if the plan
// is the cause, or if a method does not work for a buyer's country or amount.
func (e *APIError) explained() bool {
	_, known := sentinels[e.Code]
	switch {
	case known, e.FromProxy, e.StatusCode >= http.StatusInternalServerError:
		return true
	case e.StatusCode >= 300 && e.StatusCode < 400:
		return true
	default: // of all other statuses, only 429 explains a rejection
		return e.StatusCode == http.StatusTooManyRequests
	}
}
