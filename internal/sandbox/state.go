package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// savedSession is a session as State writes it, whatever the type that holds it in memory.
type savedSession struct {
	SessionID string            `json:"session_id"`
	OrderID   string            `json:"order_id"`
	Status    string            `json:"status"`
	Amount    string            `json:"amount"`
	Currency  string            `json:"currency"`
	Email     string            `json:"email,omitempty"`
	TxID      string            `json:"txid,omitempty"`
	Metadata  map[string]string `json:"meta,omitempty"`
	Domain    string            `json:"domain"`
	Method    string            `json:"method,omitempty"`
	ReturnURL string            `json:"return_url,omitempty"`
	CancelURL string            `json:"cancel_url,omitempty"`
	ExpiresAt time.Time         `json:"expires_at"`
}

// State returns every session as JSON, for Restore. Deliveries are not in it.
func (g *Gateway) State() ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	saved := make([]savedSession, len(g.sessions))
	for i, s := range g.sessions {
		p := s.payment
		saved[i] = savedSession{
			SessionID: p.SessionID, OrderID: p.OrderID, Status: string(p.Status), Amount: string(p.Amount),
			Currency: p.Currency, Email: p.CustomerEmail, TxID: p.TxID, Metadata: p.Metadata, Domain: p.Domain,
			Method: s.method, ReturnURL: s.returnURL, CancelURL: s.cancelURL, ExpiresAt: s.expiresAt,
		}
	}
	return json.MarshalIndent(saved, "", "  ")
}

// Restore gives a new gateway the sessions that State returned. Sessions whose time has run out expire at once and send
// their webhook, so call DeliverTo first. A state that is not a sandbox's is an error, and so is a gateway that has
// sessions already.
func (g *Gateway) Restore(state []byte) error {
	var saved []savedSession
	if err := json.Unmarshal(state, &saved); err != nil {
		return fmt.Errorf("sandbox: restore: this is not a sandbox's state: %w", err)
	}
	sessions, first := make([]*session, len(saved)), 0
	for i, s := range saved {
		if i == 0 {
			first, _ = strconv.Atoi(s.SessionID)
		}
		if first < 1 || s.SessionID != strconv.Itoa(first+i) || s.Status == "" {
			return fmt.Errorf("sandbox: restore: session %d of the state was not saved by a sandbox", i+1)
		}
		sessions[i] = &session{
			payment: ecomtrade24.Payment{
				SessionID: s.SessionID, OrderID: s.OrderID, Status: ecomtrade24.PaymentStatus(s.Status),
				Amount: ecomtrade24.Amount(s.Amount), Currency: s.Currency, CustomerEmail: s.Email, TxID: s.TxID,
				Domain: s.Domain, Metadata: s.Metadata,
			},
			method: s.Method, returnURL: s.ReturnURL, cancelURL: s.CancelURL, expiresAt: s.ExpiresAt,
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || len(g.sessions) > 0 {
		return errors.New("sandbox: restore: the gateway must be new and have no sessions")
	}
	if len(sessions) > 0 {
		g.config.FirstSession = first // the new ones are counted on
	}
	g.sessions = sessions
	for _, s := range sessions {
		g.expireLater(s)
	}
	return nil
}
