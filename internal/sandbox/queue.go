package sandbox

import (
	"cmp"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// delayed is a batch of messages that waits for its time.
type delayed struct {
	batch []message
	due   time.Time
	timer *time.Timer
}

// queue sends m with the faults that are due. wait returns when what was sent has been answered with a 2xx or given up;
// it does not wait for what is held back or delayed. The caller holds the lock.
func (g *Gateway) queue(m message) (wait func()) {
	if g.target == nil {
		return func() {}
	}
	g.webhooks++
	m.number = g.webhooks
	messages := g.draw(m)
	if g.chaos.reorder > 0 {
		g.held = append(g.held, messages...)
		if g.chaos.reorder--; g.chaos.reorder > 0 {
			return func() {}
		}
		return g.dispatch(g.unhold())
	}
	var waits []func()
	for _, m := range messages {
		waits = append(waits, g.dispatch([]message{m}))
	}
	return func() {
		for _, wait := range waits {
			wait()
		}
	}
}

// dispatch sends the batch, one message after the other, now or when its delay is over. The caller holds the lock.
func (g *Gateway) dispatch(batch []message) (wait func()) {
	if len(batch) == 0 {
		return func() {}
	}
	if delay := batch[0].delay; delay > 0 {
		d := &delayed{batch: batch, due: time.Now().Add(delay)}
		d.timer = time.AfterFunc(delay, func() { g.sendDelayed(d) })
		g.later[d] = true
		return func() {}
	}
	t, done := g.target, make(chan struct{})
	g.sending.run(func() {
		defer close(done)
		for _, m := range batch {
			g.deliver(t, m)
		}
	})
	return func() { <-done }
}

func (g *Gateway) sendDelayed(d *delayed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.later[d] {
		return // flushed or closed in the meantime
	}
	delete(g.later, d)
	d.batch[0].delay = 0
	g.dispatch(d.batch)
}

// unhold takes what FaultReorder holds back, and returns it in another order.
func (g *Gateway) unhold() []message {
	batch := g.held
	g.held = nil
	g.random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	if n := len(batch); n > 1 && slices.IsSortedFunc(batch, byNumber) {
		batch[0], batch[n-1] = batch[n-1], batch[0]
	}
	return batch
}

func byNumber(a, b message) int { return cmp.Compare(a.number, b.number) }

// Flush sends at once the webhooks that are held back or delayed, one after the other in the order in which they were
// due. It returns when each has been answered with a 2xx or given up.
func (g *Gateway) Flush() {
	g.mu.Lock()
	var batch []message
	for _, d := range slices.SortedFunc(maps.Keys(g.later), func(a, b *delayed) int {
		return cmp.Or(a.due.Compare(b.due), byNumber(a.batch[0], b.batch[0]))
	}) {
		d.timer.Stop()
		batch = append(batch, d.batch...)
	}
	clear(g.later)
	batch = append(batch, g.unhold()...)
	g.chaos.reorder = 0
	if len(batch) > 0 {
		batch[0].delay = 0
		g.dispatch(batch)
	}
	g.mu.Unlock()
	g.sending.wait()
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
	return g.queue(message{payment: s.payment}), nil
}

var errClosed = errors.New("sandbox: the gateway is closed")

// SendTest sends the webhook with which a merchant's dashboard tests the endpoint: signed, and never a payment. wait is
// as for Move.
func (g *Gateway) SendTest() (wait func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, errClosed
	}
	return g.queue(message{payment: ecomtrade24.Payment{
		SessionID: "0", OrderID: "TEST-WEBHOOK-" + rand.Text()[:10], Status: ecomtrade24.StatusTest, Amount: "0.00",
		Currency: "USD", Domain: g.domain(), Test: true,
	}}), nil
}

// domain returns the shop's domain for a test webhook.
func (g *Gateway) domain() string {
	if len(g.config.Domains) == 0 {
		return "shop.example"
	}
	return g.config.Domains[0]
}
