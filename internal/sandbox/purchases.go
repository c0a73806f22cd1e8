package sandbox

import (
	"slices"
	"time"
)

// mostLines is how many lines of a purchase the list shows; its session's page has them all.
const mostLines = 50

// purchase is what happened to one order, or to one session without an order ID, or a single call about neither.
type purchase struct {
	Order, Session string // the newest session
	Amount, Status string // of that
	At             time.Time
	Calls          int
	Bad, Warned    int
	Lines          []*line // the oldest first
	More           bool    // there are older lines

	webhooks map[int]*line
}

// Single reports whether this is a call about no order and no session.
func (p *purchase) Single() bool { return p.Order == "" && p.Session == "" }

// line is a line of a purchase: a call, a change of the session's status, or a webhook with its attempts.
type line struct {
	entry

	Attempts []entry // the oldest first; the entry is the first of them
}

// Last returns the webhook's newest attempt.
func (l *line) Last() entry { return l.Attempts[len(l.Attempts)-1] }

// purchases groups what happened by order, the newest purchase first: at most most, after skip.
func (g *Gateway) purchases(takes func(entry) bool, skip, most int) (page []*purchase, more bool) {
	entries, _ := g.activity(func(entry) bool { return true }, 0, 3*g.config.Keep)
	var all []*purchase
	byKey, chosen := map[string]*purchase{}, map[*purchase]bool{}
	for _, e := range entries {
		key := e.key()
		p := byKey[key]
		if p == nil || key == "" {
			p = &purchase{At: e.At, Order: e.Order(), webhooks: map[int]*line{}}
			byKey[key] = p
			all = append(all, p)
		}
		p.add(e)
		chosen[p] = chosen[p] || takes(e)
	}
	all = slices.DeleteFunc(all, func(p *purchase) bool { return !chosen[p] })
	page = all[min(skip, len(all)):]
	if more = len(page) > most; more {
		page = page[:most]
	}
	for _, p := range page {
		g.finish(p)
	}
	return page, more
}

// key is the same for all entries of a purchase; empty for one that belongs to none.
func (e entry) key() string {
	if order := e.Order(); order != "" {
		return "order " + order
	}
	if session := e.Session(); session != "" {
		return "session " + session
	}
	return ""
}

// add adds an entry that is older than those before.
func (p *purchase) add(e entry) {
	if p.Session == "" {
		p.Session = e.Session()
	}
	if e.Bad() {
		p.Bad++
	}
	switch {
	case e.Call != nil:
		p.Calls++
		p.Warned += len(e.Call.Warnings)
	case e.Delivery != nil && p.webhooks[e.Delivery.Webhook] != nil:
		l := p.webhooks[e.Delivery.Webhook]
		l.entry, l.Attempts = e, append([]entry{e}, l.Attempts...)
		return
	}
	l := &line{entry: e}
	if e.Delivery != nil {
		l.Attempts = []entry{e}
		p.webhooks[e.Delivery.Webhook] = l
	}
	p.Lines = append(p.Lines, l)
}

// Webhooks returns how many there are, whatever their attempts.
func (p *purchase) Webhooks() int { return len(p.webhooks) }

// finish puts the lines in sequence, so that a purchase reads from top to bottom, and adds its state.
func (g *Gateway) finish(p *purchase) {
	slices.Reverse(p.Lines)
	slices.SortStableFunc(p.Lines, func(a, b *line) int { return a.At.Compare(b.At) })
	if n := len(p.Lines); n > mostLines {
		p.Lines, p.More = p.Lines[n-mostLines:], true
	}
	if s, ok := g.snapshot(p.Session); ok {
		p.Amount, p.Status = string(s.payment.Amount)+" "+s.payment.Currency, string(s.payment.Status)
	}
}
