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

// session is one checkout. Its payment's status moves from pending, through processing or not, to a final one and stays
// there.
type session struct {
	payment   ecomtrade24.Payment
	request   ecomtrade24.SessionParams // without Metadata, which payment has; Method may be the buyer's choice
	expiresAt time.Time
	timer     *time.Timer
	counted   int // of its bytes, in sessionBytes
}

// open adds the session, as pending, and starts the timer that expires it. From then on s belongs to the lock.
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

// add keeps the session, and drops the oldest if there are too many: one that has ended, if there is any. The caller
// holds the lock.
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

// count notes about how many bytes the session takes, which a move changes. The caller holds the lock.
func (g *Gateway) count(s *session) {
	request, _ := json.Marshal(s.request) //nolint:errchkjson // only texts
	size := paymentSize(s.payment) + len(request)
	g.sessionBytes += size - s.counted
	s.counted = size
}

// SetNextSessionID sets the ID of the next session, from which the others are counted. An ID that is taken, or not
// positive, is an error.
func (g *Gateway) SetNextSessionID(id int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id < 1 || g.byID[strconv.FormatInt(id, 10)] != nil {
		return fmt.Errorf("sandbox: the next session's id cannot be %d", id)
	}
	g.nextSession = id
	return nil
}

// moved notes the session's new status. The caller holds the lock.
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
		_, _ = g.Move(id, ecomtrade24.StatusExpired, "") // an error means that it is final already
	})
}

// find returns the session with this id, or nil if there is none. The caller holds the lock.
func (g *Gateway) find(id string) *session { return g.byID[id] }

// snapshot returns a copy of the session that the caller may read without the lock.
func (g *Gateway) snapshot(id string) (session, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.find(id)
	if s == nil {
		return session{}, false
	}
	return *s, true
}

// Sessions returns the payment of every session, in the order in which they were made.
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

// ReturnURL is where the hosted page sends the buyer of this session who has paid, or "".
func (g *Gateway) ReturnURL(id string) string {
	s, _ := g.snapshot(id)
	return s.back(ecomtrade24.StatusPaid)
}

// CancelURL is where the hosted page sends the buyer of this session who cancels, or "".
func (g *Gateway) CancelURL(id string) string {
	s, _ := g.snapshot(id)
	return s.back(ecomtrade24.StatusCancelled)
}

// movable returns the session with this id, or an error if there is none or the gateway is closed. The caller holds the
// lock.
func (g *Gateway) movable(id string) (*session, error) {
	s := g.find(id)
	switch {
	case s == nil:
		return nil, fmt.Errorf("sandbox: no session %q", id)
	case g.closed:
		return nil, ErrClosed
	}
	return s, nil
}

// Move changes the session's status and sends its webhook. wait returns when the webhook has been answered with a 2xx
// or given up; it does not wait for one that is held back or delayed. method is the buyer's choice, or "" if it was
// made before. An unknown session, or a move that the real gateway would not make, is an error and sends nothing.
func (g *Gateway) Move(id string, to ecomtrade24.PaymentStatus, method string) (wait func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.movable(id)
	if err != nil {
		return nil, err
	}
	if !moves(s.payment.Status, to) {
		return nil, fmt.Errorf("sandbox: session %s is %s and cannot become %s", id, s.payment.Status, to)
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

// Redeliver sends the session's current state again, with a new sent_at. wait is as for Move. An unknown session is an
// error.
func (g *Gateway) Redeliver(id string) (wait func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.movable(id)
	if err != nil {
		return nil, err
	}
	return g.send(s.payment, g.config.Naming)
}

// SendTest sends the webhook with which a merchant's dashboard tests the endpoint: signed, and never a payment. wait is
// as for Move.
func (g *Gateway) SendTest() (wait func(), err error) {
	return g.Send(delivery.Test("TEST-WEBHOOK-"+rand.Text()[:10], g.domain()))
}

// EditPayment makes the gateway say of a session what change makes of it, whether or not the real gateway ever would,
// and returns that. What change empties is missing in webhooks only: the session keeps its id.
func (g *Gateway) EditPayment(id string, change func(p *ecomtrade24.Payment)) (ecomtrade24.Payment, error) {
	before, found := g.snapshot(id)
	told := before.payment
	told.Metadata = maps.Clone(told.Metadata) // a webhook on its way has the same map
	if found {
		change(&told) // without the lock: it may call the gateway
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

// moves reports whether a session can go from one status to the other: from pending to any other that the SDK knows,
// from processing and review to those too, and from a final one to none.
func moves(from, to ecomtrade24.PaymentStatus) bool {
	return !from.Final() && from != to && to.Rank() > ecomtrade24.StatusPending.Rank()
}

// transaction returns a made-up id of the payment at the provider, the same for the same seed.
func (g *Gateway) transaction(id string) string {
	sum := sha256.Sum256([]byte(strconv.FormatUint(g.config.Seed, 10) + "/" + id))
	return "tx_" + hex.EncodeToString(sum[:8])
}
