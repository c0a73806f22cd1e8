package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// SessionRecord is the JSON of a session in GET /sandbox/sessions.
type SessionRecord struct {
	SessionID   string    `json:"session_id"`
	OrderID     string    `json:"order_id"`
	Status      string    `json:"status"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Email       string    `json:"email,omitempty"`
	TxID        string    `json:"txid,omitempty"`
	Domain      string    `json:"domain"`
	Method      string    `json:"method,omitempty"`
	CheckoutURL string    `json:"checkout_url"`
	ExpiresAt   time.Time `json:"expires_at"`
	History     []Moved   `json:"history,omitempty"`
}

func (g *Gateway) recordOf(s *session) SessionRecord {
	p := s.payment
	return SessionRecord{
		SessionID: p.SessionID, OrderID: p.OrderID, Status: string(p.Status), Amount: string(p.Amount),
		Currency: p.Currency, Email: p.CustomerEmail, TxID: p.TxID, Domain: p.Domain, Method: s.request.Method,
		CheckoutURL: g.config.BaseURL + "/pay.php?session=" + p.SessionID, ExpiresAt: s.expiresAt,
	}
}

// records returns the sessions for which takes returns true, newest first.
func (g *Gateway) records(takes func(SessionRecord) bool) (records []SessionRecord) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range slices.Backward(g.sessions) {
		if r := g.recordOf(s); takes(r) {
			records = append(records, r)
		}
	}
	return records
}

// oneRecord returns a session with its history.
func (g *Gateway) oneRecord(id string) (SessionRecord, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.byID[id]
	if s == nil {
		return SessionRecord{}, false
	}
	r := g.recordOf(s)
	for _, m := range g.moves.All() {
		if m.SessionID == id {
			r.History = append(r.History, m)
		}
	}
	return r, true
}

// writeJSON responds with JSON.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // the only error is that the client is gone
}

func (g *Gateway) listSessions(w http.ResponseWriter, r *http.Request) {
	order := r.URL.Query().Get("order_id")
	records := g.records(func(s SessionRecord) bool { return order == "" || s.OrderID == order })
	writeJSON(w, http.StatusOK, append([]SessionRecord{}, records[:min(len(records), g.config.Keep)]...))
}

func (g *Gateway) readOne(w http.ResponseWriter, r *http.Request) {
	record, ok := g.oneRecord(r.PathValue("id"))
	if !ok {
		g.fail(w, r, http.StatusNotFound, fmt.Errorf("no session %.64q", r.PathValue("id")))
		return
	}
	writeJSON(w, http.StatusOK, record)
}

// callRecord is the JSON of a call in GET /sandbox/calls.
type callRecord struct {
	Number    int       `json:"call"`
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Query     string    `json:"query,omitempty"`
	Status    int       `json:"response"`
	Rejected  string    `json:"rejected,omitempty"`
	Warnings  []string  `json:"warnings,omitempty"`
	SessionID string    `json:"session_id,omitempty"`
	OrderID   string    `json:"order_id,omitempty"`
	Body      string    `json:"body,omitempty"`
	Answer    string    `json:"response_body,omitempty"`
}

func (g *Gateway) listCalls(w http.ResponseWriter, _ *http.Request) {
	records := []callRecord{}
	for _, c := range g.Requests() {
		records = append(records, callRecord{
			c.Number, c.Time, c.Method, c.Path, c.Query, c.Status, c.Rejected, c.Warnings, c.SessionID, c.OrderID,
			string(c.Body), string(c.Response),
		})
	}
	writeJSON(w, http.StatusOK, records)
}

// deliveryRecord is the JSON of a delivery in GET /sandbox/deliveries.
type deliveryRecord struct {
	Number    int         `json:"delivery"`
	Webhook   int         `json:"webhook"`
	Attempt   int         `json:"attempt"`
	Time      time.Time   `json:"time"`
	SessionID string      `json:"session_id"`
	OrderID   string      `json:"order_id"`
	Status    string      `json:"status"`
	URL       string      `json:"url"`
	Header    http.Header `json:"header"`
	Body      string      `json:"body"`
	Response  int         `json:"response,omitempty"`
	Answer    string      `json:"response_body,omitempty"`
	Error     string      `json:"error,omitempty"`
	Forged    string      `json:"forged,omitempty"` // how the delivery was forged, and by which fault
}

func (g *Gateway) listDeliveries(w http.ResponseWriter, _ *http.Request) {
	records := []deliveryRecord{}
	for _, d := range g.Deliveries() {
		r := deliveryRecord{
			d.Number, d.Webhook, d.Attempt, d.SentAt, d.SessionID, d.OrderID, string(d.Status), d.URL, d.Header,
			string(d.Body), d.Response, string(d.ResponseBody), "", d.Forged,
		}
		if d.Err != nil {
			r.Error = d.Err.Error()
		}
		records = append(records, r)
	}
	writeJSON(w, http.StatusOK, records)
}

func (g *Gateway) listFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, g.activeFaults())
}

func (g *Gateway) activeFaults() map[string][]string {
	return map[string][]string{"active": append([]string{}, g.Faults()...)}
}
