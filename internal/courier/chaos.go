package courier

import (
	"fmt"
	"time"
)

// chaos holds the faults that the next webhooks meet: the delay of all, and for each other fault how many are left.
type chaos struct {
	delay                                                                 time.Duration
	duplicate, reorder, tamper, wrongSecret, form, stale, lose, gone, mix int
	staleBy                                                               time.Duration
}

// Fault is something that can happen to a webhook on its way.
type Fault int

// The faults that Spoil brings about.
const (
	FaultDuplicate   Fault = iota // delivered twice, at the same time
	FaultReorder                  // held back until n are there, then sent in another order
	FaultTamper                   // changed after it was signed, in every attempt
	FaultWrongSecret              // signed with another secret, in every attempt
	FaultForm                     // signed in another of the forms that the contract allows
	FaultLose                     // the first attempt never arrives
	FaultGone                     // no attempt arrives
	FaultMix                      // delayed, with copies, lost attempts and forgeries as chance has it
)

// Spoil applies the fault to the next n webhooks. A webhook can have several faults.
func (k *Courier) Spoil(f Fault, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.config.Changed()
	c := &k.chaos
	*map[Fault]*int{
		FaultDuplicate: &c.duplicate, FaultReorder: &c.reorder, FaultTamper: &c.tamper, FaultWrongSecret: &c.wrongSecret,
		FaultForm: &c.form, FaultLose: &c.lose, FaultGone: &c.gone, FaultMix: &c.mix,
	}[f] += max(n, 0)
}

// Delay holds back every webhook from now on for d; 0 ends it.
func (k *Courier) Delay(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.config.Changed()
	k.chaos.delay = d
}

// Stale makes the sent_at of the next n webhooks older by age.
func (k *Courier) Stale(n int, age time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.config.Changed()
	k.chaos.stale += max(n, 0)
	k.chaos.staleBy = age
}

// Reseed begins chance anew.
func (k *Courier) Reseed(seed uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.random = newRandom(seed)
}

// Calm ends every fault, and sends what is held back or delayed. It does not wait for that.
func (k *Courier) Calm() {
	k.mu.Lock()
	k.chaos = chaos{}
	k.mu.Unlock()
	k.release()
	k.config.Changed()
}

// Switches says in words which faults the next webhooks will meet.
func (k *Courier) Switches() (words []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.chaos
	if c.delay > 0 {
		words = append(words, fmt.Sprintf("every webhook waits %v", c.delay))
	}
	for _, f := range []struct {
		n    int
		what string
	}{
		{c.duplicate, "delivered twice"},
		{c.reorder, "held back until all are there"},
		{c.tamper, "changed after it was signed"},
		{c.wrongSecret, "signed with another secret"},
		{c.form, "signed in another form"},
		{c.stale, fmt.Sprintf("%v old", c.staleBy)},
		{c.lose, "lost at its first attempt"},
		{c.gone, "lost at every attempt"},
		{c.mix, "sent through a bad network"},
	} {
		switch {
		case f.n == 1:
			words = append(words, "the next webhook is "+f.what)
		case f.n > 1:
			words = append(words, fmt.Sprintf("each of the next %d webhooks is %s", f.n, f.what))
		}
	}
	if n := len(k.held) + len(k.later); n > 0 {
		words = append(words, fmt.Sprintf("webhooks that wait: %d", n))
	}
	return words
}

// draw applies the faults that are due to m, counts them down, and returns all messages to send. The caller holds the
// lock.
func (k *Courier) draw(m message) []message {
	c := &k.chaos
	m.delay, m.form = c.delay, k.usualForm()
	m.tampered, m.wrongSecret, m.lost, m.gone = spend(&c.tamper), spend(&c.wrongSecret), spend(&c.lose), spend(&c.gone)
	if spend(&c.stale) {
		m.age = c.staleBy
	}
	if spend(&c.form) {
		for m.form == k.usualForm() {
			m.form = k.anyForm()
		}
	}
	messages := []message{m}
	if spend(&c.duplicate) {
		messages = append(messages, m)
	}
	if spend(&c.mix) {
		messages = append(messages, k.mixed(m)...)
		for i := range messages {
			messages[i].delay += k.chance(mixedDelay)
			messages[i].form = k.anyForm()
		}
	}
	return messages
}

// spend takes one from n, and reports whether there was one.
func spend(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}

// The bounds of what mixed draws.
const (
	mixedDelay = time.Minute
	mixedAge   = 24 * time.Hour
)

// mixed draws what comes with a webhook on a bad network: copies, some of them old or with a lost attempt, and
// forgeries. draw delays all of them, and the webhook too, and signs each in any form that the contract allows.
func (k *Courier) mixed(m message) []message {
	var extras []message
	for range k.random.IntN(3) {
		extra := m
		extra.lost = k.random.IntN(2) == 0
		if k.random.IntN(2) == 0 {
			extra.age = k.chance(mixedAge)
		}
		extras = append(extras, extra)
	}
	for range k.random.IntN(3) {
		forgery := m
		forgery.tampered = k.random.IntN(2) == 0
		forgery.wrongSecret = !forgery.tampered
		extras = append(extras, forgery)
	}
	return extras
}

// chance draws a duration from one nanosecond to limit.
func (k *Courier) chance(limit time.Duration) time.Duration {
	return time.Duration(1 + k.random.Int64N(int64(limit)))
}
