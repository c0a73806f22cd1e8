package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Fault is a simulated failure of a webhook.
type Fault int

// The faults of SpoilWebhooks.
const (
	FaultDuplicate   Fault = iota // delivered twice, at the same time
	FaultReorder                  // held back until n have been created, then sent in another sequence
	FaultTamper                   // every attempt is changed after it was signed
	FaultWrongSecret              // every attempt is signed with another secret
	FaultFormat                   // signed in another format that docs/protocol.md allows
	FaultStale                    // sent_at is in the past, as set by BackdateWebhooks
	FaultLose                     // the first attempt never arrives
	FaultGone                     // no attempt arrives
	FaultMix                      // randomly delayed, with copies, lost attempts and forgeries
	faults
)

// spoiled counts the faults that still apply to the next webhooks.
type spoiled struct {
	delay   time.Duration // the delay of every webhook
	staleBy time.Duration
	left    [faults]int // how many webhooks each fault still applies to
}

// spend reports whether the fault is active, and if so, reduces the number of webhooks that it still applies to by one.
func (w *spoiled) spend(f Fault) bool {
	if w.left[f] == 0 {
		return false
	}
	w.left[f]--
	return true
}

// SpoilWebhooks applies the fault to the next n webhooks. A webhook can have several faults.
func (g *Gateway) SpoilWebhooks(f Fault, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spoiled.left[f] += max(n, 0)
	g.bell.ring()
}

// DelayWebhooks delays every webhook from now on by d; 0 ends the delay.
func (g *Gateway) DelayWebhooks(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spoiled.delay = d
	g.bell.ring()
}

// BackdateWebhooks makes the sent_at of the next n webhooks older by age.
func (g *Gateway) BackdateWebhooks(n int, age time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spoiled.staleBy = age
	g.spoiled.left[FaultStale] += max(n, 0)
	g.bell.ring()
}

// Reseed restarts the random choices from seed.
func (g *Gateway) Reseed(seed uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.random = newRandom(seed)
}

// HealWebhooks ends all webhook faults, and starts sending the webhooks that were held back or delayed.
func (g *Gateway) HealWebhooks() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.spoiled = spoiled{}
	g.release()
	g.bell.ring()
}

// webhookFaults returns descriptions of the faults of the next webhooks. The caller holds the lock.
func (g *Gateway) webhookFaults() (words []string) {
	if g.spoiled.delay > 0 {
		words = append(words, fmt.Sprintf("every webhook is %v late", g.spoiled.delay))
	}
	does := map[Fault]string{
		FaultDuplicate:   "delivered twice",
		FaultReorder:     "held back until all have been created",
		FaultTamper:      "changed after it was signed",
		FaultWrongSecret: "signed with another secret",
		FaultFormat:      "signed in another format",
		FaultStale:       fmt.Sprintf("%v old", g.spoiled.staleBy),
		FaultLose:        "lost at its first attempt",
		FaultGone:        "lost at every attempt",
		FaultMix:         "sent through a bad network",
	}
	for _, f := range slices.Sorted(maps.Keys(does)) {
		switch n := g.spoiled.left[f]; {
		case n == 1:
			words = append(words, "the next webhook is "+does[f])
		case n > 1:
			words = append(words, fmt.Sprintf("each of the next %d webhooks is %s", n, does[f]))
		}
	}
	if n := g.waiting(); n > 0 {
		words = append(words, fmt.Sprintf("waiting webhooks: %d", n))
	}
	return words
}

// spoil applies the planned faults to m, counts them down, and returns all messages to send. The caller holds the lock.
func (g *Gateway) spoil(m message) []message {
	w := &g.spoiled
	m.delay, m.format = w.delay, g.usualFormat()
	m.tampered, m.wrongSecret = w.spend(FaultTamper), w.spend(FaultWrongSecret)
	m.lost, m.gone = w.spend(FaultLose), w.spend(FaultGone)
	switch {
	case m.tampered:
		m.forgedBy = "tamper"
	case m.wrongSecret:
		m.forgedBy = "wrong-secret"
	}
	if w.spend(FaultStale) {
		m.age = w.staleBy
	}
	if w.spend(FaultFormat) {
		for m.format == g.usualFormat() {
			m.format = g.anyFormat()
		}
	}
	messages := []message{m}
	if w.spend(FaultDuplicate) {
		messages = append(messages, m)
	}
	if w.spend(FaultMix) {
		messages = append(messages, g.mixed(m)...)
		for i := range messages {
			messages[i].delay += g.chance(mixedDelay)
			messages[i].format = g.anyFormat()
		}
	}
	return messages
}

// The limits of the random choices that the method mixed makes.
const (
	mixedDelay = time.Minute
	mixedAge   = 24 * time.Hour
)

// mixed returns random messages that a bad network adds to a webhook: copies, some of them old or with a lost attempt,
// and forgeries. The method spoil then delays these messages and the webhook, and signs each in a random allowed
// format.
func (g *Gateway) mixed(m message) []message {
	var extras []message
	for range g.random.IntN(3) {
		extra := m
		extra.lost = g.random.IntN(2) == 0
		if g.random.IntN(2) == 0 {
			extra.age = g.chance(mixedAge)
		}
		extras = append(extras, extra)
	}
	for range g.random.IntN(3) {
		forgery := m
		forgery.tampered = g.random.IntN(2) == 0
		forgery.wrongSecret = !forgery.tampered
		forgery.forgedBy = "chaos"
		extras = append(extras, forgery)
	}
	return extras
}

// chance returns a random duration between one nanosecond and limit.
func (g *Gateway) chance(limit time.Duration) time.Duration {
	return time.Duration(1 + g.random.Int64N(int64(limit)))
}
