package ecomtrade24

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRetryPolicy_next_decides(t *testing.T) {
	t.Parallel()
	const get, post = true, false
	rows := []struct {
		why string
		f   failure
		get bool // true for a GET, false for a POST
		yes bool
	}{
		{"never reached the gateway", failure{notSent: true}, get, true},
		{"the request never reached the gateway, so no session was made", failure{notSent: true}, post, true},
		{"the request was lost on the way, but a repeated GET changes nothing", failure{}, get, true},
		{"the request was lost after it was sent, so a session may exist", failure{}, post, false},
		{"the gateway did not read the request in time", failure{refused: true, status: 408}, get, true},
		{"the gateway may have read the request despite the 408", failure{refused: true, status: 408}, post, false},
		{"rate limited", failure{refused: true, status: 429}, get, true},
		{"rate limited, no session was made", failure{refused: true, status: 429}, post, true},
		{"rate limited, with a Retry-After of at most 30 s", failure{refused: true, status: 429, retryAfter: 30 * time.Second}, post, true},
		{"rate limited for more than 30 s, so the caller decides", failure{refused: true, status: 429, retryAfter: 31 * time.Second}, get, false},
		{"the gateway failed, but a retry may succeed", failure{refused: true, status: 500}, get, true},
		{"the gateway failed, perhaps after it created the session", failure{refused: true, status: 500}, post, false},
		{"the proxy lost the response", failure{refused: true, status: 502}, get, true},
		{"the proxy lost the response, a session may exist", failure{refused: true, status: 502}, post, false},
		{"not serving", failure{refused: true, status: 503}, get, true},
		{"the gateway is unavailable, so no session was created", failure{refused: true, status: 503}, post, true},
		{"the proxy gave up waiting", failure{refused: true, status: 504}, get, true},
		{"the proxy gave up waiting, a session may exist", failure{refused: true, status: 504}, post, false},
		{"a CDN does not reach the gateway now", failure{refused: true, status: 520}, get, true},
		{"a CDN does not reach the gateway now", failure{refused: true, status: 530}, get, true},
		{"the CDN may have reached the gateway, so a session may exist", failure{refused: true, status: 522}, post, false},
		{"nobody's code", failure{refused: true, status: 519}, get, false},
		{"nobody's code", failure{refused: true, status: 531}, get, false},
		{"a retry would get the status 501 again", failure{refused: true, status: 501}, get, false},
		{"an invalid request fails in a retry too", failure{refused: true, status: 422}, get, false},
		{"a wrong key fails in a retry too", failure{refused: true, status: 401}, get, false},
		{"an unknown session is still unknown in a retry", failure{refused: true, status: 404}, get, false},
		{"redirects are not followed", failure{refused: true, status: 302}, get, false},
		{"ok:false is a rejection", failure{refused: true, status: 200}, get, false},
		{"a retry would get an unreadable response too", failure{status: 200}, get, false},
		{"an unreadable response; a session may exist", failure{status: 200}, post, false},
	}
	for _, row := range rows {
		row.f.idempotent = row.get
		_, again := defaultRetry().next(1, row.f, 0.5)
		assert.Equal(t, row.yes, again, "%s: %+v", row.why, row.f)
		_, again = defaultRetry().next(3, row.f, 0.5)
		assert.False(t, again, "at most three attempts: %+v", row.f)
		_, again = RetryPolicy{MaxAttempts: 1}.next(1, row.f, 0.5)
		assert.False(t, again, "at most one attempt: %+v", row.f)
	}
}

func TestFailure_outcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, f := range []failure{
		{},
		{status: 200},
		{refused: true, status: 502},
		{refused: true, status: 504},
		{refused: true, status: 524}, // a CDN's own status for a timeout
		{refused: true, status: 500}, // PHP can fail after it has stored the session
		{refused: true, status: 501},
	} {
		assert.True(t, f.outcomeUnknown(), "%+v", f)
		f.idempotent = true
		assert.False(t, f.outcomeUnknown(), "a GET creates nothing: %+v", f)
	}
	for _, f := range []failure{
		{notSent: true},
		{refused: true, status: 200},
		{refused: true, status: 302},
		{refused: true, status: 422},
		{refused: true, status: 429},
		{refused: true, status: 503},
	} {
		assert.False(t, f.outcomeUnknown(), "%+v", f)
	}
}

func TestRetryPolicy_next_pauses(t *testing.T) {
	t.Parallel()
	lost := failure{idempotent: true}
	many := RetryPolicy{MaxAttempts: 100, BaseDelay: 250 * time.Millisecond, MaxDelay: 5 * time.Second}
	for n, ceiling := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 5: 4 * time.Second,
		6: 5 * time.Second, 50: 5 * time.Second, 99: 5 * time.Second, // no overflow
	} {
		for _, jitter := range []float64{0, 0.5, 0.999} {
			pause, again := many.next(n, lost, jitter)
			require.True(t, again)
			assert.Equal(t, time.Duration(jitter*float64(ceiling)), pause, "after attempt %d", n)
		}
	}
	slow := failure{idempotent: true, status: 503, retryAfter: 7 * time.Second}
	pause, _ := many.next(1, slow, 0.999)
	assert.Equal(t, 7*time.Second, pause, "the gateway's Retry-After applies even if it is longer than MaxDelay")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 6, 15, 57, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"7":                             7 * time.Second,
		"Sun, 22 Nov 2026 06:16:27 GMT": 30 * time.Second,
		"Sun, 22 Nov 2026 06:15:00 GMT": 0, // a date in the past
		"soon":                          0,
		"-5":                            0,
		"1.5":                           0,
		"999999999999999999999":         999999999 * time.Second, // no overflow
	} {
		h := http.Header{}
		h.Set("Retry-After", value)
		assert.Equal(t, want, retryAfter(h, now), "%q", value)
	}
	// This machine's clock is an hour ahead, so Retry-After is measured from the response's Date.
	h := http.Header{"Retry-After": {"Sun, 22 Nov 2026 05:16:27 GMT"}, "Date": {"Sun, 22 Nov 2026 05:15:57 GMT"}}
	assert.Equal(t, 30*time.Second, retryAfter(h, now))
	h.Set("Date", "yesterday")
	assert.Zero(t, retryAfter(h, now), "an unreadable Date counts as absent")
}

func TestRetryPolicy_normal(t *testing.T) {
	t.Parallel()
	rows := map[RetryPolicy]RetryPolicy{
		{}:                                       {MaxAttempts: 3, BaseDelay: 250 * time.Millisecond, MaxDelay: 5 * time.Second},
		{MaxAttempts: 1}:                         {MaxAttempts: 1, BaseDelay: 250 * time.Millisecond, MaxDelay: 5 * time.Second},
		{MaxAttempts: 5, BaseDelay: time.Minute}: {MaxAttempts: 5, BaseDelay: time.Minute, MaxDelay: time.Minute},
		{MaxDelay: time.Millisecond}:             {MaxAttempts: 3, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond},
		{MaxAttempts: 2, MaxDelay: 2 * time.Hour}: {MaxAttempts: 2, BaseDelay: 250 * time.Millisecond, MaxDelay: 2 * time.Hour},
	}
	for given, want := range rows {
		got, err := given.normal()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, p := range []RetryPolicy{{MaxAttempts: -1}, {BaseDelay: -1}, {MaxDelay: -1}, {BaseDelay: 2, MaxDelay: 1}} {
		_, err := p.normal()
		require.ErrorContains(t, err, "WithRetry", "%+v", p)
	}
}
