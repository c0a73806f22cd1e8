package courier

import (
	"cmp"
	"fmt"
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
func (k *Courier) queue(m message) (wait func()) {
	if k.target == nil {
		return func() {}
	}
	k.webhooks++
	m.number = k.webhooks
	messages := k.draw(m)
	if k.chaos.reorder > 0 {
		k.held = append(k.held, messages...)
		if k.chaos.reorder--; k.chaos.reorder > 0 {
			return func() {}
		}
		return k.dispatch(k.unhold())
	}
	var waits []func()
	for _, m := range messages {
		waits = append(waits, k.dispatch([]message{m}))
	}
	return func() {
		for _, wait := range waits {
			wait()
		}
	}
}

// dispatch sends the batch, one message after the other, now or when its delay is over. The caller holds the lock.
func (k *Courier) dispatch(batch []message) (wait func()) {
	if len(batch) == 0 {
		return func() {}
	}
	if delay := batch[0].delay; delay > 0 {
		d := &delayed{batch: batch, due: time.Now().Add(delay)}
		d.timer = time.AfterFunc(delay, func() { k.sendDelayed(d) })
		k.later[d] = true
		return func() {}
	}
	t, done := k.target, make(chan struct{})
	k.sending.run(func() {
		defer close(done)
		for _, m := range batch {
			k.deliver(t, m)
		}
	})
	return func() { <-done }
}

func (k *Courier) sendDelayed(d *delayed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.later[d] {
		return // flushed or closed in the meantime
	}
	delete(k.later, d)
	d.batch[0].delay = 0
	k.dispatch(d.batch)
}

// unhold takes what FaultReorder holds back, and returns it in another order.
func (k *Courier) unhold() []message {
	batch := k.held
	k.held = nil
	k.random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	if n := len(batch); n > 1 && slices.IsSortedFunc(batch, byNumber) {
		batch[0], batch[n-1] = batch[n-1], batch[0]
	}
	return batch
}

func byNumber(a, b message) int { return cmp.Compare(a.number, b.number) }

// Waiting is how many webhooks are held back or delayed.
func (k *Courier) Waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.held) + len(k.later)
}

// Flush sends at once the webhooks that are held back or delayed, one after the other in the order in which they were
// due. It returns when each has been answered with a 2xx or given up.
func (k *Courier) Flush() {
	k.release()
	k.sending.wait()
}

// release begins to send what Flush sends.
func (k *Courier) release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	var batch []message
	for _, d := range slices.SortedFunc(maps.Keys(k.later), func(a, b *delayed) int {
		return cmp.Or(a.due.Compare(b.due), byNumber(a.batch[0], b.batch[0]))
	}) {
		d.timer.Stop()
		batch = append(batch, d.batch...)
	}
	clear(k.later)
	batch = append(batch, k.unhold()...)
	k.chaos.reorder = 0
	if len(batch) > 0 {
		batch[0].delay = 0
		k.dispatch(batch)
	}
}

// Send sends the webhook of a payment. wait returns when it has been answered with a 2xx or given up; it does not wait
// for one that is held back or delayed.
func (k *Courier) Send(p ecomtrade24.Payment) (wait func(), err error) {
	return k.SendAs(p, k.config.Naming)
}

// SendAs is Send with the event under another name.
func (k *Courier) SendAs(p ecomtrade24.Payment, named Naming) (wait func(), err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, ErrClosed
	}
	return k.queue(message{payment: p, named: named}), nil
}

// Redeliver sends the webhook of an attempt once more, unchanged but for a new sent_at. The first attempt is number 1.
func (k *Courier) Redeliver(number int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.deliveries.At(number)
	if !ok {
		return fmt.Errorf("sandbox: no delivery %d", number)
	}
	if k.closed {
		return ErrClosed
	}
	k.queue(d.origin)
	return nil
}
