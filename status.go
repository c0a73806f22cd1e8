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

// PaymentStatus is the state of a payment. Values that the SDK does not know pass through, lower-cased and trimmed;
// they are never paid and never final.
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

// ranks are those of all known statuses. A new one needs its constant above and its line here.
//
//nolint:gochecknoglobals // a constant in all but name
var ranks = map[PaymentStatus]int{
	StatusTest:       0,
	StatusPending:    10,
	StatusProcessing: 11,
	StatusReview:     12,
	StatusFailed:     rankFinal,
	StatusDeclined:   rankFinal,
	StatusExpired:    rankFinal,
	StatusCancelled:  rankFinal,
	StatusPaid:       30,
}

const rankFinal = 20 // and above

// Final reports whether the payment is over: paid, failed, declined, expired or cancelled. An expired session can still
// be paid, though: see Rank.
func (s PaymentStatus) Final() bool { return s.Rank() >= rankFinal }

// Rank says which of two statuses counts, since webhooks may come late and in any sequence: move an order's state to a
// higher rank only. It is 30 for paid, 20 for failed, declined, expired or cancelled, 12 for review, 11 for processing,
// 10 for pending, and 0 for test or an unknown status. So an expired session can still be paid, and a paid order stays
// paid.
func (s PaymentStatus) Rank() int { return ranks[s] }

// paymentStatus reads a status as the gateway may spell it.
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

// The pauses of Wait.
const (
	firstPoll   = 2 * time.Second
	longestPoll = 30 * time.Second
)

// Status asks the gateway for a session's payment. Errors: *ValidationError (nothing was sent), *APIError (ErrNotFound
// for an unknown session), *DecodeError (also if the response is about another session), or a transport error.
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

// checkSessionID returns a *ValidationError for what is no session id.
func checkSessionID(id string) error {
	e := ValidationError{Op: "status"}
	if id == "" {
		e.add("sessionID", "session_id", "must not be empty")
	} else {
		e.checkText("sessionID", "session_id", id)
	}
	return e.orNil()
}

// decode reads a response about the session that s was made for.
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
		return errors.New("it is about another session than the one asked for")
	}
	s.SessionID, s.Raw = asked, raw
	return nil
}

// complaint reports whether a response looks like an error and is no payment: it names no session, order and amount, or
// only some of them and an unknown status.
func (s *SessionStatus) complaint(o wire.Object) bool {
	_, known := ranks[paymentStatus(string(s.Status))]
	nameless := s.SessionID == "" && s.OrderID == "" && s.Amount == ""
	return (nameless || !known && !payable(s.Amount)) && complains(o, true)
}

// Wait asks for the session's status until it is final, with pauses that grow from 2 to 30 seconds, and returns it,
// paid or not. After a transport error, ErrUnavailable or ErrRateLimited it asks again, so give ctx a deadline. It asks
// for the last time 2 seconds before that; then the error wraps context.DeadlineExceeded and that of the last try. Any
// other error of Status ends Wait at once, and so does a Retry-After that is longer than the time left. Wait is a
// fallback for a webhook that does not come, never the main path.
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

// lastPause shortens a pause that would leave no time for another question before the deadline.
func lastPause(ctx context.Context, pause time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if left := time.Until(deadline) - firstPoll; ok && left > 0 {
		return min(pause, left)
	}
	return pause
}

// Retryable reports whether asking again later can help, which is what Wait does: after a transport error,
// ErrUnavailable, ErrRateLimited or a 408. It says nothing of whether that is safe: never create a session again after
// ErrOutcomeUnknown.
func Retryable(err error) bool {
	var transport *transportError
	var api *APIError
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRateLimited) || errors.As(err, &transport) ||
		errors.As(err, &api) && api.StatusCode == http.StatusRequestTimeout
}

// askedPause is the Retry-After of a response, 0 without one.
func askedPause(err error) time.Duration {
	var api *APIError
	if errors.As(err, &api) {
		return api.RetryAfter
	}
	return 0
}

// jittered returns d or up to a quarter more, at random, so that many waiters do not ask at the same moments.
func jittered(d time.Duration) time.Duration {
	more := time.Duration(rand.Int64N(int64(d)/4 + 1)) //nolint:gosec // jitter spreads load, it guards nothing
	return min(d+more, longestPoll)
}

func waitEnded(ended, last error) error {
	if last == nil {
		return fmt.Errorf("ecomtrade24: wait: the payment is not final yet: %w", ended)
	}
	return fmt.Errorf("ecomtrade24: wait: %w; the last try: %w", ended, last)
}
