package ledger

import (
	"context"
	"fmt"
	"time"
)

// Session names an expected session.
type Session struct{ Order, ID string }

// Check is a session that Reconcile is to look up. Its schedule and its lease are two things: NextCheck moves only when
// a response has been applied, and LeaseUntil keeps two processes from checking the session at the same time. All times
// are Unix milliseconds.
type Check struct {
	Session

	Rank       int
	Since      int64 // when the schedule began: with Expect, with an Incomplete, or when the session ended
	NextCheck  int64
	LeaseUntil int64 // while it lasts; later, when the last attempt ended without a response, or 0

	before int64 // LeaseUntil before ours
}

// Expect schedules a session in a transaction of the caller's.
func (e *Engine[Tx]) Expect(ctx context.Context, tx Tx, sessionID, orderID string) error {
	session, order, err := expected(sessionID, orderID)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: %w", err)
	}
	now := time.Now()
	err = e.Joined.Expect(ctx, tx, order, session, now.UnixMilli(), e.firstCheck(now, false), e.firstCheck(now, true))
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: %w", err)
	}
	return nil
}

// firstCheck is when a session whose schedule begins now is checked first, or never.
func (e *Engine[Tx]) firstCheck(now time.Time, ended bool) int64 {
	if pause := e.Spacing(0, ended); pause > 0 {
		return now.Add(pause).UnixMilli()
	}
	return never
}

// after is c once a response has been applied. The time that counts is that of the schedule: neither hours in which
// nobody called Reconcile nor a clock that was wrong when the session was made use it up.
func (e *Engine[Tx]) after(c Check, now time.Time) Check {
	age := max(time.Duration(c.NextCheck-c.Since)*time.Millisecond, 0)
	pause := e.Spacing(age, c.Rank >= rankEnded && c.Rank < rankPaid)
	c.Since, c.NextCheck, c.LeaseUntil = now.Add(-age).UnixMilli(), never, 0
	if pause > 0 {
		c.NextCheck = now.Add(pause).UnixMilli()
	}
	return c
}

// clockSlack is how far a stored time may lie ahead of the clock. What lies further ahead was written by a clock that
// was wrong.
const clockSlack = time.Hour

// spacing is the default time between two lookups of a session.
func spacing(age time.Duration, ended bool) time.Duration {
	const day = 24 * time.Hour
	switch {
	case ended:
		return untilNext(age, time.Hour, 6*time.Hour, day, 3*day)
	case age < time.Hour:
		return 2 * time.Minute
	case age < 3*day:
		return time.Hour
	default:
		return 0
	}
}

// untilNext is the time from age to the next of some ages, and 0 after the last.
func untilNext(age time.Duration, ages ...time.Duration) time.Duration {
	for _, next := range ages {
		if age < next {
			return next - age
		}
	}
	return 0
}
