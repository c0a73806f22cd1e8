package exam

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// Order is the shop's own record of an order.
type Order struct {
	Paid      bool
	Fulfilled int            // how often goods were shipped
	Review    bool           // whether the order is in manual review
	Effects   map[string]int // how often each side effect of a payment happened
	Invoice   string         // the order's unique invoice number
}

// Shop is the shop under test. The fields up to Order are required. Each other field enables more scenarios.
type Shop struct {
	Secret, Key string // the webhook secret and the API key
	Gateway     string // the gateway's URL
	Webhook     string // the URL of the shop's webhook endpoint
	Sender      *delivery.Sender
	// Buy makes a purchase like a buyer, up to the gateway's checkout. If Buy knows the checkout's URL, it invokes SentTo.
	Buy func(ctx context.Context) error
	// Order returns the shop's record of an order.
	Order func(ctx context.Context, id string) (Order, error)

	Visit      func(r *http.Request) (Page, error)           // opens a page as a stranger, without cookies
	Again      func(ctx context.Context, order string) error // presses the Pay again button; invokes SentTo as Buy does
	Return     func(ctx context.Context, order string) (paid bool, err error)
	Reconcile  func(ctx context.Context) error
	Break      func(ctx context.Context, broken bool) error
	Statements Statements
	Restart    func(ctx context.Context) error
	Totals     func(ctx context.Context) (map[string]int, error)
	Log        func() (string, error)

	NoReview bool   // the shop has no list for manual review
	NoCount  bool   // the shop does not count shipments
	Domain   string // set if the account has several domains: payments for other domains must not count

	buying sync.Mutex // serializes purchases, so that each new session belongs to one purchase
}

// Statements are the shop's database statements.
type Statements interface {
	FailNth(n int) // makes the n-th statement from now on fail; 0 means none
	Count() int    // number of statements since FailNth
}

// Page is a page that the shop sent to a visitor.
type Page struct {
	Status   int
	Location string // target of a redirect
	Body     string
}

// broken reports whether the page is missing or a server error.
func (p Page) broken() bool { return p.Status == 0 || p.Status >= http.StatusInternalServerError }

// The hooks, by their names in shoptest.
const (
	front      = "Front"
	again      = "Again"
	returns    = "Return"
	reconcile  = "Reconcile"
	breaks     = "Break"
	statements = "Statements"
	restart    = "Restart"
	totals     = "Totals"
	logs       = "Log"
	review     = "list for manual review"
	counts     = "count of shipments"
	domain     = "Domain"
)

func (s *Shop) has(hook string) bool {
	has, known := map[string]bool{
		front: s.Visit != nil, again: s.Again != nil, returns: s.Return != nil, reconcile: s.Reconcile != nil,
		breaks: s.Break != nil, statements: s.Statements != nil, restart: s.Restart != nil, totals: s.Totals != nil,
		logs: s.Log != nil, review: !s.NoReview, counts: !s.NoCount, domain: s.Domain != "",
	}[hook]
	if !known {
		panic("exam: no hook " + hook)
	}
	return has
}

// String describes the order.
func (o Order) String() string {
	words := []string{"unpaid"}
	if o.Paid {
		words[0] = "paid"
	}
	switch o.Fulfilled {
	case 0:
		words = append(words, "not shipped")
	case 1:
		words = append(words, "shipped once")
	default:
		words = append(words, fmt.Sprintf("shipped %d times", o.Fulfilled))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Effects)) {
		words = append(words, fmt.Sprintf("%s %d", name, o.Effects[name]))
	}
	if o.Review {
		words = append(words, "in manual review")
	}
	return strings.Join(words, ", ")
}

// empty reports whether the order is new. Side effects do not count: a shop can reserve stock when the buyer buys.
func (o Order) empty() bool { return !o.Paid && o.Fulfilled == 0 && !o.Review }
