package ecomtrade24

import (
	"errors"
	"net/http"
	"time"
)

// longestRetryAfter is the longest Retry-After that the client waits for. If the gateway asks for a longer wait, the
// client returns the error and the caller decides.
const longestRetryAfter = 30 * time.Second

// RetryPolicy says how often to try a call and how long to pause. The pause before attempt n+1 is random, evenly
// distributed from 0 to BaseDelay·2ⁿ⁻¹ or MaxDelay, whichever is less (full jitter). If the gateway's Retry-After is
// longer than this pause, the client waits that long instead. A zero field means its default, so the zero policy is the
// default policy.
type RetryPolicy struct {
	MaxAttempts int           // including the first attempt; 1 turns retries off; the default is 3
	BaseDelay   time.Duration // the default is 250 ms, or MaxDelay if that is shorter
	MaxDelay    time.Duration // the default is 5 s, or BaseDelay if that is longer
}

func defaultRetry() RetryPolicy {
	return RetryPolicy{MaxAttempts: 3, BaseDelay: 250 * time.Millisecond, MaxDelay: 5 * time.Second}
}

// normal returns the policy with the defaults filled in, or an error if a value is invalid.
func (p RetryPolicy) normal() (RetryPolicy, error) {
	if p.MaxAttempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 {
		return p, errors.New("WithRetry: attempts and delays must not be negative")
	}
	usual := defaultRetry()
	if p.MaxAttempts == 0 {
		p.MaxAttempts = usual.MaxAttempts
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = max(usual.MaxDelay, p.BaseDelay)
	}
	if p.BaseDelay == 0 {
		p.BaseDelay = min(usual.BaseDelay, p.MaxDelay)
	}
	if p.BaseDelay > p.MaxDelay {
		return p, errors.New("WithRetry: BaseDelay must not be longer than MaxDelay")
	}
	return p, nil
}

// failure holds the facts about a failed attempt that decide whether to retry.
type failure struct {
	idempotent bool          // true for a GET, which changes nothing if it is repeated
	notSent    bool          // the gateway did not receive the request, or says it did not process it
	refused    bool          // the attempt ended in an APIError whose response names no session
	status     int           // status of the response; 0 if no complete response arrived
	retryAfter time.Duration // from the response; 0 means not set
}

// next decides whether to retry after attempt n failed, and how long to pause first. It does no I/O. The argument
// jitter is a random number in [0,1).
func (p RetryPolicy) next(n int, f failure, jitter float64) (pause time.Duration, again bool) {
	if n >= p.MaxAttempts || f.retryAfter > longestRetryAfter || !f.repeatable() {
		return 0, false
	}
	ceiling := p.MaxDelay
	if shift := n - 1; shift < 62 && p.BaseDelay <= p.MaxDelay>>shift {
		ceiling = p.BaseDelay << shift
	}
	return max(time.Duration(jitter*float64(ceiling)), f.retryAfter), true
}

// repeatable reports whether a retry may succeed and cannot create a second session.
func (f failure) repeatable() bool {
	switch f.status {
	case 0:
		return f.notSent || f.idempotent
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return f.idempotent || f.refused
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return f.idempotent
	default:
		return f.idempotent && f.status >= 520 && f.status <= 530 // statuses of a CDN that cannot reach the gateway
	}
}

// outcomeUnknown reports whether the request may have taken effect: either no usable response arrived, or the response
// was a 5xx. PHP can fail after it has stored the session, and a proxy can lose the gateway's response. A 503 is
// trusted to mean that nothing served the request.
func (f failure) outcomeUnknown() bool {
	switch {
	case f.idempotent || f.notSent:
		return false
	case f.refused:
		return f.status >= http.StatusInternalServerError && f.status != http.StatusServiceUnavailable
	default:
		return true
	}
}

// retryAfter reads a Retry-After header, in seconds or as an HTTP date. It returns 0 if the header is absent,
// unreadable or a past date. Since clocks may differ, it measures a date from the response's own Date, or from now if
// the response has no Date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if digits(value) {
		if len(value) > 9 {
			value = "999999999" // about 32 years, without overflow
		}
		d, _ := time.ParseDuration(value + "s")
		return d
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(at.Sub(now), 0)
}
