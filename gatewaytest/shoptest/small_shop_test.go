package shoptest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// smallShop is a handwritten shop made of small steps. Every step is correct until a fault or a variant replaces it.
type smallShop struct {
	client   *ecomtrade24.Client
	http     *http.Client // for lookups, which do not use the SDK
	url, key string       // the gateway's URL and API key
	secret   string
	amount   string // the price of every order
	currency string
	disk     *disk
	log      *logbook
	plant    func(*smallShop) // plants the bug at the start and after each restart
	noReview bool
	noCount  bool

	// Steps for webhooks. small_shop_webhook_test.go has the correct ones.
	serve      func(w http.ResponseWriter, r *http.Request)
	read       func(w http.ResponseWriter, r *http.Request) ([]byte, error)
	signed     func(r *http.Request, body []byte) bool
	signatures func(r *http.Request) []string
	verify     func(signature string, body []byte) bool
	decode     func(r *http.Request, body []byte) (message, error)
	handle     func(ctx context.Context, m message) error
	respond    func(w http.ResponseWriter, m message, err error)

	// Steps for a message about an order, from a webhook or a lookup.
	work      func(ctx context.Context, m message) error
	apply     func(t *tables, m message) error
	isTest    func(m message) bool
	orderID   func(m message) string
	find      func(t *tables, m message) *order
	overtaken func(o *order, m message) bool // whether an earlier status makes the shop ignore this message
	isPaid    func(m message) bool
	settles   func(o *order, m message) bool
	mismatch  func(o *order, m message)
	claim     func(t *tables, o *order, m message) error
	ship      func(t *tables, o *order) error

	// Steps for the buyer. small_shop_buyer_test.go has the correct ones.
	buy     func(ctx context.Context) error
	place   func(ctx context.Context) (id string, err error)
	newID   func(t *tables) string
	open    func(ctx context.Context, id string) error
	create  func(ctx context.Context, p ecomtrade24.SessionParams) (*ecomtrade24.Session, error)
	params  func(o *order) ecomtrade24.SessionParams
	leads   func(o *order, session *ecomtrade24.Session) string // the URL to which the shop sends the buyer
	mayPay  func(o *order) bool
	again   func(ctx context.Context, id string) error
	thanks  func(w http.ResponseWriter, r *http.Request)
	cancel  func(w http.ResponseWriter, r *http.Request)
	says    func(o *order) bool // whether the page says that the order is paid
	state   func(id string) (shoptest.Order, error)
	comes   func(ctx context.Context, id string) (bool, error)
	restart func() *smallShop
	stock   func(t *tables) int

	// Steps for lookups. small_shop_reconcile_test.go has the correct ones.
	reconcile func(ctx context.Context) error
	due       func(t *tables) []lookup
	ask       func(ctx context.Context, session string) (message, error)
	learn     func(ctx context.Context, asked lookup, m message, err error) error
}

// newSmallShop opens a small shop with an empty database. plant may be nil.
func newSmallShop(g *gatewaytest.Gateway, plant func(*smallShop)) *smallShop {
	s := &smallShop{
		client: g.Client(), http: g.HTTPClient(), url: g.URL, key: g.APIKey, secret: g.WebhookSecret,
		disk: newDisk(), log: &logbook{}, plant: plant,
	}
	s.begin()
	return s
}

func (s *smallShop) begin() {
	s.amount, s.currency = "49.95", "USD"
	s.beginWebhook()
	s.beginBuyer()
	s.beginReconcile()
	if s.plant != nil {
		s.plant(s)
	}
}

// nextProcess starts a new process on the same database.
func (s *smallShop) nextProcess() *smallShop {
	next := &smallShop{
		client: s.client, http: s.http, url: s.url, key: s.key, secret: s.secret, disk: s.disk, log: s.log, plant: s.plant,
	}
	next.begin()
	return next
}

// shop returns the small shop as a Shop for shoptest.
func (s *smallShop) shop() shoptest.Shop {
	return shoptest.Shop{
		Webhook: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }),
		Buy:     func(ctx context.Context) error { return survives(func() error { return s.buy(ctx) }) },
		Order:   func(_ context.Context, id string) (shoptest.Order, error) { return s.state(id) },
		Front:   s.front(),
		Again: func(ctx context.Context, id string) error {
			return survives(func() error { return s.again(ctx, id) })
		},
		Return: func(ctx context.Context, id string) (bool, error) { return s.comes(ctx, id) },
		Reconcile: func(ctx context.Context) error {
			return survives(func() error { return s.reconcile(ctx) })
		},
		Break:      s.disk.breaks,
		Statements: s.disk.statements,
		Totals:     s.totals,
		Log:        s.log.String,
		Restart:    func(context.Context) (shoptest.Shop, error) { return s.restart().shop(), nil },
		NoReview:   s.noReview, NoCount: s.noCount, Domain: "shop.example",
	}
}

// survives calls f and returns a panic as an error, just as net/http recovers from panics in handlers.
func survives(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("crashed: %v", p)
		}
	}()
	return f()
}

// front returns the handler of the buyer's pages.
func (s *smallShop) front() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /thanks", func(w http.ResponseWriter, r *http.Request) { s.thanks(w, r) })
	mux.HandleFunc("GET /cancel", func(w http.ResponseWriter, r *http.Request) { s.cancel(w, r) })
	return mux
}

// returnsTo visits the return page as the buyer's browser does.
func (s *smallShop) returnsTo(ctx context.Context, id string) (bool, error) {
	r, err := s.returnRequest(ctx, id)
	if err != nil {
		return false, err
	}
	return s.saysPaid(r)
}

func (s *smallShop) returnRequest(ctx context.Context, id string) (*http.Request, error) {
	o := s.stored(id)
	if o == nil {
		return nil, errUnknownOrder
	}
	return httptest.NewRequestWithContext(ctx, http.MethodGet, s.params(o).ReturnURL, nil), nil
}

// saysPaid reports whether a page says that the order is paid.
func (s *smallShop) saysPaid(r *http.Request) (bool, error) {
	w := httptest.NewRecorder()
	s.front().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return false, fmt.Errorf("the return page responds %d", w.Code)
	}
	return strings.Contains(w.Body.String(), "is paid"), nil
}

// stored returns the order with that ID, or nil.
func (s *smallShop) stored(id string) *order { return s.disk.snapshot().get(id) }

// stateOf reads an order from the database, as a merchant's test does.
func (s *smallShop) stateOf(id string) (o shoptest.Order, err error) {
	found := s.stored(id)
	if found == nil {
		return o, errUnknownOrder
	}
	o = found.state()
	if s.noReview {
		o.Review = false
	}
	if s.noCount {
		o.Fulfilled = 0
	}
	return o, nil
}

func (s *smallShop) totals(context.Context) (map[string]int, error) {
	t := s.disk.snapshot()
	return map[string]int{"stock": s.stock(t), "invoices": t.invoices}, nil
}

// logbook is the shop's log.
type logbook struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logbook) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.b, format+"\n", args...)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
