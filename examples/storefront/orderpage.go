package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const (
	streamPause = time.Second     // between two looks at the database
	streamLasts = 5 * time.Minute // and then the browser connects again
)

// Looks is what the order's page shows: one word for each of its faces. It is true of the order, and not only of its
// newest session, of which the buyer may have left an older one to pay.
func (o order) Looks() string {
	switch {
	case o.State == paid:
		return "paid"
	case o.InReview:
		return "review"
	case o.UnderWay:
		return "processing"
	case o.State == expired:
		return "expired"
	}
	switch o.Session {
	case "":
		return "new"
	case ecomtrade24.StatusPaid: // and it did not settle the order, which a person has looked at
		if o.Decision == "refunded" {
			return "refunded"
		}
		return "unsettled"
	case ecomtrade24.StatusCancelled:
		return "left"
	case ecomtrade24.StatusDeclined:
		return "declined"
	case ecomtrade24.StatusExpired:
		return "lapsed"
	case ecomtrade24.StatusFailed:
		return "failed"
	case ecomtrade24.StatusPending, ecomtrade24.StatusProcessing, ecomtrade24.StatusReview, ecomtrade24.StatusTest:
	}
	return "waiting" // for what a word that nobody knows comes to, too
}

// Changes tells whether the page may change without the buyer doing anything.
func (o order) Changes() bool { return o.State != paid }

// CanPay tells whether the buyer may open another checkout: not while a payment is under way or waits for a person,
// since he could then pay twice. The expiry spares the same orders.
func (o order) CanPay() bool { return o.State == open && !o.InReview && !o.UnderWay }

// returned is the return page: the buyer is often back before the webhook, so it looks up a session that may have paid.
func (s *shop) returned(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if storable(id) {
		s.lookUp(r.Context(), id, func(ctx context.Context) (string, error) { return s.takeLookup(ctx, id) })
	}
	s.showOrder(w, r)
}

// showOrder shows the shop's own record. From the URL it reads the id, and whether the checkout has just failed to
// open. Anyone who has the id can open the page, so it says nothing about the buyer.
func (s *shop) showOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.findOrder(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		s.showMessage(w, r, http.StatusNotFound, noOrder)
	case err != nil:
		s.fail(w, r, "show order", err)
	default:
		s.showOrderPage(w, r, o, "")
	}
}

// showOrderPage shows it again with what the buyer has to mend: "method", "email" or nothing.
func (s *shop) showOrderPage(w http.ResponseWriter, r *http.Request, o order, refused string) {
	status := http.StatusOK
	if refused != "" {
		status = http.StatusUnprocessableEntity
	}
	var ways choice
	unavailable := o.CanPay() && r.URL.Query().Get("checkout") == "unavailable"
	if o.CanPay() {
		var err error
		if ways, err = s.ways(r, refused); err != nil {
			s.log.Error("no methods", "error", err)
			unavailable = true
		}
	}
	s.show(w, status, "order", struct {
		top
		order

		Ways        choice
		Refused     string
		Unavailable bool
	}{readTop(r), o, ways, refused, unavailable})
}

const (
	mostStreams  = 500 // at once
	mostOfCaller = 250 // of one caller, who must not take them all; behind a proxy all are one
)

// streams counts the pages that listen.
type streams struct {
	mu  sync.Mutex
	all int
	of  map[string]int // by caller
}

func (s *streams) begin(caller string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= mostStreams || s.of[caller] >= mostOfCaller {
		return false
	}
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.all++
	s.of[caller]++
	return true
}

func (s *streams) end(caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.of[caller]--; s.of[caller] == 0 {
		delete(s.of, caller)
	}
}

// watchOrder tells an open order page by server-sent events that it looks different now. It looks at the database, so
// that it does not matter which replica the webhook reached.
func (s *shop) watchOrder(w http.ResponseWriter, r *http.Request) {
	from := caller(r)
	if !s.streams.begin(from) { // the page still has its link
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer s.streams.end(from)
	if _, err := s.findOrder(r.Context(), r.PathValue("id")); err != nil {
		http.Error(w, "there is nothing to watch", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep the events back
	controller := http.NewResponseController(w)
	tick, end := time.NewTicker(streamPause), time.NewTimer(streamLasts)
	defer tick.Stop()
	defer end.Stop()
	for seen := r.URL.Query().Get("seen"); ; {
		o, err := s.findOrder(r.Context(), r.PathValue("id"))
		if err != nil {
			return
		}
		event := ": still the same\n\n" // keeps proxies from closing the connection
		if now := o.Looks(); now != seen {
			event, seen = fmt.Sprintf("event: changed\ndata: %s\n\n", now), now
		}
		if _, err := w.Write([]byte(event)); err != nil || controller.Flush() != nil { //nolint:gosec // words of our own
			return
		}
		select {
		case <-tick.C:
		case <-end.C:
			return
		case <-s.stopping:
			return
		case <-r.Context().Done():
			return
		}
	}
}
