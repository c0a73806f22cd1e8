package sandbox

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

const sessionTTL = 30 * time.Minute

// session is one checkout. Its payment's status starts as pending, may become processing or review, and ends as a final
// status.
type session struct {
	payment   ecomtrade24.Payment
	request   ecomtrade24.SessionParams // its Metadata is in payment instead; Method may be the buyer's choice
	expiresAt time.Time
	timer     *time.Timer
	counted   int // this session's share of sessionBytes
}

// open adds the session as pending and starts the timer that expires it. After that, only the lock's holder may use s.
func (g *Gateway) open(s *session) (id string, expiresAt time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id = strconv.FormatInt(g.nextSession, 10)
	g.nextSession++
	s.payment.SessionID, s.payment.Status = id, ecomtrade24.StatusPending
	s.expiresAt = time.Now().Add(sessionTTL).UTC()
	g.expireLater(s)
	g.add(s)
	g.moved(s)
	return id, s.expiresAt
}

// add keeps the session. If there are too many sessions, it drops the oldest ended sessions, or the oldest session if
// none has ended. The caller holds the lock.
func (g *Gateway) add(s *session) {
	g.sessions = append(g.sessions, s)
	g.byID[s.payment.SessionID] = s
	g.count(s)
	if g.config.KeepTotal == 0 {
		return
	}
	for n := len(g.sessions); n > 1 && (n > g.config.Keep || g.sessionBytes > g.config.KeepTotal); n-- {
		i := max(0, slices.IndexFunc(g.sessions[:n-1], func(s *session) bool { return s.payment.Status.Final() }))
		oldest := g.sessions[i]
		oldest.timer.Stop()
		g.sessionBytes -= oldest.counted
		g.sessions = slices.Delete(g.sessions, i, i+1)
		delete(g.byID, oldest.payment.SessionID)
	}
}

// count updates sessionBytes when the session is new or has changed. The caller holds the lock.
func (g *Gateway) count(s *session) {
	request, _ := json.Marshal(s.request) //nolint:errchkjson // only texts
	size := paymentSize(s.payment) + len(request)
	g.sessionBytes += size - s.counted
	s.counted = size
}

// SetNextSessionID sets the ID of the next session. Later sessions count up from it. An ID that is in use or not
// positive is an error.
func (g *Gateway) SetNextSessionID(id int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id < 1 || g.byID[strconv.FormatInt(id, 10)] != nil {
		return fmt.Errorf("the next session's id cannot be %d", id)
	}
	g.nextSession = id
	return nil
}

// moved records that the session has a new status. The caller holds the lock.
func (g *Gateway) moved(s *session) {
	g.count(s)
	g.moves.Add(Moved{s.payment.SessionID, s.payment.OrderID, s.payment.Status, time.Now()},
		len(s.payment.OrderID)+len(s.payment.Status))
	g.bell.ring()
}

// expireLater starts the timer that expires the session. The caller holds the lock.
func (g *Gateway) expireLater(s *session) {
	id := s.payment.SessionID
	s.timer = time.AfterFunc(time.Until(s.expiresAt), func() {
		_, _ = g.Move(id, ecomtrade24.StatusExpired, "") // an error means that the session is already final
	})
}

// snapshot returns a copy of the session that the caller may read without the lock.
func (g *Gateway) snapshot(id string) (session, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.byID[id]
	if s == nil {
		return session{}, false
	}
	return *s, true
}

// Sessions returns every session's payment, oldest first.
func (g *Gateway) Sessions() []ecomtrade24.Payment {
	g.mu.Lock()
	defer g.mu.Unlock()
	payments := make([]ecomtrade24.Payment, len(g.sessions))
	for i, s := range g.sessions {
		payments[i] = s.payment
		payments[i].Metadata = maps.Clone(s.payment.Metadata)
	}
	return payments
}

// ReturnURL returns where the checkout page sends a buyer who has paid, or "".
func (g *Gateway) ReturnURL(id string) string {
	s, _ := g.snapshot(id)
	return s.back(ecomtrade24.StatusPaid)
}

// CancelURL returns where the checkout page sends a buyer who cancels, or "".
func (g *Gateway) CancelURL(id string) string {
	s, _ := g.snapshot(id)
	return s.back(ecomtrade24.StatusCancelled)
}

// movable returns the session with this id, or an error if the session does not exist or the gateway is closed. The
// caller holds the lock.
func (g *Gateway) movable(id string) (*session, error) {
	s := g.byID[id]
	switch {
	case s == nil:
		return nil, fmt.Errorf("no session %q", id)
	case g.closed:
		return nil, ErrClosed
	}
	return s, nil
}

// Move changes the session's status and sends its webhook. wait works as in Send. method is the buyer's choice, or ""
// if the shop chose one. An unknown session, or a change that the real gateway would not make, is an error and sends
// nothing.
func (g *Gateway) Move(id string, to ecomtrade24.PaymentStatus, method string) (wait func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.movable(id)
	if err != nil {
		return nil, err
	}
	if !moves(s.payment.Status, to) {
		return nil, fmt.Errorf("session %s is %s and cannot become %s", id, s.payment.Status, to)
	}
	s.payment.Status = to
	g.moved(s)
	s.request.Method = cmp.Or(s.request.Method, method)
	if to.Final() {
		s.timer.Stop()
	}
	if to == ecomtrade24.StatusPaid {
		s.payment.TxID = g.transaction(id)
	}
	return g.send(s.payment, g.config.Naming)
}

// Redeliver sends the session's current state again, with a new sent_at. wait works as in Send. An unknown session is
// an error.
func (g *Gateway) Redeliver(id string) (wait func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.movable(id)
	if err != nil {
		return nil, err
	}
	return g.send(s.payment, g.config.Naming)
}

// SendTest sends the signed webhook with which a merchant's dashboard tests the endpoint. It is never a payment. wait
// works as in Send.
func (g *Gateway) SendTest() (wait func(), err error) {
	return g.Send(delivery.Test("TEST-WEBHOOK-"+rand.Text()[:10], g.domain()))
}

// EditPayment changes the session's payment, even in ways that the real gateway would not, and returns it. The session
// keeps its ID even if the function change removes the ID from the payment that is returned.
func (g *Gateway) EditPayment(id string, change func(p *ecomtrade24.Payment)) (ecomtrade24.Payment, error) {
	before, found := g.snapshot(id)
	told := before.payment
	told.Metadata = maps.Clone(told.Metadata) // cloned, since a webhook being sent may share this map
	if found {
		change(&told) // invoked without the lock, since change may use the gateway
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.movable(id)
	if err != nil {
		return ecomtrade24.Payment{}, err
	}
	s.payment = told
	s.payment.SessionID, s.payment.Metadata = id, maps.Clone(told.Metadata)
	g.moved(s)
	if told.Status.Final() {
		s.timer.Stop()
	}
	return told, nil
}

// moves reports whether the gateway can change a session's status: from any status that is not final to any known
// status except pending.
func moves(from, to ecomtrade24.PaymentStatus) bool {
	return !from.Final() && from != to && to.Rank() > ecomtrade24.StatusPending.Rank()
}

// transaction returns a made-up transaction ID. It depends only on the session and the seed.
func (g *Gateway) transaction(id string) string {
	sum := sha256.Sum256([]byte(strconv.FormatUint(g.config.Seed, 10) + "/" + id))
	return "tx_" + hex.EncodeToString(sum[:8])
}
