package courier

import "time"

// chaos holds the faults that the next webhooks meet: the delay of all, and for each other fault how many are left.
type chaos struct {
	delay                                                     time.Duration
	duplicate, reorder, tamper, wrongSecret, stale, lose, mix int
	staleBy                                                   time.Duration
}

// Fault is something that can happen to a webhook on its way.
type Fault int

// The faults that Spoil brings about.
const (
	FaultDuplicate   Fault = iota // delivered twice, at the same time
	FaultReorder                  // held back until n are there, then sent in another order
	FaultTamper                   // changed after it was signed, in every attempt
	FaultWrongSecret              // signed with another secret, in every attempt
	FaultLose                     // the first attempt never arrives
	FaultMix                      // delayed, with copies, lost attempts and forgeries as chance has it
)

// Spoil applies the fault to the next n webhooks. A webhook can have several faults.
func (k *Courier) Spoil(f Fault, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := &k.chaos
	*map[Fault]*int{
		FaultDuplicate: &c.duplicate, FaultReorder: &c.reorder, FaultTamper: &c.tamper, FaultWrongSecret: &c.wrongSecret,
		FaultLose: &c.lose, FaultMix: &c.mix,
	}[f] += max(n, 0)
}

// Delay holds back every webhook from now on for d; 0 ends it.
func (k *Courier) Delay(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.chaos.delay = d
}

// Stale makes the sent_at of the next n webhooks older by age.
func (k *Courier) Stale(n int, age time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.chaos.stale += max(n, 0)
	k.chaos.staleBy = age
}

// draw applies the faults that are due to m, counts them down, and returns all messages to send. The caller holds the
// lock.
func (k *Courier) draw(m message) []message {
	c := &k.chaos
	m.delay, m.form = c.delay, k.usualForm()
	m.tampered, m.wrongSecret, m.lost = spend(&c.tamper), spend(&c.wrongSecret), spend(&c.lose)
	if spend(&c.stale) {
		m.age = c.staleBy
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
