package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	planLasts = time.Minute     // and then the gateway is asked about the plan again
	planWaits = 3 * time.Second // how long a page waits for the answer
)

// methodCache keeps what the gateway says of the plan, so that a page does not wait for it each time.
type methodCache struct {
	mu       sync.Mutex // never held while the gateway is asked
	merchant *ecomtrade24.Merchant
	asked    time.Time // when the plan was last asked for, with or without an answer
}

// look returns what is known, or nil, and whether the caller is the one to ask again.
func (m *methodCache) look() (known *ecomtrade24.Merchant, ask bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.merchant != nil && time.Since(m.asked) < planLasts {
		return m.merchant, false
	}
	m.asked = time.Now()
	return m.merchant, true
}

func (m *methodCache) keep(merchant *ecomtrade24.Merchant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.merchant = merchant
}

// choice is how the buyer can pay, for a page to show.
type choice struct {
	Ask     bool // false on hosted checkout, where the gateway's page asks
	Methods []ecomtrade24.Method
}

// plan asks the gateway at most once a minute. While one page asks, and where the gateway does not answer, the others
// use the answer of before; only where there is none yet does each page ask for itself.
func (s *shop) plan(ctx context.Context) (*ecomtrade24.Merchant, error) {
	known, ask := s.methods.look()
	if !ask {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, planWaits)
	defer cancel()
	merchant, err := s.client.Me(ctx)
	if err != nil && known != nil {
		s.log.Warn("the plan may be out of date", "error", err)
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	s.methods.keep(merchant)
	return merchant, nil
}

// ways says what a page has to offer.
func (s *shop) ways(ctx context.Context) (choice, error) {
	merchant, err := s.plan(ctx)
	if err != nil {
		return choice{}, err
	}
	c := choice{Ask: merchant.SmartRouting()}
	for _, method := range merchant.Methods {
		if method.Available {
			c.Methods = append(c.Methods, method)
		}
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

// payAgain opens another session of the same order: after a declined card, a closed browser or a lost answer.
func (s *shop) payAgain(w http.ResponseWriter, r *http.Request) {
	o, err := s.findOrder(r.Context(), r.PathValue("id"))
	if err != nil || !o.CanPay() {
		s.showOrder(w, r) // which says why not
		return
	}
	session, err := s.openSession(r.Context(), o, r.PostFormValue("method"))
	if buyersMistake(err) != "" {
		s.showOrderPage(w, r, http.StatusUnprocessableEntity, o)
		return
	}
	s.leaveForCheckout(w, r, o, session, err)
}
