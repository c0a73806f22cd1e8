package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// order is the shop's own record of the amount due and the order's state.
type order struct {
	ecomtrade24.Order

	Status ecomtrade24.PaymentStatus
}

// onEvent receives only verified events, and is the only function that changes an order. After an error the gateway
// delivers again. A discarded error is only logged, for manual review.
func (s *shop) onEvent(_ context.Context, ev *ecomtrade24.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[ev.OrderID]
	if !ok {
		return webhook.Discard(errors.New("no such order"))
	}
	if err := ev.Settles(o.Order); err != nil && !errors.Is(err, ecomtrade24.ErrNotPaid) {
		return webhook.Discard(err) // a test, or a payment that does not match the order
	}
	if ev.Status.Rank() > o.Status.Rank() { // repeated and late events change nothing
		o.Status = ev.Status
		s.orders[o.ID] = o
	}
	return nil
}

// showOrder is the return page. It shows the shop's own record and takes only the ID from the URL: anyone can open the
// URL, and the buyer often returns before the webhook arrives.
func (s *shop) showOrder(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	o, ok := s.orders[r.PathValue("id")]
	s.mu.Unlock()
	if !ok {
		s.show(w, http.StatusNotFound, "missing", nil)
		return
	}
	s.show(w, http.StatusOK, "order", o)
}
