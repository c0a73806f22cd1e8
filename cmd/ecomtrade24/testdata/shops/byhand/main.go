// Command byhand is a small shop on net/http. It applies webhooks by hand, without the inbox, and keeps its orders in a
// JSON file. A real shop would use a database.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const price, currency = "49.95", "USD"

type order struct {
	ID, Email       string
	Paid, Review    bool   // Review: a payment needs manual review
	SessionID, TxID string // of the payment that settled the order
	Shipments       int
	Sessions        map[string]ecomtrade24.PaymentStatus
}

// apply applies a verified webhook or a status lookup to the order. o is nil if the order is unknown.
func (o *order) apply(p *ecomtrade24.Payment) {
	err := p.Settles(ecomtrade24.Order{ID: p.OrderID, Amount: price, Currency: currency})
	if o == nil || errors.Is(err, ecomtrade24.ErrTestPayment) {
		return
	}
	if p.SessionID != "" && p.Status.Rank() > o.Sessions[p.SessionID].Rank() {
		o.Sessions[p.SessionID] = p.Status
	}
	switch {
	case err == nil && !o.Paid:
		o.Paid, o.SessionID, o.TxID = true, p.SessionID, p.TxID
		o.Shipments++
	case err == nil && same(o.SessionID, p.SessionID) && same(o.TxID, p.TxID): // a repeated message
		o.SessionID, o.TxID = cmp.Or(o.SessionID, p.SessionID), cmp.Or(o.TxID, p.TxID)
	case p.Paid() || p.Status.Rank() == 0: // a wrong amount, a second payment, or an unknown status
		o.Review = true
	}
}

// same reports whether two IDs can be the same. An ID that is not set matches any other.
func same(a, b string) bool { return a == "" || b == "" || a == b }

type shop struct {
	client    *ecomtrade24.Client
	url, file string
	mu        sync.Mutex // change locks mu; it is never locked during a call to the gateway
}

func (s *shop) load() (map[string]*order, error) {
	orders := map[string]*order{}
	content, err := os.ReadFile(s.file)
	if errors.Is(err, os.ErrNotExist) {
		return orders, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &orders)
	}
	return orders, err
}

// change applies a function to the orders and stores the result, completely or not at all.
func (s *shop) change(what func(orders map[string]*order)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	orders, err := s.load()
	if err != nil {
		return err
	}
	what(orders)
	content, err := json.Marshal(orders)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file+".new", s.file)
}

func (s *shop) apply(_ context.Context, event *ecomtrade24.Event) error {
	return s.change(func(orders map[string]*order) { orders[event.OrderID].apply(&event.Payment) })
}

func (s *shop) buy(w http.ResponseWriter, r *http.Request) error {
	o := &order{ID: "GO" + rand.Text(), Email: r.FormValue("email"), Sessions: map[string]ecomtrade24.PaymentStatus{}}
	if err := s.change(func(orders map[string]*order) { orders[o.ID] = o }); err != nil {
		return err
	}
	return s.checkout(w, r, o)
}

// checkout opens a session for a stored order and sends the buyer there.
func (s *shop) checkout(w http.ResponseWriter, r *http.Request, o *order) error {
	session, err := s.client.Checkout(r.Context(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: price, Currency: currency, OrderID: o.ID, CustomerEmail: o.Email,
		ReturnURL: s.url + "/orders/" + o.ID, CancelURL: s.url + "/orders/" + o.ID,
	})
	if err != nil {
		return err
	}
	opened := ecomtrade24.Payment{OrderID: o.ID, SessionID: session.ID, Status: ecomtrade24.StatusPending}
	if err := s.apply(r.Context(), &ecomtrade24.Event{Payment: opened}); err != nil {
		return err
	}
	session.Redirect(w, r)
	return nil
}

// payAgain opens another session, unless the order is paid or a payment is under way.
func (s *shop) payAgain(w http.ResponseWriter, r *http.Request, o *order) error {
	closed := o.Paid
	for _, status := range o.Sessions {
		closed = closed || status == ecomtrade24.StatusProcessing || status == ecomtrade24.StatusReview
	}
	if closed {
		return s.show(w, r, o)
	}
	return s.checkout(w, r, o)
}

// show shows the order's stored state and ignores the URL's query.
func (s *shop) show(w http.ResponseWriter, _ *http.Request, o *order) error {
	_, err := fmt.Fprintf(w, `{"paid": %t, "review": %t, "shipments": %d}`, o.Paid, o.Review, o.Shipments)
	return err
}

// reconcile looks up the sessions of unpaid orders, in case a webhook was lost.
func (s *shop) reconcile(_ http.ResponseWriter, r *http.Request) error {
	orders, err := s.load()
	for id, o := range orders {
		if o.Paid {
			continue
		}
		for sessionID := range o.Sessions {
			status, failed := s.client.Status(r.Context(), sessionID) // after an error, the next run tries again
			if failed == nil && status.OrderID == id {
				err = errors.Join(err, s.apply(r.Context(), &ecomtrade24.Event{Payment: status.Payment}))
			}
		}
	}
	return err
}

// page is a handler that may fail.
type page func(w http.ResponseWriter, r *http.Request) error

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := p(w, r); err != nil {
		log.Print(err) // err contains neither the key nor the buyer's data
		http.Error(w, "Please try again later.", http.StatusServiceUnavailable)
	}
}

// ordered returns a page that passes the order in the URL's path to p.
func (s *shop) ordered(p func(w http.ResponseWriter, r *http.Request, o *order) error) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		orders, err := s.load()
		if o := orders[r.PathValue("order")]; o != nil {
			return p(w, r, o)
		}
		if err == nil {
			http.NotFound(w, r)
		}
		return err
	}
}

func main() {
	client, err := ecomtrade24.NewClient(os.Getenv("ECOMTRADE24_BASE_URL"), os.Getenv("ECOMTRADE24_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	s := &shop{client: client, url: os.Getenv("SHOP_URL"), file: os.Getenv("SHOP_DIR") + "/orders.json"}
	http.Handle("/api/webhook", webhook.NewHandler(verifier, s.apply))
	http.Handle("POST /buy", page(s.buy))
	http.Handle("GET /orders/{order}", s.ordered(s.show))
	http.Handle("POST /orders/{order}/pay", s.ordered(s.payAgain))
	http.Handle("POST /cron/reconcile", page(s.reconcile))
	server := http.Server{Addr: strings.TrimPrefix(s.url, "http://"), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
