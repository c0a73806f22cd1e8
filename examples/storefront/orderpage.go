package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	streamPause = time.Second     // time between two reads of the database
	streamLasts = 5 * time.Minute // how long a stream lasts; then the browser reconnects
	askAgain    = 10 * time.Second
)

// returned is the handler of the return page. The buyer often returns before the webhook arrives, so the handler looks
// up a session that may have been paid.
func (s *shop) returned(w http.ResponseWriter, r *http.Request) {
	if id := r.PathValue("id"); storable(id) {
		session, err := s.takeLookup(r.Context(), id)
		switch {
		case err == nil:
			s.lookUp(r.Context(), id, session)
		case !errors.Is(err, sql.ErrNoRows):
			s.log.Warn("cannot look up a session", "order", id, "error", err)
		}
	}
	s.showOrder(w, r)
}

// showOrder shows the shop's own record. From the URL it reads only the order's ID and whether the checkout has just
// failed to open. Anyone who has the ID can open the page, so the page says nothing about the buyer.
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

// showOrderPage shows the order's page. The argument refused names the field to correct: "method", "email" or "".
func (s *shop) showOrderPage(w http.ResponseWriter, r *http.Request, o order, refused string) {
	status := http.StatusOK
	if refused != "" {
		status = http.StatusUnprocessableEntity
	}
	var ways choice
	f := o.face(time.Now())
	unavailable := f.CanPay && r.URL.Query().Get("checkout") == "unavailable"
	if f.CanPay {
		var err error
		if ways, err = s.ways(r, refused); err != nil {
			s.log.Error("no methods", "error", err)
			unavailable = true
		}
	}
	s.show(w, status, "order", struct {
		top
		order
		face

		Ways        choice
		Refused     string
		Unavailable bool
	}{readTop(r), o, f, ways, refused, unavailable})
}

// watchOrder sends a server-sent event when an open order page should look different. It reads the database, so it does
// not matter which replica the webhook reached. If too many pages listen, it sends only the current state, and the
// browser asks again later. One visitor's pages cannot disconnect another visitor's pages.
func (s *shop) watchOrder(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, err := s.findOrder(r.Context(), id); err != nil {
		http.Error(w, "there is nothing to watch", http.StatusNotFound)
		return
	}
	from := visitor(s.caller(r)).String()
	listens := s.streams.begin(from, id)
	if listens {
		defer s.streams.end(from, id)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // otherwise nginx would buffer the events
	controller := http.NewResponseController(w)
	tick, end := time.NewTicker(streamPause), time.NewTimer(streamLasts)
	defer tick.Stop()
	defer end.Stop()
	for seen := r.URL.Query().Get("seen"); ; {
		o, err := s.findOrder(r.Context(), id)
		if err != nil {
			return
		}
		event := ": still the same\n\n" // keeps proxies from closing the connection
		if now := o.face(time.Now()).Looks; now != seen {
			event, seen = fmt.Sprintf("event: changed\ndata: %s\n\n", now), now
		}
		if !listens {
			_, _ = fmt.Fprintf(w, "retry: %d\n%s", askAgain.Milliseconds(), event)
			return
		}
		if _, err := w.Write([]byte(event)); err != nil || controller.Flush() != nil {
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
