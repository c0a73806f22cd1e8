package shoptest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest/shoptest"
)

// queues makes the shop store a webhook, respond, and do the work later, retrying until it succeeds.
func queues(after time.Duration, status int) func(*smallShop) {
	return func(s *smallShop) {
		s.handle = func(ctx context.Context, m message) error {
			if err := s.disk.tx(func(t *tables) error { return t.exec() }); err != nil {
				return err
			}
			s.workLater(context.WithoutCancel(ctx), after, m)
			return nil
		}
		responds(nil, status)(s)
	}
}

func (s *smallShop) workLater(ctx context.Context, after time.Duration, m message) {
	time.AfterFunc(after, func() {
		if err := s.work(ctx, m); statusOf(err) >= http.StatusInternalServerError {
			s.log.printf("%v", err)
			s.workLater(ctx, 100*time.Millisecond, m)
		}
	})
}

// asksLater makes the shop respond first and look up the payment afterwards. The shop retries a failed lookup itself,
// since the gateway does not deliver an acknowledged webhook again.
func asksLater(s *smallShop) {
	queues(0, http.StatusOK)(s)
	s.work = s.asksFirst
}

// addsParts makes the shop mark an order paid when its payments in one currency reach the amount due. A later message
// about the same payment can correct its amount.
func addsParts(s *smallShop) {
	s.claim = claimsOnce(s)
	s.overtaken = func(o *order, m message) bool {
		return s.isPaid(m) && slices.Contains(o.payments, payment{m.text("amount"), "part " + m.session() + m.text("txid")})
	}
	s.settles = func(o *order, m message) bool {
		if number(m.text("amount")) == nil || !currencySettles(o, m) || !ourDomain(m) {
			return false
		}
		part := payment{m.text("amount"), "part " + m.session() + m.text("txid")}
		o.payments = slices.DeleteFunc(o.payments, func(p payment) bool { return p.txid == part.txid })
		o.payments = append(o.payments, part)
		sum := new(big.Rat)
		for _, p := range o.payments {
			sum.Add(sum, number(p.session))
		}
		more := sum.Cmp(number(o.amount))
		o.review = o.review || more > 0
		return more >= 0
	}
}

// isBehind delays the moment when a change to an order becomes visible.
func isBehind(by time.Duration) func(*smallShop) {
	return func(s *smallShop) {
		replica := &s.disk.replica
		replica.CompareAndSwap(nil, s.disk.snapshot())
		s.work = func(ctx context.Context, m message) error {
			err := s.commits(ctx, m)
			now := s.disk.snapshot()
			time.AfterFunc(by, func() {
				for old := replica.Load(); old.version < now.version && !replica.CompareAndSwap(old, now); {
					old = replica.Load()
				}
			})
			return err
		}
		s.state = func(id string) (shoptest.Order, error) {
			if o := replica.Load().get(id); o != nil {
				return o.state(), nil
			}
			if _, err := s.stateOf(id); err != nil {
				return shoptest.Order{}, err
			}
			return shoptest.Order{}, nil
		}
		s.says = func(o *order) bool {
			o = replica.Load().get(o.id)
			return o != nil && o.paid
		}
	}
}

// limitsRate makes the shop accept a limited number of webhooks per second and respond 429 to the rest.
func limitsRate(most int) func(*smallShop) {
	return func(s *smallShop) {
		var mu sync.Mutex
		var taken []time.Time
		s.serve = func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			taken = slices.DeleteFunc(taken, func(at time.Time) bool { return time.Since(at) > time.Second })
			free := len(taken) < most
			if free {
				taken = append(taken, time.Now())
			}
			mu.Unlock()
			if !free {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			s.webhook(w, r)
		}
	}
}

// needsLogin makes the shop show its pages only to a buyer who has logged in.
func needsLogin(s *smallShop) {
	s.thanks = func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("login"); err != nil {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		s.page(w, r, "Thank you!")
	}
	s.comes = func(ctx context.Context, id string) (bool, error) {
		r, err := s.returnRequest(ctx, id)
		if err != nil {
			return false, err
		}
		r.AddCookie(&http.Cookie{Name: "login", Value: "buyer"})
		return s.saysPaid(r)
	}
}

// leadsToOrder makes the return page redirect to the order's page.
func leadsToOrder(s *smallShop) {
	s.thanks = func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("seen") == "" {
			http.Redirect(w, r, "/thanks?seen=1&order="+url.QueryEscape(r.FormValue("order")), http.StatusSeeOther)
			return
		}
		s.page(w, r, "Thank you!")
	}
	s.comes = func(ctx context.Context, id string) (bool, error) {
		to := "/thanks?seen=1&order=" + url.QueryEscape(id)
		return s.saysPaid(httptest.NewRequestWithContext(ctx, http.MethodGet, to, nil))
	}
}

// randomTries makes the shop give each payment attempt a random order ID at the gateway.
func randomTries(s *smallShop) {
	s.open = func(ctx context.Context, id string) error {
		err := s.disk.tx(func(t *tables) error {
			o := t.get(id)
			o.tries = append(o.tries, rand.Text())
			return nil
		})
		if err != nil {
			return err
		}
		return s.opens(ctx, id)
	}
	s.sends(func(o *order, p *ecomtrade24.SessionParams) { p.OrderID = o.tries[len(o.tries)-1] })
	own := func(id string) string {
		if o := byTry(s.disk.snapshot(), message{"order_id": id}); o != nil {
			return o.id
		}
		return id
	}
	s.orderID = func(m message) string { return own(m.text("order_id")) }
	s.namesOrders(own)
}

// byTry finds an order by the order ID that one of its payment attempts has at the gateway.
func byTry(t *tables, m message) *order {
	for id, o := range t.orders {
		if slices.Contains(o.tries, m.text("order_id")) {
			return t.get(id)
		}
	}
	return nil
}

// metaOrder returns the order ID in a message's metadata.
func metaOrder(m message) string {
	meta, _ := m["meta"].(map[string]any)
	return message(meta).text("order")
}

// leadsBack makes the shop send the buyer back to a session that is still open.
func leadsBack(s *smallShop) {
	s.again = func(ctx context.Context, id string) error {
		o := s.stored(id)
		open := func(session string) bool { return !final(o.statuses[session]) }
		if o != nil && !o.paid && slices.ContainsFunc(o.sessions, open) {
			return nil
		}
		return s.paysAgain(ctx, id)
	}
}

// mergesPresses makes the shop create only one order if Buy is pressed several times at the same time.
func mergesPresses(s *smallShop) {
	type press struct {
		done chan struct{}
		err  error
	}
	var mu sync.Mutex
	var running *press
	s.buy = func(ctx context.Context) error {
		mu.Lock()
		if first := running; first != nil {
			mu.Unlock()
			<-first.done
			return first.err
		}
		mine := &press{done: make(chan struct{})}
		running = mine
		mu.Unlock()
		mine.err = s.buys(ctx)
		mu.Lock()
		running = nil
		mu.Unlock()
		close(mine.done)
		return mine.err
	}
}

// asksFirst looks up a reported payment before applying it.
func (s *smallShop) asksFirst(ctx context.Context, m message) error {
	if !s.isPaid(m) || s.isTest(m) || m.session() == "" {
		return s.commits(ctx, m)
	}
	return s.confirms(context.WithoutCancel(ctx), m)
}

// confirms looks a payment up and applies the response.
func (s *smallShop) confirms(ctx context.Context, m message) error {
	now, err := s.ask(ctx, m.session())
	if err != nil {
		return err
	}
	if now.session() != m.session() || s.orderID(now) != s.orderID(m) {
		return errUnknownOrder
	}
	return s.commits(ctx, now)
}

// hasOneWorker makes the shop handle one request at a time.
func hasOneWorker(s *smallShop) {
	one := make(worker, 1)
	s.serve = func(w http.ResponseWriter, r *http.Request) {
		_ = one.does(func() error { s.webhook(w, r); return nil })
	}
	s.open = func(ctx context.Context, id string) error {
		return one.does(func() error { return s.opens(ctx, id) })
	}
	s.reconcile = func(ctx context.Context) error {
		return one.does(func() error { return s.catchesUp(ctx) })
	}
}

// worker runs one function at a time. Unlike a mutex, it lets the clock of a synctest bubble advance while goroutines
// wait for the worker.
type worker chan struct{}

func (w worker) does(f func() error) error {
	w <- struct{}{}
	defer func() { <-w }()
	return f()
}

// releasesStock makes the shop restore reserved stock when the session expires, and reduce it again for a later
// payment.
func releasesStock(s *smallShop) {
	reservesStock(s)
	released := func(o *order) string { return "released " + o.id }
	affects(func(t *tables, o *order, m message) {
		if m.text("status") == "expired" && !o.paid && t.first(released(o)) {
			t.stock++
		}
	})(s)
	ship := s.ship
	s.ship = func(t *tables, o *order) error {
		if t.seen[released(o)] {
			return ships(t, o)
		}
		return ship(t, o)
	}
}

// takesCards makes the shop use only cards under Smart Routing, so it sells nothing while the gateway does not offer
// them.
func takesCards(s *smallShop) {
	s.create = func(ctx context.Context, p ecomtrade24.SessionParams) (*ecomtrade24.Session, error) {
		plan, err := s.client.Me(ctx)
		switch {
		case err != nil:
			return nil, err
		case !plan.SmartRouting():
			return s.client.CreateSession(ctx, p)
		case !plan.Offers("card"):
			return nil, errors.New("cards are not available")
		}
		p.Method = "card"
		return s.client.CreateSession(ctx, p)
	}
}
