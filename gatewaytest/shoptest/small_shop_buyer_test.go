package shoptest_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

var errNoSecondPayment = errors.New("the order is paid, or its payment is being processed")

func (s *smallShop) beginBuyer() {
	s.buy = s.buys
	s.place = s.places
	s.newID = numbered("Order-%d")
	s.open = s.opens
	s.create = s.client.Checkout
	s.params = paramsOf
	s.leads = func(_ *order, session *ecomtrade24.Session) string { return session.CheckoutURL }
	s.mayPay = maybePaidAgain
	s.again = s.paysAgain
	s.thanks = func(w http.ResponseWriter, r *http.Request) { s.page(w, r, "Thank you!") }
	s.cancel = func(w http.ResponseWriter, r *http.Request) { s.page(w, r, "You did not finish the payment.") }
	s.says = func(o *order) bool { return o.paid }
	s.state = s.stateOf
	s.comes = s.returnsTo
	s.restart = s.nextProcess
	s.stock = func(t *tables) int { return t.stock }
}

// buys makes a purchase: it stores an order and then opens its checkout.
func (s *smallShop) buys(ctx context.Context) error {
	id, err := s.place(ctx)
	if err != nil {
		return err
	}
	return s.open(ctx, id)
}

func (s *smallShop) places(context.Context) (id string, err error) {
	err = s.disk.tx(func(t *tables) error {
		if err := t.exec(); err != nil {
			return err
		}
		o := &order{id: s.newID(t), amount: s.amount, currency: s.currency}
		o.email = fmt.Sprintf("buyer-%d@example.com", len(t.orders)+1)
		t.put(o)
		id = o.id
		return nil
	})
	return id, err
}

// opens creates a session at the gateway. It holds no lock or transaction during the call.
func (s *smallShop) opens(ctx context.Context, id string) error {
	o := s.stored(id)
	if o == nil {
		return errUnknownOrder
	}
	session, err := s.create(ctx, s.params(o))
	if err != nil {
		s.log.printf("checkout of order %s: %v", id, err)
		return err
	}
	err = s.disk.tx(func(t *tables) error {
		o := t.get(id)
		if o == nil {
			return errUnknownOrder
		}
		o.sessions = append(o.sessions, session.ID)
		return t.exec()
	})
	if err == nil {
		shoptest.SentTo(ctx, s.leads(o, session))
	}
	return err
}

func paramsOf(o *order) ecomtrade24.SessionParams {
	query := "?order=" + url.QueryEscape(o.id)
	return ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: ecomtrade24.Amount(o.amount), Currency: o.currency, OrderID: o.id,
		ReturnURL: "https://shop.example/thanks" + query, CancelURL: "https://shop.example/cancel" + query,
		CustomerEmail: o.email,
	}
}

// sends makes the shop apply change to the parameters of each new session.
func (s *smallShop) sends(change func(o *order, p *ecomtrade24.SessionParams)) {
	s.params = func(o *order) ecomtrade24.SessionParams {
		p := paramsOf(o)
		change(o, &p)
		return p
	}
}

// maybePaidAgain reports whether the buyer may open another session.
func maybePaidAgain(o *order) bool {
	for _, status := range o.statuses {
		if status == "processing" {
			return false
		}
	}
	return !o.paid
}

func (s *smallShop) paysAgain(ctx context.Context, id string) error {
	o := s.stored(id)
	switch {
	case o == nil:
		return errUnknownOrder
	case !s.mayPay(o):
		return errNoSecondPayment
	}
	return s.open(ctx, id)
}

// page writes a page that shows only an order's ID and state.
func (s *smallShop) page(w http.ResponseWriter, r *http.Request, greeting string) {
	o := s.stored(r.FormValue("order"))
	if o == nil {
		http.Error(w, "no such order", http.StatusNotFound)
		return
	}
	s.show(w, o, greeting)
}

func (s *smallShop) show(w http.ResponseWriter, o *order, greeting string) {
	state := "awaits its payment"
	if s.says(o) {
		state = "is paid"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>Shop</title><p>%s Order %s %s.", greeting, html.EscapeString(o.id), state)
}

// namesOrders prepares a shop whose orders have a different ID at the gateway; own converts that ID to the shop's ID.
func (s *smallShop) namesOrders(own func(id string) string) {
	s.state = func(id string) (shoptest.Order, error) { return s.stateOf(own(id)) }
	s.again = func(ctx context.Context, id string) error { return s.paysAgain(ctx, own(id)) }
	s.comes = func(ctx context.Context, id string) (bool, error) { return s.returnsTo(ctx, own(id)) }
}
