package ledger

import (
	"context"
	"fmt"
	"time"
)

// Session names an expected session.
type Session struct{ Order, ID string }

// Check is a session for Reconcile to look up. Its schedule and its lease are separate: NextCheck moves only after a
// response was applied, and LeaseUntil keeps two processes from checking the session at the same time. All times are
// Unix milliseconds by the database's clock, so the processes' clocks need not agree.
type Check struct {
	Session

	Rank       int
	Since      int64 // when the schedule began: at Expect, at an Incomplete, or when the session ended
	NextCheck  int64
	LeaseUntil int64 // when the lease ends, or when the last attempt failed; 0 if neither applies
	Now        int64 // when the row was read, by the database's clock

	read   time.Time // when the row was read, by this process's clock
	before int64     // the value of LeaseUntil before this process took its lease
}

// now returns the current time by the database's clock.
func (c Check) now() int64 { return c.Now + time.Since(c.read).Milliseconds() }

// Expect schedules a session in the caller's transaction.
func (e *Engine[Tx]) Expect(ctx context.Context, tx Tx, sessionID, orderID string) error {
	if e.Err != nil {
		return e.Err
	}
	session, order, err := expected(sessionID, orderID)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: %w", err)
	}
	now, err := e.Joined.Now(ctx, tx)
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: read the time: %w", err)
	}
	err = e.Joined.Expect(ctx, tx, order, session, now, e.firstCheck(now, false), e.firstCheck(now, true))
	if err != nil {
		return fmt.Errorf("ecomtrade24 inbox: expect: remember session: %w", err)
	}
	return nil
}

// firstCheck returns the time of the first check of a schedule that begins now. If there is no check, it returns the
// constant never.
func (e *Engine[Tx]) firstCheck(now int64, ended bool) int64 {
	if pause := e.Spacing(0, ended); pause > 0 {
		return now + pause.Milliseconds()
	}
	return never
}

// The method after returns a copy of c with the next check scheduled. Call it only after a response was applied. The
// session's age counts only scheduled time, so no check is skipped if Reconcile does not run for hours or the clock was
// wrong during Expect.
func (e *Engine[Tx]) after(c Check) Check {
	age := max(c.NextCheck-c.Since, 0)
	pause := e.Spacing(time.Duration(age)*time.Millisecond, c.Rank >= rankEnded && c.Rank < rankPaid)
	now := c.now()
	c.Since, c.NextCheck, c.LeaseUntil = now-age, never, 0
	if pause > 0 {
		c.NextCheck = now + pause.Milliseconds()
	}
	return c
}

// spacing returns the default time between two lookups of a session.
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

// untilNext returns the time from age to the next entry of ages, or 0 if age has reached the last one.
func untilNext(age time.Duration, ages ...time.Duration) time.Duration {
	for _, next := range ages {
		if age < next {
			return next - age
		}
	}
	return 0
}
