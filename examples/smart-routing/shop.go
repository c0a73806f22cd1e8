package main

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// shop sells one thing.
type shop struct {
	*http.ServeMux

	client *ecomtrade24.Client
	log    *slog.Logger
	url    string // as buyers see it
	domain string // as the gateway has approved it

	mu     sync.Mutex
	orders map[string]order // by id; see package inbox for orders in a database
}

func newShop(s settings, url, domain string, log *slog.Logger) (*shop, error) {
	client, err := ecomtrade24.NewClient(s.baseURL, s.key, ecomtrade24.WithLogger(log))
	if err != nil {
		return nil, err
	}
	verifier, err := webhook.NewVerifier(s.secret)
	if err != nil {
		return nil, err
	}
	sh := &shop{ServeMux: http.NewServeMux(), client: client, log: log, url: url, domain: domain, orders: map[string]order{}}
	sh.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { sh.choose(w, r, http.StatusOK) })
	sh.HandleFunc("POST /buy", sh.buy)
	sh.HandleFunc("GET /orders/{id}", sh.showOrder)
	sh.Handle("POST /api/webhook", webhook.NewHandler(verifier, sh.onEvent, webhook.WithLogger(log)))
	return sh, nil
}

// price is the shop's own: nothing that the buyer sends changes it.
var price = ecomtrade24.Order{Amount: "49.95", Currency: "USD"} //nolint:gochecknoglobals // Go has no constant structs

// choice is what the shop's page shows.
type choice struct {
	Price   ecomtrade24.Order
	Ask     bool // false on the Free plan, where the gateway's page asks
	Methods []ecomtrade24.Method
	Refused bool // the buyer has to choose again
}

// choose shows the methods that are available. It asks the gateway each time; a busy shop keeps the answer for some
// minutes, as Checkout does.
func (s *shop) choose(w http.ResponseWriter, r *http.Request, status int) {
	merchant, err := s.client.Me(r.Context())
	if err != nil {
		s.log.Error("no methods", "error", err)
		s.show(w, http.StatusBadGateway, "unavailable", nil)
		return
	}
	page := choice{Price: price, Ask: merchant.SmartRouting(), Refused: status != http.StatusOK}
	for _, method := range merchant.Methods {
		if method.Available {
			page.Methods = append(page.Methods, method)
		}
	}
	s.show(w, status, "shop", page)
}

// buy records the order and sends the buyer to the checkout. The record comes first: a webhook can be faster than the
// answer.
func (s *shop) buy(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	o := order{Order: price, Status: ecomtrade24.StatusPending}
	o.ID = "ORDER-" + rand.Text()[:12] // not to be guessed, since it opens the order's page
	s.mu.Lock()
	s.orders[o.ID] = o
	s.mu.Unlock()
	session, err := s.client.Checkout(r.Context(), ecomtrade24.SessionParams{
		Domain: s.domain, Amount: o.Amount, Currency: o.Currency, OrderID: o.ID, Method: r.PostFormValue("method"),
		ReturnURL: s.url + "/orders/" + o.ID, CancelURL: s.url + "/orders/" + o.ID,
	})
	var notOffered *ecomtrade24.MethodError
	switch {
	case errors.As(err, &notOffered):
		s.choose(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		s.log.Error("no checkout", "order", o.ID, "error", err)
		s.show(w, http.StatusBadGateway, "unavailable", nil)
	default:
		session.Redirect(w, r)
	}
}
