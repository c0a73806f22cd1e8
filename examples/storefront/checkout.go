package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const gatewayWaits = 3 * time.Second // how long a page waits for what it can do without

// choice is how the buyer can pay, for a page to show.
type choice struct {
	Ask     bool // false on hosted checkout, where the gateway's page asks
	Methods []ecomtrade24.Method
	Chosen  string // the method that the buyer has chosen already
	Refused bool   // it is none of these
}

// ways says what a page has to offer. refused is the field that the buyer has to correct.
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

// buyersMistake names the field that the buyer can correct, "method" or "email". The gateway has made no session then.
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

// lookUp asks the gateway about sessions of an order: a webhook may be late or lost. The inbox applies the responses
// like webhooks. Without a response everything stays as it is.
func (s *shop) lookUp(ctx context.Context, orderID string, sessionIDs ...string) {
	ctx, cancel := context.WithTimeout(ctx, gatewayWaits)
	defer cancel()
	for _, id := range sessionIDs {
		if _, err := s.box.Ask(ctx, s.client, id, orderID); err != nil {
			s.log.Warn("cannot look up a session", "order", orderID, "error", err)
		}
	}
}

// mostAsked is how many sessions payAgain looks up.
const mostAsked = 3

// payAgain leads back to the order's open checkout, and to a new one after a declined card or a lost response. It asks
// the gateway first about the sessions that have not paid, those that have not ended before the others: one of them may
// have paid, and its webhook may be lost.
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
		s.showOrder(w, r) // which says why not
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
