package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// sessionStates lists all states that a session can have in the shop. A "stale" session is processing but too old to be
// looked up.
var sessionStates = []string{
	"", "pending", "lapsed pending", "processing", "review", "stale", "paid", "cancelled", "declined", "expired",
	"failed", "a newer word",
}

// sessionIn returns a session in one of the states. Session 2 is newer than session 1.
func sessionIn(state, id string, now time.Time) []session {
	one := session{
		ID: id, Method: "card", CheckoutURL: "https://gateway.example/" + id, Status: ecomtrade24.PaymentStatus(state),
		OpenUntil: now.Add(time.Hour).Unix(), CreatedAt: now.Add(-time.Hour).Unix() + int64(id[0]-'0'),
	}
	switch state {
	case "":
		return nil
	case "lapsed pending":
		one.Status, one.OpenUntil = ecomtrade24.StatusPending, now.Unix()
	case "stale":
		one.Status, one.CreatedAt = ecomtrade24.StatusProcessing, now.Add(-asked).Unix()
	}
	return []session{one}
}

// The test checks the face for every combination of an order state, two session states, and a payment that is absent,
// waiting, refunded or closed.
func TestFace(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, state := range []string{open, paid, expired} {
		for _, first := range sessionStates {
			for _, second := range sessionStates {
				for _, decision := range []string{"no payment", "waits", refunded, closed} {
					o := order{State: state, Sessions: append(sessionIn(second, "2", now), sessionIn(first, "1", now)...)}
					if decision != "no payment" {
						o.Payments = []payment{{SessionID: "1", Problem: tooLittle}}
					}
					if decision == refunded || decision == closed {
						o.Payments[0].Decision, o.Payments[0].DecidedAt = decision, now.Add(-30*time.Minute).Unix()
					}
					f, name := o.face(now), fmt.Sprintf("%s, %q, %q, %s", state, first, second, decision)
					underWay := isUnderWay(first) || isUnderWay(second)
					believed := underWay && (isUnderWay(first) && first != "stale" || isUnderWay(second) && second != "stale")
					assert.Equal(t, state == open && decision != "waits" && !underWay, f.CanPay, name)
					assert.Equal(t, wantLooks(state, first, second, decision, underWay, believed), f.Looks, name)
					var leads []string
					for _, one := range f.Checkouts {
						leads = append(leads, one.ID)
					}
					var want []string
					if f.CanPay && second == "pending" {
						want = append(want, "2")
					}
					if f.CanPay && first == "pending" && decision == "no payment" {
						want = append(want, "1")
					}
					assert.Equal(t, want, leads, name)
				}
			}
		}
	}
}

func isUnderWay(state string) bool {
	return state == "processing" || state == "review" || state == "stale" || state == "a newer word"
}

// wantLooks returns the page's expected state: the newest session's state, unless something else takes precedence.
func wantLooks(state, first, second, decision string, underWay, believed bool) string {
	newest := second
	if newest == "" {
		newest = first
	}
	switch {
	case state == paid:
		return "paid"
	case decision == "waits":
		return "review"
	case state == open && underWay, believed:
		return "processing"
	}
	switch {
	case decision == refunded: // decided after the sessions' last change
		return "refunded"
	case decision == closed:
		return "unsettled"
	case state == expired:
		return "expired"
	}
	return map[string]string{
		"": "new", "pending": "waiting", "lapsed pending": "waiting", "paid": "unsettled", "cancelled": "left",
		"declined": "declined", "expired": "lapsed", "failed": "failed",
	}[newest]
}

// Pay leads to the newest checkout for the method that the buyer has chosen.
func TestFace_checkout(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	o := order{State: open, Sessions: append(sessionIn("pending", "2", now), sessionIn("pending", "1", now)...)}
	o.Sessions[0].Method = "upi"
	for method, want := range map[string]string{"upi": "2", "card": "1", "": ""} {
		got, ok := o.face(now).checkout(method)
		assert.Equal(t, want, got.ID)
		assert.Equal(t, want != "", ok)
	}
	o.Sessions[0].CheckoutURL = "" // a webhook was faster than the gateway's response
	_, ok := o.face(now).checkout("upi")
	assert.False(t, ok)
}

// After a wrong payment was refunded or closed, a second session starts. The page shows each status of the second
// session, and the order expires only if no payment is under way.
func TestFace_secondSession(t *testing.T) {
	t.Parallel()
	for status, want := range map[ecomtrade24.PaymentStatus]struct {
		looks   string
		canPay  bool
		toThere bool // whether Pay leads back to the second checkout
	}{
		"pending": {"waiting", true, true}, "processing": {"processing", false, false}, "review": {"processing", false, false},
		"declined": {"declined", true, false}, "cancelled": {"left", true, false}, "expired": {"lapsed", true, false},
		"failed": {"failed", true, false}, "paid": {"paid", false, false},
	} {
		for _, decision := range []string{refunded, closed} {
			t.Run(string(status)+" after "+decision, func(t *testing.T) {
				t.Parallel()
				s, _, _ := quietShop(t)
				s.hears(t, says("1", ecomtrade24.StatusPaid, "1.00", ""))
				assert.Equal(t, face{Looks: "review"}, s.faceOf(t))
				s.decides(t, decision)
				assert.Equal(t, face{Looks: map[string]string{refunded: "refunded", closed: "unsettled"}[decision], CanPay: true},
					s.faceOf(t))
				_, err := s.db.ExecContext(t.Context(), `UPDATE shop_payments SET decided_at = decided_at - 60`)
				require.NoError(t, err)
				s.opens(t, "2")
				s.hears(t, says("2", status, "14.50", ""))
				f := s.faceOf(t)
				assert.Equal(t, want.looks, f.Looks)
				assert.Equal(t, want.canPay, f.CanPay)
				_, ok := f.checkout("")
				assert.Equal(t, want.toThere, ok)
				s.orderTTL = -time.Hour
				require.NoError(t, s.expire(t.Context()))
				o, err := s.findOrder(t.Context(), "ORDER-1")
				require.NoError(t, err)
				assert.Equal(t, want.canPay, o.State == expired, "an order with a payment under way does not expire")
			})
		}
	}
}

// opens inserts a session whose checkout is open for an hour.
func (s *shop) opens(t *testing.T, id string) {
	t.Helper()
	until := time.Now().Add(time.Hour)
	session := &ecomtrade24.Session{ID: id, CheckoutURL: "https://gateway.example/" + id, ExpiresAt: until}
	require.NoError(t, s.insertSession(t.Context(), session, "ORDER-1", ""))
}

func (s *shop) faceOf(t *testing.T) face {
	t.Helper()
	o, err := s.findOrder(t.Context(), "ORDER-1")
	require.NoError(t, err)
	return o.face(time.Now())
}

// decides records a decision about the only payment in manual review.
func (s *shop) decides(t *testing.T, what string) {
	t.Helper()
	require.NoError(t, s.recordDecision(t.Context(), decision{s.onlyWaiting(t).ID, "Ada", what, "a note"}))
}
