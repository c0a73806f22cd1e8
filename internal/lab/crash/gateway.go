package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// gateway responds to lookups of the expected sessions, sometimes late. One lookup in six fails or is cut off.
type gateway struct {
	*httptest.Server

	mu       sync.Mutex
	sessions map[string]order
	asked    map[string]int
}

func startGateway(orders []order) *gateway {
	g := &gateway{sessions: make(map[string]order), asked: make(map[string]int)}
	for _, o := range orders {
		for _, session := range o.expected {
			g.sessions[strconv.Itoa(session)] = o
		}
	}
	g.Server = httptest.NewServer(g)
	return g
}

// ServeHTTP reports a session as pending at first, and later as paid.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("session_id")
	g.mu.Lock()
	o, known := g.sessions[id]
	g.asked[id]++
	times := g.asked[id]
	g.mu.Unlock()
	<-time.After(rand.N(100 * time.Millisecond)) // a delay, so that kills hit lookups
	switch fault := rand.IntN(12); {
	case !known:
		http.NotFound(w, r)
	case fault == 0:
		w.WriteHeader(http.StatusInternalServerError)
	case fault == 1:
		panic(http.ErrAbortHandler) // the response is lost
	case times == 1:
		fmt.Fprintf(w, `{"ok":true,"session_id":%s,"order_id":%q,"status":"pending"}`, id, o.id)
	default:
		fmt.Fprintf(w, `{"ok":true,"session_id":%s,"order_id":%q,"status":"paid","amount":%q,"currency":"USD"}`,
			id, o.id, o.amount)
	}
}

func (g *gateway) lookups() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, times := range g.asked {
		n += times
	}
	return n
}
