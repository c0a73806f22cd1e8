package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// methodCache keeps what the gateway says of the plan, so that a page does not wait for it each time.
type methodCache struct {
	mu       sync.Mutex
	merchant *ecomtrade24.Merchant
	asked    time.Time
}

// choice is how the buyer can pay, for a page to show.
type choice struct {
	Ask     bool // false on hosted checkout, where the gateway's page asks
	Methods []ecomtrade24.Method
}

// ways asks the gateway at most once a minute.
func (s *shop) ways(ctx context.Context) (choice, error) {
	s.methods.mu.Lock()
	defer s.methods.mu.Unlock()
	if s.methods.merchant == nil || time.Since(s.methods.asked) > time.Minute {
		merchant, err := s.client.Me(ctx)
		if err != nil {
			return choice{}, err
		}
		s.methods.merchant, s.methods.asked = merchant, time.Now()
	}
	c := choice{Ask: s.methods.merchant.SmartRouting()}
	for _, method := range s.methods.merchant.Methods {
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
	case errors.As(err, &invalid) && len(invalid.Fields) == 1 && strings.HasSuffix(invalid.Fields[0].Field, "email"):
		return "email"
	case errors.Is(err, ecomtrade24.ErrCustomerEmailRequired):
		return "email"
	}
	return ""
}

// payAgain opens another session of the same order: after a declined card, a closed browser or a lost answer.
func (s *shop) payAgain(w http.ResponseWriter, r *http.Request) {
	o, err := s.findOrder(r.Context(), r.PathValue("id"))
	if err != nil || o.State != open || o.InReview {
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
