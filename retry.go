package ecomtrade24

import (
	"errors"
	"net/http"
	"time"
)

// longestRetryAfter is the longest Retry-After that is waited for; with a longer one the caller has to decide.
const longestRetryAfter = 30 * time.Second

// RetryPolicy says how often a call is tried and how long the pauses are. The pause before attempt n+1 is drawn
// evenly from 0 to BaseDelay·2ⁿ⁻¹, at most MaxDelay (full jitter), or is the gateway's Retry-After if that is longer.
// A zero field means its default, so the zero policy is that of a client without WithRetry.
type RetryPolicy struct {
	MaxAttempts int           // all attempts, the first included; 1 turns retries off; the default is 3
	BaseDelay   time.Duration // the default is 250 ms, or MaxDelay if that is shorter
	MaxDelay    time.Duration // the default is 5 s, or BaseDelay if that is longer
}

func defaultRetry() RetryPolicy {
	return RetryPolicy{MaxAttempts: 3, BaseDelay: 250 * time.Millisecond, MaxDelay: 5 * time.Second}
}

// normal fills in the defaults, or returns an error that says what makes no sense.
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

// failure is how an attempt ended, reduced to what the decision needs.
type failure struct {
	idempotent bool          // a GET: a second one changes nothing
	notSent    bool          // the gateway has not received the request, or says that it has not processed it
	refused    bool          // an APIError that carries no session
	status     int           // of the response; 0 means that none, or not all of it, came
	retryAfter time.Duration // as the response asked; 0 means not given
}

// next decides whether attempt number n, which failed, is followed by another, and after what pause. It does no I/O and
// draws no random number: jitter is one in [0,1).
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

// repeatable reports whether a second request may succeed and cannot make a second session.
func (f failure) repeatable() bool {
	switch f.status {
	case 0:
		return f.notSent || f.idempotent
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return f.idempotent || f.refused
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return f.idempotent
	default:
		return f.idempotent && f.status >= 520 && f.status <= 530 // a CDN that cannot reach the gateway
	}
}

// outcomeUnknown reports whether the request may have had its effect all the same: no usable response came, or one with
// a 5xx. PHP can fail after it has stored the session, and a proxy can lose the gateway's response. A 503 is taken at
// its word, that nobody serves the request.
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

// retryAfter reads a Retry-After header, seconds or an HTTP date; 0 means that it is absent, past or unreadable. A date
// is measured from the response's own, since the clocks may differ, and from now if it has none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if digits(value) {
		if len(value) > 9 {
			value = "999999999" // decades, and no overflow
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
