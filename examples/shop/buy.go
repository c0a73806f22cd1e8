package main

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// choice is the content of the shop's page.
type choice struct {
	Price   ecomtrade24.Order
	Ask     bool // false with hosted checkout, where the gateway's page asks how to pay
	Methods []ecomtrade24.Method
	Email   string // as the buyer entered it
	Refused string // what the buyer must correct: "method", "email" or ""
}

// choose shows the available methods.
func (s *shop) choose(w http.ResponseWriter, r *http.Request, page choice) {
	merchant, err := s.client.Plan(r.Context())
	if err != nil {
		s.log.Error("no methods", "error", err)
		s.show(w, http.StatusBadGateway, "unavailable", nil)
		return
	}
	page.Price, page.Ask = price, merchant.SmartRouting()
	for _, method := range merchant.Methods {
		if method.Available {
			page.Methods = append(page.Methods, method)
		}
	}
	status := http.StatusOK
	if page.Refused != "" {
		status = http.StatusUnprocessableEntity
	}
	s.show(w, status, "shop", page)
}

// buy records the order and then sends the buyer to the checkout. The record comes first, because a webhook can arrive
// before the gateway's response.
func (s *shop) buy(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	method, email := r.PostFormValue("method"), r.PostFormValue("email")
	if email == "" {
		s.choose(w, r, choice{Refused: "email"})
		return
	}
	o := order{Order: price, Status: ecomtrade24.StatusPending}
	o.ID = "ORDER-" + rand.Text()[:12] // hard to guess: anyone who has the ID can open the order's page
	s.mu.Lock()
	s.orders[o.ID] = o
	s.mu.Unlock()
	session, err := s.client.Checkout(r.Context(), ecomtrade24.SessionParams{
		Domain: s.domain, Amount: o.Amount, Currency: o.Currency, OrderID: o.ID, Method: method, CustomerEmail: email,
		ReturnURL: s.url + "/orders/" + o.ID, CancelURL: s.url + "/orders/" + o.ID,
	})
	switch {
	case err == nil:
		session.Redirect(w, r)
	case errors.As(err, new(*ecomtrade24.MethodError)):
		s.choose(w, r, choice{Email: email, Refused: "method"})
	case addressRefused(err):
		s.choose(w, r, choice{Email: email, Refused: "email"})
	default:
		s.log.Error("no checkout", "order", o.ID, "error", err)
		s.show(w, http.StatusBadGateway, "unavailable", nil)
	}
}

// addressRefused reports whether the error is about the buyer's email address, the only field that the buyer types.
func addressRefused(err error) bool {
	var invalid *ecomtrade24.ValidationError
	if errors.As(err, &invalid) {
		return len(invalid.Fields) == 1 && invalid.Fields[0].Field == "CustomerEmail"
	}
	return errors.Is(err, ecomtrade24.ErrCustomerEmailRequired)
}
