package shoptest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// smallShop is a shop as a merchant writes one by hand, with a database that is a map. It is right, unless it has one
// of the faults of faults_test.go.
type smallShop struct {
	client  *ecomtrade24.Client
	secret  string
	fault   string
	variant variant

	mu       *sync.Mutex
	disk     *disk // outlives a restart
	shipped  map[string]bool
	queue    sync.WaitGroup
	dead     atomic.Bool
	gone     atomic.Bool       // its secret
	sessions map[string]string // by session, in memory: only faults look at it
	plan     *ecomtrade24.Merchant
	one      chan struct{} // of a fault that does one thing at a time
}

// variant is an honest way to be another shop.
type variant struct {
	later    bool // it does the work after its response
	asks     bool // it asks the gateway before it ships
	noReview bool
	back     bool // it leads the buyer back to a session that is open still
}

type disk struct {
	broken bool
	orders map[string]*record
	newest string
}

type record struct {
	due       ecomtrade24.Order
	paid      bool
	fulfilled int
	review    bool
	status    ecomtrade24.PaymentStatus
	payments  map[string]bool // by session
	sessions  []string
}

func newSmallShop(g *gatewaytest.Gateway, v variant, fault string) *smallShop {
	return openSmallShop(g.Client(), g.WebhookSecret, v, fault)
}

func openSmallShop(client *ecomtrade24.Client, secret string, v variant, fault string) *smallShop {
	return &smallShop{
		client: client, secret: secret, fault: fault, variant: v, mu: &sync.Mutex{},
		disk: &disk{orders: map[string]*record{}}, shipped: map[string]bool{}, sessions: map[string]string{},
		one: make(chan struct{}, 1),
	}
}

// shop is what is examined.
func (s *smallShop) shop() shoptest.Shop {
	return shoptest.Shop{
		Webhook: s, Buy: s.buy, NoReview: s.variant.noReview,
		Order: func(_ context.Context, id string) (shoptest.Order, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			o := s.disk.orders[id]
			if o == nil && s.has("an order is stored only after the gateway's response") {
				o = &record{}
			}
			if o == nil {
				return shoptest.Order{}, errors.New("no such order")
			}
			return shoptest.Order{Paid: o.paid, Fulfilled: o.fulfilled, Review: o.review && !s.variant.noReview}, nil
		},
		Again: s.again, Return: s.comesBack, Reconcile: s.reconcile, Domain: "shop.example",
		Break: func(broken bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.disk.broken = broken
		},
		Restart: func(context.Context) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.shipped, s.sessions = map[string]bool{}, map[string]string{}
			if s.has("orders are kept in memory") {
				for _, o := range s.disk.orders {
					o.paid, o.fulfilled = false, 0
				}
			}
			if s.has("a restart forgets what was not paid") {
				for _, o := range s.disk.orders {
					if !o.paid {
						o.due = ecomtrade24.Order{}
					}
				}
			}
			return nil
		},
	}
}

func (s *smallShop) has(fault string) bool { return s.fault == fault }

var nextOrder struct {
	sync.Mutex
	n int
}

func (s *smallShop) buy(ctx context.Context) error {
	nextOrder.Lock()
	nextOrder.n++
	o := &record{
		due: ecomtrade24.Order{
			ID: fmt.Sprintf("Order-%d", nextOrder.n), Amount: "49.95", Currency: "USD", Domain: "shop.example",
		},
		payments: map[string]bool{},
	}
	nextOrder.Unlock()
	if s.has("one failure of the gateway closes the checkout for good") && s.dead.Load() {
		return errors.New("the checkout is closed")
	}
	store := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.disk.orders[o.due.ID] = o
		s.disk.newest = o.due.ID
	}
	if !s.has("an order is stored only after the gateway's response") {
		store()
	}
	err := s.open(ctx, o)
	switch {
	case err == nil:
		store()
	case s.has("one failure of the gateway closes the checkout for good"):
		s.dead.Store(true)
	case s.has("an order whose session failed is deleted"):
		s.mu.Lock()
		s.disk.orders[o.due.ID] = &record{}
		s.mu.Unlock()
	}
	return err
}

func (s *smallShop) open(ctx context.Context, o *record) error {
	method, err := s.method(ctx)
	if err != nil {
		return err
	}
	if s.has("everything waits while the gateway is called") {
		s.one <- struct{}{}
		defer func() { <-s.one }()
	}
	create := s.client.Checkout
	if method != "" {
		create = s.client.CreateSession
	}
	session, err := create(ctx, ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: o.due.Amount, Currency: o.due.Currency, OrderID: o.due.ID, Method: method,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.sessions = append(o.sessions, session.ID)
	s.sessions[session.ID] = o.due.ID
	return nil
}

// method is the first one that the plan lists, of which this shop only knows when it has a fault.
func (s *smallShop) method(ctx context.Context) (string, error) {
	if !s.has("the plan is read once and never again") && !s.has("a list without methods is remembered for ever") {
		return "", nil
	}
	if s.plan == nil {
		plan, err := s.client.Me(ctx)
		if err != nil {
			return "", err
		}
		s.plan = plan
	}
	switch smart := s.plan.SmartRouting(); {
	case smart && len(s.plan.Methods) > 0 && s.has("the plan is read once and never again"):
		return s.plan.Methods[0].ID, nil
	case smart && len(s.plan.Methods) == 0 && s.has("a list without methods is remembered for ever"):
		return "", errors.New("there is nothing to pay with")
	}
	return "", nil
}

func (s *smallShop) again(ctx context.Context, id string) error {
	s.mu.Lock()
	o := s.disk.orders[id]
	leadsBack := s.variant.back && !o.status.Final()
	s.mu.Unlock()
	if leadsBack {
		return nil
	}
	return s.open(ctx, o)
}

func (s *smallShop) comesBack(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.disk.orders[id]
	switch s.fault {
	case "coming back pays the order":
		s.ship(o, "return")
	case "the return page always says paid":
		return true, nil
	case "the return page never says paid":
		return false, nil
	case "the return page shows the session's word":
		return o.status == ecomtrade24.StatusPaid, nil
	case "the return page thanks for a session that is over":
		return o.paid || o.status.Final(), nil
	case "the return page shows the newest payment":
		for _, other := range s.disk.orders {
			if other.paid {
				return true, nil
			}
		}
	}
	return o.paid, nil
}

func (s *smallShop) reconcile(ctx context.Context) error {
	s.mu.Lock()
	var open []string
	for _, o := range s.disk.orders {
		if !o.paid || s.has("catching up ships again") {
			open = append(open, o.sessions...)
		}
	}
	s.mu.Unlock()
	if s.has("nobody asks about lost webhooks") {
		return nil
	}
	for _, id := range open {
		status, err := s.client.Status(ctx, id)
		if err != nil {
			return err
		}
		p := status.Payment
		s.mu.Lock()
		o := s.disk.orders[p.OrderID]
		s.mu.Unlock()
		switch {
		case s.has("catching up ships whatever it finds"), s.has("catching up does not compare the amount") && p.Paid(),
			s.has("catching up ships again") && p.Paid():
			s.mu.Lock()
			s.ship(o, fmt.Sprint("asked", o.fulfilled))
			s.mu.Unlock()
		default:
			s.apply(p)
		}
	}
	return nil
}

// ServeHTTP is the webhook endpoint.
func (s *smallShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.has("everything waits while the gateway is called") {
		s.one <- struct{}{}
		defer func() { <-s.one }()
	}
	if s.dead.Load() && s.has("garbage stops the shop") {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	s.takes(w, r)
}

func (s *smallShop) takes(w http.ResponseWriter, r *http.Request) {
	body, err := s.read(w, r)
	if err != nil {
		if s.has("a body that ends early stops the shop") {
			s.gone.Store(true)
		}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if !s.signed(r.Header, body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var ev ecomtrade24.Event
	if err := ev.UnmarshalJSON(body); err != nil {
		s.dead.Store(true)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	broken := s.disk.broken
	s.mu.Unlock()
	switch {
	case broken && s.has("a webhook is acknowledged before it is stored"):
		return
	case broken:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case s.has("only payment.session is handled") && ev.Type != ecomtrade24.EventPaymentSession:
		return
	case s.has("a webhook is marked as seen before the work, and the work ends with the sender"):
		key := ev.Key()
		s.mu.Lock()
		seen := s.shipped[key]
		s.shipped[key] = true
		s.mu.Unlock()
		if seen || waits(r.Context()) {
			return
		}
	}
	if s.variant.later {
		ctx := context.WithoutCancel(r.Context())
		s.queue.Go(func() { s.handle(ctx, ev.Payment, ev.Type) })
		return
	}
	s.handle(r.Context(), ev.Payment, ev.Type)
}

// read is the body.
func (s *smallShop) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, 1<<20)
	if s.has("one read is the whole body") {
		b := make([]byte, 1<<20)
		n, err := body.Read(b)
		if err == io.EOF {
			err = nil
		}
		return b[:n], err
	}
	return io.ReadAll(body)
}

// waits tells whether the sender has hung up within a moment.
func waits(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-time.After(10 * time.Millisecond):
		return false
	}
}

func (s *smallShop) handle(ctx context.Context, p ecomtrade24.Payment, kind ecomtrade24.EventType) {
	if s.variant.asks && p.Paid() && p.SessionID != "" {
		status, err := s.client.Status(context.WithoutCancel(ctx), p.SessionID)
		if err != nil || !status.Paid() {
			return
		}
		p = status.Payment
	}
	if s.has("each kind of event ships") && kind == ecomtrade24.EventPaymentCompleted {
		p.SessionID += "-completed"
	}
	s.apply(p)
}

// signed verifies by hand, where the faults are.
func (s *smallShop) signed(h http.Header, body []byte) bool {
	if s.has("the signature is checked over JSON that was written again") {
		var ev map[string]any
		if json.Unmarshal(body, &ev) == nil {
			body, _ = json.Marshal(ev)
		}
	}
	if s.has("the signature is not checked") {
		return true
	}
	if s.has("the body is read before it is signed") && h.Get("X-Signature") != "" {
		if s.equal(strings.TrimPrefix(h.Get("X-Signature"), "sha256="), nil) {
			return true
		}
	}
	if s.has("any signature header will do") && h.Get("X-Hub-Signature") != "" {
		return true
	}
	var found bool
	for _, name := range []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"} {
		if s.has("only X-Signature is looked at") && name != "X-Signature" ||
			s.has("X-Webhook-Signature is not looked at") && name == "X-Webhook-Signature" {
			continue
		}
		values, given := h[http.CanonicalHeaderKey(name)]
		if !given {
			continue
		}
		found = true
		digest, prefixed := strings.CutPrefix(values[0], "sha256=")
		if s.has("a signature must have sha256= in front") && !prefixed ||
			s.has("a signature must be bare") && prefixed {
			continue
		}
		if s.equal(digest, body) {
			return true
		}
	}
	return !found && s.has("a webhook without a signature passes")
}

func (s *smallShop) equal(digest string, body []byte) bool {
	if s.gone.Load() {
		return false
	}
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write(body)
	want := hex.EncodeToString(mac.Sum(nil))
	switch s.fault {
	case "an empty signature passes":
		if digest == "" {
			return true
		}
	case "a signature is compared as far as it goes":
		return strings.HasPrefix(want, digest) && digest != ""
	case "the end of a signature is not compared":
		return len(digest) == len(want) && digest[:60] == want[:60]
	case "the secret is not part of the signature":
		return len(digest) == len(want)
	}
	return hmac.Equal([]byte(digest), []byte(want))
}

// apply is what the shop makes of a payment.
func (s *smallShop) apply(p ecomtrade24.Payment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(p)
	if o == nil || o.due.ID == "" {
		return
	}
	switch s.fault {
	case "a payment without an order is the newest order's", "a payment of an unknown order is the newest order's",
		"every payment is the newest order's":
		p.OrderID = o.due.ID
	}
	if s.overtaken(o, p) {
		return
	}
	o.status = p.Status
	if !s.isPaid(p) {
		return
	}
	if !s.settles(o, p) {
		o.review = o.review || !s.has("a wrong amount is told to nobody")
		return
	}
	if s.has("the order is looked at before it is locked") {
		paid := o.paid
		s.mu.Unlock()
		time.Sleep(time.Millisecond) //nolint:forbidigo // the fault is a race
		s.mu.Lock()
		if !paid {
			o.paid = true
			o.fulfilled++
		}
		return
	}
	s.ship(o, s.key(p))
}

// key is what counts as one payment.
func (s *smallShop) key(p ecomtrade24.Payment) string {
	switch s.fault {
	case "a payment is known by its transaction":
		return p.SessionID + "/" + p.TxID
	case "a second session ships again", "each kind of event ships":
		return p.SessionID
	}
	return p.SessionID
}

// ship releases the goods, once.
func (s *smallShop) ship(o *record, key string) {
	again := o.payments[key]
	switch s.fault {
	case "each webhook ships":
		o.fulfilled++
		o.paid = true
		return
	case "what was shipped is remembered in memory":
		if !s.shipped[o.due.ID] {
			o.fulfilled++
		}
		s.shipped[o.due.ID], o.paid = true, true
		return
	case "a payment is known by its transaction", "a second session ships again", "each kind of event ships",
		"catching up ships again":
		if !again {
			o.fulfilled++
		}
		o.payments[key], o.paid = true, true
		return
	}
	if o.paid {
		o.review = o.review || !again && !s.has("a second payment is told to nobody")
		o.payments[key] = true
		return
	}
	o.paid = true
	o.payments[key] = true
	o.fulfilled++
}

// find is the order that a message is about.
func (s *smallShop) find(p ecomtrade24.Payment) *record {
	switch s.fault {
	case "an order is found by its session":
		return s.disk.orders[s.sessions[p.SessionID]]
	case "a payment without an order is the newest order's":
		if p.OrderID == "" {
			return s.disk.orders[s.disk.newest]
		}
	case "a payment of an unknown order is the newest order's":
		if s.disk.orders[p.OrderID] == nil {
			return s.disk.orders[s.disk.newest]
		}
	case "every payment is the newest order's":
		return s.disk.orders[s.disk.newest]
	case "an odd order id stops the shop":
		if strings.ContainsAny(p.OrderID, "'<") || len(p.OrderID) > 255 || !ascii(p.OrderID) {
			s.gone.Store(true)
		}
	case "only an order's first session counts":
		if o := s.disk.orders[p.OrderID]; o != nil && len(o.sessions) > 0 && o.sessions[0] != p.SessionID {
			return nil
		}
	case "only an order's last session counts":
		if o := s.disk.orders[p.OrderID]; o != nil && len(o.sessions) > 0 && o.sessions[len(o.sessions)-1] != p.SessionID {
			return nil
		}
	}
	return s.disk.orders[p.OrderID]
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}

// overtaken tells whether the message comes too late, and lets it do the harm of the faults.
func (s *smallShop) overtaken(o *record, p ecomtrade24.Payment) bool {
	back := func(statuses ...ecomtrade24.PaymentStatus) bool {
		for _, status := range statuses {
			if p.Status == status {
				o.paid = false
			}
		}
		return false
	}
	final := func(statuses ...ecomtrade24.PaymentStatus) bool {
		for _, status := range statuses {
			if o.status == status && !o.paid {
				return true
			}
		}
		return false
	}
	switch s.fault {
	case "the newest status wins":
		o.paid = o.paid && p.Paid()
	case "expired takes a payment back":
		return back("expired")
	case "cancelled takes a payment back":
		return back("cancelled")
	case "declined takes a payment back":
		return back("declined", "failed")
	case "processing takes a payment back":
		return back("processing", "review", "pending")
	case "an unknown status takes a payment back":
		if p.Status.Rank() == 0 {
			o.paid = false
		}
	case "an expired order cannot be paid":
		return final("expired")
	case "a cancelled order cannot be paid":
		return final("cancelled")
	case "a declined order cannot be paid":
		return final("declined", "failed")
	case "the first status decides":
		return o.status != ""
	case "review is never left":
		return final("review")
	case "processing is never left":
		return final("processing")
	}
	return false
}

// isPaid tells whether a message is of a payment.
func (s *smallShop) isPaid(p ecomtrade24.Payment) bool {
	switch s.fault {
	case "a test pays":
		return p.Status == ecomtrade24.StatusPaid
	case "the status test pays":
		return p.Paid() || p.Status == ecomtrade24.StatusTest
	case "a status is paid if it begins so":
		return strings.HasPrefix(string(p.Status), "paid") && !p.Test
	case "what is not refused is paid":
		return p.Status.Rank() != 20 && p.Status.Rank() != 10 && p.Status.Rank() != 11 && p.Status.Rank() != 12 && !p.Test
	case "processing is paid":
		return p.Paid() || p.Status == "processing" || p.Status == "review"
	case "every end is paid":
		return p.Status.Final() && !p.Test
	}
	return p.Paid()
}

// settles compares the payment with what is due.
func (s *smallShop) settles(o *record, p ecomtrade24.Payment) bool {
	amount := func(same bool) bool {
		return same && strings.EqualFold(p.Currency, o.due.Currency) && p.Domain == o.due.Domain
	}
	due, _ := strconv.ParseFloat(string(o.due.Amount), 64)
	got, err := strconv.ParseFloat(string(p.Amount), 64)
	switch s.fault {
	case "the amount is not compared":
		return amount(true)
	case "the amount is compared as a float":
		return amount(err == nil && got == due)
	case "the amount is rounded":
		return amount(err == nil && math.Abs(got-due) < 0.02)
	case "the sign of the amount is not looked at":
		return amount(err == nil && math.Abs(got) == due)
	case "a comma is read as a point":
		return amount(ecomtrade24.Amount(strings.ReplaceAll(string(p.Amount), ",", ".")).Equal(o.due.Amount))
	case "no amount is what is due":
		return p.Amount == "" || p.Settles(o.due) == nil
	case "an amount of zero is what is due":
		return got == 0 && err == nil || p.Settles(o.due) == nil
	case "no currency is the shop's own":
		return p.Amount.Equal(o.due.Amount) && (p.Currency == "" || p.Currency == o.due.Currency)
	case "amounts are compared as text":
		return amount(p.Amount == o.due.Amount)
	case "more than is due is taken silently":
		return amount(err == nil && got >= due)
	case "the currency is not compared":
		return p.Amount.Equal(o.due.Amount)
	case "the domain is not compared":
		return p.Amount.Equal(o.due.Amount) && p.Currency == o.due.Currency
	case "what was paid too little is added up":
		return amount(err == nil && (got == due || got > 0 && o.review))
	case "a test pays", "the status test pays", "a status is paid if it begins so", "what is not refused is paid",
		"processing is paid", "every end is paid":
		return amount(p.Amount.Equal(o.due.Amount))
	}
	return p.Settles(o.due) == nil
}
