package shoptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// Shop is a new instance of your shop with an empty database. Webhook, Buy and Order are required. Each other hook
// enables more scenarios, which are otherwise skipped. Run checks first that each hook works.
type Shop struct {
	// Webhook serves the webhook endpoint, at the path of WithWebhookPath.
	Webhook http.Handler
	// Buy makes a purchase like a buyer, up to the gateway's checkout. Post returns a Buy function. If you write your own,
	// call SentTo with the URL to which the shop sends the buyer. Each call must create a new order. If the shop reuses an
	// unpaid order, scenarios with two orders are skipped.
	Buy func(ctx context.Context) error
	// Order returns the shop's record of an order. It must work as soon as Buy returns.
	Order func(ctx context.Context, id string) (Order, error)

	// Front serves the buyer's pages, return_url and cancel_url, for any host. Scenarios open them as a stranger, with
	// additional parameters.
	Front http.Handler
	// Again presses the Pay again button for an order. It opens another session, maybe with another order ID, or sends the
	// buyer back to an open session. For an order that is paid or processing, it should open no session. If you write your
	// own Again, call SentTo as in Buy.
	Again func(ctx context.Context, order string) error
	// Return opens the return page and reports whether it says that the order is paid.
	Return func(ctx context.Context, order string) (paid bool, err error)
	// Reconcile makes the shop immediately look up every session that can still be paid, including declined and expired
	// sessions. Normally a timer does this. With package inbox, pass WithSpacing a function that returns a nanosecond;
	// otherwise the next lookup is scheduled too late for the test.
	Reconcile func(ctx context.Context) error
	// Break makes the shop's database fail if broken is true, and work again if it is false.
	Break func(broken bool) error
	// Statements makes single statements of the shop's database fail.
	Statements *Statements
	// Restart ends the shop's process and returns a new one with the same database.
	Restart func(ctx context.Context) (Shop, error)
	// Totals returns totals across all orders, such as stock, balances or the number of invoices.
	Totals func(ctx context.Context) (map[string]int, error)
	// Log returns what the shop has logged.
	Log func() string

	// NoReview is true if the shop has no list for manual review.
	NoReview bool
	// NoCount is true if the shop does not count shipments: Order.Fulfilled is then ignored, and scenarios that need it
	// are skipped.
	NoCount bool
	// Domain is the shop's domain. Set it if the shop's account has several domains: payments for other domains must not
	// count.
	Domain string
}

// Order is the shop's record of an order.
type Order struct {
	Paid      bool
	Fulfilled int  // how many times the order was shipped
	Review    bool // whether the order is in manual review
	// Effects counts the other effects of a payment by name, such as receipts, licenses, points or stock. A payment must
	// increase each count by one. A count may be above zero before the payment, and may be missing while it is zero.
	Effects map[string]int
	// Invoice is the order's unique invoice number, empty until one is assigned.
	Invoice string
}

// Post returns a Buy that posts a form to a handler of the shop, like a buyer's browser. It fails if the shop does not
// redirect the buyer to another site.
func Post(shop http.Handler, path string, form url.Values) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, r)
		to, err := url.Parse(w.Header().Get("Location"))
		if w.Code < 300 || w.Code > 399 || err != nil || to.Host == "" {
			return fmt.Errorf("POST %s responds %d and does not send the buyer to a checkout", path, w.Code)
		}
		SentTo(ctx, w.Header().Get("Location"))
		return nil
	}
}

// SentTo reports the URL to which the shop sends the buyer, unchanged. The argument ctx is the context of Buy or Again.
// Without SentTo, scenarios that check the URL are skipped.
func SentTo(ctx context.Context, checkoutURL string) { exam.SentTo(ctx, checkoutURL) }

// running holds the shop that a scenario tests. The Restart hook replaces that shop.
type running struct {
	mu   sync.Mutex
	shop Shop
}

func (r *running) now() Shop {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shop
}

// restart replaces the shop with the one that its Restart hook returns.
func (r *running) restart(ctx context.Context) error {
	old := r.now()
	next, err := old.Restart(ctx)
	switch {
	case err != nil:
		return err
	case next.Webhook == nil || next.Buy == nil || next.Order == nil:
		return errors.New("it returned a Shop without Webhook, Buy or Order")
	case same(old.Webhook, next.Webhook):
		return errors.New("it returned the Webhook handler of the old process")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shop = next
	return nil
}

// same reports whether both handlers are pointers to the same value.
func same(a, b http.Handler) bool {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	pointers := v.Kind() == reflect.Pointer && w.Kind() == reflect.Pointer
	return pointers && v.Pointer() == w.Pointer() && v.Elem().Type().Size() > 0
}

// examined returns the shop as an exam.Shop. Call stop at the end.
func (r *running) examined(g *gatewaytest.Gateway, path string) (shop *exam.Shop, stop func()) {
	s := r.now()
	webhook := sandbox.ServeInMemory(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.now().Webhook.ServeHTTP(w, q)
	}))
	shop = &exam.Shop{
		Secret: g.WebhookSecret, Key: g.APIKey, NoReview: s.NoReview, NoCount: s.NoCount, Domain: s.Domain,
		Gateway: g.URL,
		Webhook: (&url.URL{Scheme: "https", Host: "shop.example", Path: path}).String(),
		Sender:  delivery.NewSenderOver(webhook.Transport(), 0),
		Buy:     func(ctx context.Context) error { return r.now().Buy(ctx) },
		Order: func(ctx context.Context, id string) (exam.Order, error) {
			o, err := r.now().Order(ctx, id)
			return exam.Order(o), err
		},
	}
	r.hooks(shop)
	servers := []*sandbox.Server{webhook}
	if s.Front != nil {
		front := sandbox.ServeInMemory(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			r.now().Front.ServeHTTP(w, q)
		}))
		shop.Visit = func(q *http.Request) (exam.Page, error) { return load(front, q) }
		servers = append(servers, front)
	}
	return shop, func() {
		for _, s := range servers {
			_ = s.Close(sandbox.Grace) // if a handler still hangs, its scenario has already failed
		}
	}
}

// load sends a request and reads the page.
func load(s *sandbox.Server, q *http.Request) (exam.Page, error) {
	resp, err := s.Transport().RoundTrip(q)
	if err != nil {
		return exam.Page{}, err
	}
	body, err := io.ReadAll(resp.Body)
	return exam.Page{
		Status: resp.StatusCode, Location: resp.Header.Get("Location"), Body: string(body),
	}, errors.Join(err, resp.Body.Close())
}

// hooks adds the hooks that the shop has.
func (r *running) hooks(shop *exam.Shop) {
	s := r.now()
	if s.Again != nil {
		shop.Again = func(ctx context.Context, order string) error { return r.now().Again(ctx, order) }
	}
	if s.Return != nil {
		shop.Return = func(ctx context.Context, order string) (bool, error) { return r.now().Return(ctx, order) }
	}
	if s.Reconcile != nil {
		shop.Reconcile = func(ctx context.Context) error { return r.now().Reconcile(ctx) }
	}
	if s.Break != nil {
		shop.Break = func(_ context.Context, broken bool) error { return r.now().Break(broken) }
	}
	if s.Statements != nil {
		shop.Statements = counter{s.Statements}
	}
	if s.Restart != nil {
		shop.Restart = r.restart
	}
	if s.Totals != nil {
		shop.Totals = func(ctx context.Context) (map[string]int, error) { return r.now().Totals(ctx) }
	}
	if s.Log != nil {
		shop.Log = func() (string, error) { return r.now().Log(), nil }
	}
}
