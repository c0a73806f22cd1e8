package main

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"html/template"
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

// order is the shop's own record of what is due and how far it has come.
type order struct {
	ecomtrade24.Order

	Status ecomtrade24.PaymentStatus
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
	sh.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { sh.show(w, http.StatusOK, "shop", price) })
	sh.HandleFunc("POST /buy", sh.buy)
	sh.HandleFunc("GET /orders/{id}", sh.showOrder)
	sh.Handle("POST /api/webhook", webhook.NewHandler(verifier, sh.onEvent, webhook.WithLogger(log)))
	return sh, nil
}

// price is the shop's own: nothing that the buyer sends changes it.
var price = ecomtrade24.Order{Amount: "49.95", Currency: "USD"} //nolint:gochecknoglobals // Go has no constant structs

// buy records the order and sends the buyer to the checkout. The record comes first: a webhook can be faster than the
// answer.
func (s *shop) buy(w http.ResponseWriter, r *http.Request) {
	o := order{Order: price, Status: ecomtrade24.StatusPending}
	o.ID = "ORDER-" + rand.Text()[:12] // not to be guessed, since it opens the order's page
	s.mu.Lock()
	s.orders[o.ID] = o
	s.mu.Unlock()
	session, err := s.client.Checkout(r.Context(), ecomtrade24.SessionParams{
		Domain: s.domain, Amount: o.Amount, Currency: o.Currency, OrderID: o.ID,
		ReturnURL: s.url + "/orders/" + o.ID, CancelURL: s.url + "/orders/" + o.ID,
	})
	if err != nil {
		s.log.Error("no checkout", "order", o.ID, "error", err)
		s.show(w, http.StatusBadGateway, "unavailable", nil)
		return
	}
	session.Redirect(w, r)
}

// onEvent is called with verified events only, and is the only place that changes an order. An error would make the
// gateway deliver again; what is discarded is logged, for a person to look at.
func (s *shop) onEvent(_ context.Context, ev *ecomtrade24.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[ev.OrderID]
	if !ok {
		return webhook.Discard(errors.New("no such order"))
	}
	if err := ev.Settles(o.Order); err != nil && !errors.Is(err, ecomtrade24.ErrNotPaid) {
		return webhook.Discard(err) // a test, or a payment that is not the one that is due
	}
	if ev.Status.Rank() > o.Status.Rank() { // so repeated and late events change nothing
		o.Status = ev.Status
		s.orders[o.ID] = o
	}
	return nil
}

// showOrder is the return page. It reads the shop's own record and nothing of the URL but the id: anybody can open it,
// and the buyer is often back before the webhook is there.
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

//go:embed pages.html
var pagesHTML string

//nolint:gochecknoglobals // parsed once
var pages = template.Must(template.New("").Parse(pagesHTML))

func (s *shop) show(w http.ResponseWriter, status int, page string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, page, data); err != nil {
		s.log.Error("cannot show a page", "page", page, "error", err)
		http.Error(w, "sorry, this page is broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
