package ecomtrade24

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// PaymentStatus is the state of a payment. Unknown values pass through, lower-cased and trimmed. They are never paid
// and never final.
type PaymentStatus string

// The statuses seen so far.
const (
	StatusPending    PaymentStatus = "pending"
	StatusProcessing PaymentStatus = "processing"
	StatusPaid       PaymentStatus = "paid"
	StatusFailed     PaymentStatus = "failed"
	StatusDeclined   PaymentStatus = "declined"
	StatusExpired    PaymentStatus = "expired"
	StatusCancelled  PaymentStatus = "cancelled" // "canceled" is read as this
	StatusReview     PaymentStatus = "review"
	StatusTest       PaymentStatus = "test" // a webhook sent by hand to test the endpoint
)

// Final reports whether the payment is over: paid, failed, declined, expired or cancelled. An expired session can still
// be paid, though: see Rank.
func (s PaymentStatus) Final() bool { return s.Rank() >= wire.RankFinal }

// Rank returns a number for comparing two statuses: the one with the higher rank counts, since webhooks may arrive late
// and in any sequence. Move an order only to a higher rank. Rank is 30 for paid; 20 for failed, declined, expired or
// cancelled; 12 for review; 11 for processing; 10 for pending; 0 for test or an unknown status. So an expired session
// can still be paid, and a paid session stays paid.
func (s PaymentStatus) Rank() int {
	rank, _ := wire.StatusRank(string(s)) // a new status needs its line in wire.Statuses
	return rank
}

// paymentStatus normalizes the gateway's spelling of a status.
func paymentStatus(text string) PaymentStatus {
	s := PaymentStatus(word(text))
	if s == "canceled" {
		return StatusCancelled
	}
	return s
}

// SessionStatus is the gateway's response to Status.
type SessionStatus struct {
	Payment
	Raw json.RawMessage // the response as received; see Event
}

// The pauses between the lookups of Wait.
const (
	firstPoll   = 2 * time.Second
	longestPoll = 30 * time.Second
)

// Status looks up a session's payment. Errors: *ValidationError (nothing was sent), *APIError (ErrNotFound for an
// unknown session), *DecodeError (also if the response is about another session), or a transport error.
func (c *Client) Status(ctx context.Context, sessionID string) (*SessionStatus, error) {
	if err := checkSessionID(sessionID); err != nil {
		return nil, err
	}
	s := SessionStatus{Payment: Payment{SessionID: sessionID}}
	path := c.deployment.StatusPath + "?session_id=" + url.QueryEscape(sessionID)
	if err := c.do(ctx, request{op: "status", path: path, session: sessionID}, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// checkSessionID returns a *ValidationError if id cannot be a session ID.
func checkSessionID(id string) error {
	e := ValidationError{Op: "status"}
	if id == "" {
		e.add("sessionID", "session_id", "must not be empty")
	} else {
		e.checkText("sessionID", "session_id", id)
	}
	return e.orNil()
}

// decode reads a response about the session in s.SessionID.
func (s *SessionStatus) decode(o wire.Object, raw []byte) error {
	asked := s.SessionID
	s.Payment = Payment{}
	var f paymentFields
	for key, v := range o.Members() {
		f.set(&s.Payment, key, v)
	}
	if s.complaint(o) {
		return errComplaint
	}
	if err := f.finish(&s.Payment); err != nil {
		return err
	}
	if s.SessionID != "" && s.SessionID != asked {
		return errors.New("it is about a session other than the requested one")
	}
	s.SessionID, s.Raw = asked, raw
	return nil
}

// complaint reports whether a response looks like an error and not like a payment: it has no session, order or amount,
// or it has some of these fields but an unknown status.
func (s *SessionStatus) complaint(o wire.Object) bool {
	_, known := wire.StatusRank(string(paymentStatus(string(s.Status))))
	nameless := s.SessionID == "" && s.OrderID == "" && s.Amount == ""
	return (nameless || !known && !payable(s.Amount)) && complains(o, true)
}

// Wait looks up the session's status until the status is final, with pauses that grow from 2 to 30 seconds. It returns
// the final status, paid or not. It retries after a transport error, ErrUnavailable, ErrRateLimited or a 408, so set a
// deadline on ctx. Wait makes its last lookup 2 seconds before the deadline. If the status is still not final, the
// error wraps context.DeadlineExceeded and the last lookup's error, if any. Any other error, or a Retry-After longer
// than the time left, ends Wait immediately. Use Wait only as a fallback for a webhook that does not arrive, never as
// the main path.
func (c *Client) Wait(ctx context.Context, sessionID string) (*SessionStatus, error) {
	for pause := firstPoll; ; pause = min(pause*3/2, longestPoll) {
		s, err := c.Status(ctx, sessionID)
		if err == nil && s.Status.Final() {
			return s, nil
		}
		if err != nil && !Retryable(err) {
			return nil, err
		}
		if ended := sleep(ctx, max(lastPause(ctx, jittered(pause)), askedPause(err))); ended != nil {
			return nil, waitEnded(ended, err)
		}
	}
}

// lastPause returns pause, shortened if it would leave no time for another lookup before the deadline.
func lastPause(ctx context.Context, pause time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if left := time.Until(deadline) - firstPoll; ok && left > 0 {
		return min(pause, left)
	}
	return pause
}

// Retryable reports whether a later retry may succeed: err is a transport error, ErrUnavailable, ErrRateLimited or a
// 408. Wait uses Retryable. The result does not say whether a retry is safe. In particular, never create a session
// again after ErrOutcomeUnknown.
func Retryable(err error) bool {
	var transport *transportError
	var api *APIError
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRateLimited) || errors.As(err, &transport) ||
		errors.As(err, &api) && api.StatusCode == http.StatusRequestTimeout
}

// askedPause returns the Retry-After of a response, or 0.
func askedPause(err error) time.Duration {
	var api *APIError
	if errors.As(err, &api) {
		return api.RetryAfter
	}
	return 0
}

// jittered returns d plus a random extra of up to a quarter of d, so that many waiters do not call at the same moment.
func jittered(d time.Duration) time.Duration {
	more := time.Duration(rand.Int64N(int64(d)/4 + 1)) //nolint:gosec // jitter needs no secure random numbers
	return min(d+more, longestPoll)
}

func waitEnded(ended, last error) error {
	if last == nil {
		return fmt.Errorf("ecomtrade24: wait: the payment is not final yet: %w", ended)
	}
	return fmt.Errorf("ecomtrade24: wait: %w; the last try: %w", ended, last)
}
