package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const gatewayWaits = 3 * time.Second // how long a page waits for the gateway

// choice holds the methods that a page offers to the buyer.
type choice struct {
	Ask     bool // false on hosted checkout, where the gateway's page asks
	Methods []ecomtrade24.Method
	Chosen  string // the method that the buyer has chosen already
	Refused bool   // Chosen is not one of Methods
}

// ways returns the methods that a page offers. The argument refused names the field to correct, or is "".
func (s *shop) ways(r *http.Request, refused string) (choice, error) {
	ctx, cancel := context.WithTimeout(r.Context(), gatewayWaits)
	defer cancel()
	merchant, err := s.client.Plan(ctx)
	if err != nil {
		return choice{}, err
	}
	c := choice{Ask: merchant.SmartRouting(), Chosen: r.PostFormValue("method"), Refused: refused == "method"}
	for _, method := range merchant.Methods {
		if method.Available {
			c.Methods = append(c.Methods, method)
		}
	}
	if len(c.Methods) == 1 {
		c.Chosen = c.Methods[0].ID
	}
	return c, nil
}

// buyersMistake returns the field that the buyer can correct, "method" or "email", or "" if there is none. If it
// returns a field, no session was created.
func buyersMistake(err error) string {
	var invalid *ecomtrade24.ValidationError
	switch {
	case errors.As(err, new(*ecomtrade24.MethodError)):
		return "method"
	case errors.As(err, &invalid) && len(invalid.Fields) == 1 && invalid.Fields[0].Field == "CustomerEmail":
		return "email"
	case errors.Is(err, ecomtrade24.ErrCustomerEmailRequired):
		return "email"
	}
	return ""
}

// lookUp asks the gateway about sessions of an order, because a webhook may be late or lost. The inbox applies the
// responses like webhooks. Without a response, nothing changes.
func (s *shop) lookUp(ctx context.Context, orderID string, sessionIDs ...string) {
	ctx, cancel := context.WithTimeout(ctx, gatewayWaits)
	defer cancel()
	for _, id := range sessionIDs {
		if _, err := s.box.Ask(ctx, s.client, id, orderID); err != nil {
			s.log.Warn("cannot look up a session", "order", orderID, "error", err)
		}
	}
}

// mostAsked is the maximum number of sessions that payAgain looks up.
const mostAsked = 3

// payAgain redirects to the order's open checkout, or to a new checkout after a declined card or a lost response. First
// it looks up the unpaid sessions, open sessions first: a session may have been paid and its webhook lost.
func (s *shop) payAgain(w http.ResponseWriter, r *http.Request) {
	method := r.PostFormValue("method")
	o, err := s.findOrder(r.Context(), r.PathValue("id"))
	if err == nil && o.State == open {
		var going, ended []string
		for _, one := range o.Sessions {
			if !one.Status.Final() {
				going = append(going, one.ID)
			} else if one.Status != ecomtrade24.StatusPaid {
				ended = append(ended, one.ID)
			}
		}
		unpaid := slices.Concat(going, ended)
		s.lookUp(r.Context(), o.ID, unpaid[:min(len(unpaid), mostAsked)]...)
		o, err = s.findOrder(r.Context(), o.ID)
	}
	f := o.face(time.Now())
	if err != nil || !f.CanPay {
		s.showOrder(w, r) // the order's page says why the buyer cannot pay
		return
	}
	if !storable(method) {
		s.showOrderPage(w, r, o, "method")
		return
	}
	if again, ok := f.checkout(method); ok {
		s.leaveForCheckout(w, r, o.ID, &ecomtrade24.Session{ID: again.ID, CheckoutURL: again.CheckoutURL}, nil)
		return
	}
	session, err := s.openSession(r.Context(), o, method)
	if field := buyersMistake(err); field != "" {
		s.showOrderPage(w, r, o, field)
		return
	}
	s.leaveForCheckout(w, r, o.ID, session, err)
}
