package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
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

// ways says what a page has to offer. refused is the field that the buyer has to mend.
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

// buyersMistake names the field that the buyer can mend, "method" or "email". Nothing was made at the gateway then.
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

// lookUp asks the gateway about the session that find returns, if it returns one: the webhook may be late or lost. The
// inbox applies the response like a webhook. Without a response everything stays as it is.
func (s *shop) lookUp(
	ctx context.Context, orderID string, find func(ctx context.Context) (sessionID string, err error),
) {
	ctx, cancel := context.WithTimeout(ctx, gatewayWaits)
	defer cancel()
	sessionID, err := find(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return
	}
	if err == nil {
		_, err = s.box.Ask(ctx, s.client, sessionID, orderID)
	}
	if err != nil {
		s.log.Warn("cannot look up a session", "order", orderID, "error", err)
	}
}

// payAgain leads back to the order's open checkout, and to a new one after a declined card or a lost response.
func (s *shop) payAgain(w http.ResponseWriter, r *http.Request) {
	id, method := r.PathValue("id"), r.PostFormValue("method")
	if storable(id + method) {
		s.lookUp(r.Context(), id, func(ctx context.Context) (string, error) {
			session, err := s.findOpenSession(ctx, id, method)
			return session.ID, err
		})
	}
	o, err := s.findOrder(r.Context(), id)
	if err != nil || !o.CanPay() {
		s.showOrder(w, r) // which says why not
		return
	}
	if !storable(method) {
		s.showOrderPage(w, r, o, "method")
		return
	}
	session, err := s.findOpenSession(r.Context(), o.ID, method)
	if errors.Is(err, sql.ErrNoRows) {
		session, err = s.openSession(r.Context(), o, method)
	}
	if field := buyersMistake(err); field != "" {
		s.showOrderPage(w, r, o, field)
		return
	}
	s.leaveForCheckout(w, r, o.ID, session, err)
}
