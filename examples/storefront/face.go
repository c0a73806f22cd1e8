package main

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// session is one checkout of an order.
type session struct {
	ID, Method, CheckoutURL string
	Status                  ecomtrade24.PaymentStatus
	OpenUntil, CreatedAt    int64
	ChangedAt               int64 // when Status changed
}

// face is what an order's page shows and offers.
type face struct {
	Looks     string    // the page's state, in one word
	CanPay    bool      // whether Pay is offered; false if the buyer could pay twice
	Checkouts []session // open checkouts that Pay can return to, the newest first
}

// checkout returns the newest open checkout for the method.
func (f face) checkout(method string) (session, bool) {
	for _, one := range f.Checkouts {
		if one.Method == method {
			return one, true
		}
	}
	return session{}, false
}

// face is the only place that decides what a buyer sees and may do. It looks at the order and at all of its sessions
// and payments. An older session may still be paid after a newer one has ended, and an order whose first payment was
// refunded can be paid in another session.
func (o order) face(now time.Time) face {
	review, underWay, mayPay := false, false, false
	var decided payment // the newest decision that left the order unpaid
	claimed := map[string]bool{}
	for _, p := range o.Payments {
		claimed[p.SessionID] = true
		review = review || p.Waits()
		if (p.Decision == refunded || p.Decision == closed) && p.DecidedAt >= decided.DecidedAt {
			decided = p
		}
	}
	f := face{}
	for _, one := range o.Sessions {
		switch {
		case one.Status == ecomtrade24.StatusPending:
			// The buyer needs a minute to get to the checkout. A checkout that has a payment cannot be used again, even after a
			// refund.
			if one.CheckoutURL != "" && one.OpenUntil > now.Add(time.Minute).Unix() && !claimed[one.ID] {
				f.Checkouts = append(f.Checkouts, one)
			}
		case !one.Status.Final(): // processing, review, or a status that only a newer version of the shop knows
			mayPay = true
			underWay = underWay || one.CreatedAt > now.Add(-asked).Unix()
		}
	}
	switch {
	case o.State == paid:
		f.Looks = "paid"
	case review:
		f.Looks = "review"
	case underWay || mayPay && o.State == open:
		f.Looks = "processing"
	default:
		f.CanPay = o.State == open
		f.Looks = o.ending(decided)
	}
	if !f.CanPay {
		f.Checkouts = nil
	}
	return f
}

// ending returns the state that the page shows if no payment is under way: what happened last.
func (o order) ending(decided payment) string {
	newest := session{}
	if len(o.Sessions) > 0 {
		newest = o.Sessions[0]
	}
	lately := decided.DecidedAt >= newest.ChangedAt
	switch {
	case decided.Decision == refunded && lately:
		return "refunded"
	case decided.Decision == closed && lately:
		return "unsettled"
	case o.State == expired:
		return "expired"
	}
	switch newest.Status {
	case "":
		return "new"
	case ecomtrade24.StatusCancelled:
		return "left"
	case ecomtrade24.StatusDeclined:
		return "declined"
	case ecomtrade24.StatusExpired:
		return "lapsed"
	case ecomtrade24.StatusFailed:
		return "failed"
	case ecomtrade24.StatusPaid:
		return "unsettled"
	default:
		return "waiting"
	}
}
