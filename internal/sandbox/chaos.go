package sandbox

import "time"

// chaos is what webhooks still have to meet.
type chaos struct {
	delay                                                     time.Duration
	duplicate, reorder, tamper, wrongSecret, stale, lose, mix int
	staleBy                                                   time.Duration
}

// Fault names what can happen to a webhook on its way.
type Fault int

// The faults that Spoil brings about.
const (
	FaultDuplicate   Fault = iota // delivered twice, at the same time
	FaultReorder                  // held until n are there, then sent in another order
	FaultTamper                   // changed after it was signed, in every attempt
	FaultWrongSecret              // signed with another secret, in every attempt
	FaultLose                     // the first attempt never arrives
	FaultMix                      // see mixed
)

// Spoil lets the next n webhooks meet the fault. Different faults of one webhook add up.
func (g *Gateway) Spoil(f Fault, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &g.chaos
	*map[Fault]*int{
		FaultDuplicate: &c.duplicate, FaultReorder: &c.reorder, FaultTamper: &c.tamper, FaultWrongSecret: &c.wrongSecret,
		FaultLose: &c.lose, FaultMix: &c.mix,
	}[f] += max(n, 0)
}

// Delay holds every webhook from now on back for d; 0 ends it.
func (g *Gateway) Delay(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.chaos.delay = d
}

// Stale dates the sent_at of the next n webhooks back by age.
func (g *Gateway) Stale(n int, age time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.chaos.stale += max(n, 0)
	g.chaos.staleBy = age
}

// draw returns the messages that become of m, and spends the faults. The caller holds the lock.
func (g *Gateway) draw(m message) []message {
	c := &g.chaos
	m.delay, m.form = c.delay, g.usualForm()
	m.tampered, m.wrongSecret, m.lost = spend(&c.tamper), spend(&c.wrongSecret), spend(&c.lose)
	if spend(&c.stale) {
		m.age = c.staleBy
	}
	messages := []message{m}
	if spend(&c.duplicate) {
		messages = append(messages, m)
	}
	if spend(&c.mix) {
		messages = append(messages, g.mixed(m)...)
		for i := range messages {
			messages[i].delay += g.chance(mixedDelay)
			messages[i].form = g.anyForm()
		}
	}
	return messages
}

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

// mixed draws what surrounds a webhook on a bad network: a lost attempt, copies, some of them old, and forgeries. draw
// makes all of it late, the webhook too, and signs it in any form that the contract allows.
func (g *Gateway) mixed(m message) []message {
	var company []message
	for range g.random.IntN(3) {
		extra := m
		extra.lost = g.random.IntN(2) == 0
		if g.random.IntN(2) == 0 {
			extra.age = g.chance(mixedAge)
		}
		company = append(company, extra)
	}
	for range g.random.IntN(3) {
		forgery := m
		forgery.tampered = g.random.IntN(2) == 0
		forgery.wrongSecret = !forgery.tampered
		company = append(company, forgery)
	}
	return company
}

// chance draws from one nanosecond to limit.
func (g *Gateway) chance(limit time.Duration) time.Duration {
	return time.Duration(1 + g.random.Int64N(int64(limit)))
}
