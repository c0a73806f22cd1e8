package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
)

// ErrClosed is the error that a closed gateway returns.
var ErrClosed = errors.New("the gateway is closed")

// delayed is a batch of messages that waits to be sent.
type delayed struct {
	batch []message
	at    time.Time
	timer *time.Timer
}

// Send sends the webhook of a payment. wait blocks until the response is 2xx or all attempts have failed. wait does not
// block for a webhook that is held back or delayed.
func (g *Gateway) Send(p ecomtrade24.Payment) (wait func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.send(p, g.config.Naming)
}

// send is like Send, but named selects the event's type and member. The caller holds the lock.
func (g *Gateway) send(p ecomtrade24.Payment, named delivery.Naming) (wait func(), err error) {
	if g.closed {
		return nil, ErrClosed
	}
	return g.queue(message{payment: p, named: named}), nil
}

// RedeliverAttempt sends the webhook of an attempt again, as it was before any fault, with a new sent_at. The first
// attempt is number 1.
func (g *Gateway) RedeliverAttempt(number int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	d, ok := g.deliveries.At(number)
	if !ok {
		return fmt.Errorf("no delivery %d", number)
	}
	_, err := g.send(d.origin.payment, d.origin.named)
	return err
}

// queue sends m with the planned faults. wait works as for Send. The caller holds the lock.
func (g *Gateway) queue(m message) (wait func()) {
	if g.targetOf(m.payment.Domain) == nil {
		return func() {}
	}
	g.webhooks++
	m.number = g.webhooks
	messages := g.spoil(m)
	if g.spoiled.spend(FaultReorder) {
		g.held = append(g.held, messages...)
		if g.spoiled.left[FaultReorder] > 0 && !g.tooManyWait() {
			return func() {}
		}
		g.spoiled.left[FaultReorder] = 0
		return g.dispatch(g.unhold())
	}
	var waits []func()
	for _, m := range messages {
		waits = append(waits, g.dispatch([]message{m}))
	}
	if g.tooManyWait() {
		g.release()
	}
	return func() {
		for _, wait := range waits {
			wait()
		}
	}
}

// dispatch sends the batch, one message after the other, immediately or after the batch's delay. The caller holds the
// lock.
func (g *Gateway) dispatch(batch []message) (wait func()) {
	if len(batch) == 0 {
		return func() {}
	}
	if delay := batch[0].delay; delay > 0 {
		d := &delayed{batch: batch, at: time.Now().Add(delay)}
		d.timer = time.AfterFunc(delay, func() { g.sendDelayed(d) })
		g.later[d] = true
		return func() {}
	}
	var targets []*target
	for _, m := range batch {
		targets = append(targets, g.targetOf(m.payment.Domain))
	}
	done := make(chan struct{})
	g.sending.run(func() {
		defer close(done)
		for i, m := range batch {
			if g.abandon(len(batch) - i) {
				return
			}
			g.deliver(targets[i], m)
		}
	})
	return func() { <-done }
}

// abandon reports whether the gateway is closed. If it is, abandon counts n webhooks as undelivered.
func (g *Gateway) abandon(n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		g.abandoned += n
	}
	return g.closed
}

func (g *Gateway) sendDelayed(d *delayed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.later[d] {
		return // the batch was flushed, or the gateway closed, in the meantime
	}
	delete(g.later, d)
	d.batch[0].delay = 0
	g.dispatch(d.batch)
}

// unhold returns the webhooks that FaultReorder holds back, in another sequence. The caller holds the lock.
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

// Waiting returns how many webhooks are held back or delayed.
func (g *Gateway) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting()
}

// waiting is like Waiting, but the caller holds the lock.
func (g *Gateway) waiting() int {
	n := len(g.held)
	for d := range g.later {
		n += len(d.batch)
	}
	return n
}

// tooManyWait reports whether more webhooks wait than Config.Keep or Config.KeepTotal allow. The caller holds the lock.
func (g *Gateway) tooManyWait() bool {
	n, bytes := g.waiting(), 0
	if g.config.KeepTotal > 0 {
		for _, m := range g.held {
			bytes += m.size()
		}
		for d := range g.later {
			for _, m := range d.batch {
				bytes += m.size()
			}
		}
	}
	return n > g.config.Keep || bytes > g.config.KeepTotal
}

// Flush immediately sends the held-back and delayed webhooks, one by one in the scheduled sequence. It returns when
// each webhook got a 2xx response or all its attempts have failed.
func (g *Gateway) Flush() {
	g.mu.Lock()
	g.release()
	g.mu.Unlock()
	g.sending.wait()
}

// release starts to send the webhooks that Flush must send. The caller holds the lock.
func (g *Gateway) release() {
	var batch []message
	for _, d := range slices.SortedFunc(maps.Keys(g.later), func(a, b *delayed) int {
		return cmp.Or(a.at.Compare(b.at), byNumber(a.batch[0], b.batch[0]))
	}) {
		d.timer.Stop()
		batch = append(batch, d.batch...)
	}
	clear(g.later)
	batch = append(batch, g.unhold()...)
	g.spoiled.left[FaultReorder] = 0
	if len(batch) > 0 {
		batch[0].delay = 0
		g.dispatch(batch)
	}
}
