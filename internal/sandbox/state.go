package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// savedSession is the JSON of a session in State.
type savedSession struct {
	SessionRecord

	Metadata map[string]string         `json:"meta,omitempty"`
	Request  ecomtrade24.SessionParams `json:"request"`
}

// State returns all sessions as JSON, for Restore. It does not include deliveries.
func (g *Gateway) State() ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	saved := make([]savedSession, len(g.sessions))
	for i, s := range g.sessions {
		saved[i] = savedSession{g.recordOf(s), s.payment.Metadata, s.request}
	}
	return json.MarshalIndent(saved, "", "  ")
}

// Restore loads the sessions from State into a new gateway. Sessions whose time has run out expire immediately and send
// their webhook, so call DeliverTo first. It returns an error if the state is invalid or the gateway already has
// sessions.
func (g *Gateway) Restore(state []byte) error {
	var saved []savedSession
	if err := json.Unmarshal(state, &saved); err != nil {
		return fmt.Errorf("restore: not the state of a sandbox: %w", err)
	}
	sessions, last := make([]*session, len(saved)), int64(0)
	for i, s := range saved {
		id, _ := strconv.ParseInt(s.SessionID, 10, 64)
		if id <= last || s.SessionID != strconv.FormatInt(id, 10) || s.Status == "" {
			return fmt.Errorf("restore: session %d of the state is not one that a sandbox saved", i+1)
		}
		last = id
		sessions[i] = &session{
			payment: ecomtrade24.Payment{
				SessionID: s.SessionID, OrderID: s.OrderID, Status: ecomtrade24.PaymentStatus(s.Status),
				Amount: ecomtrade24.Amount(s.Amount), Currency: s.Currency, CustomerEmail: s.Email, TxID: s.TxID,
				Domain: s.Domain, Metadata: s.Metadata,
			},
			request: s.Request, expiresAt: s.ExpiresAt,
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || len(g.sessions) > 0 {
		return errors.New("restore: the gateway must be new and have no sessions")
	}
	if last > 0 {
		g.nextSession = last + 1
	}
	for _, s := range sessions {
		g.expireLater(s)
		g.add(s)
	}
	return nil
}
