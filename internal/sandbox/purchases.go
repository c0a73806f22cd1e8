package sandbox

import (
	"slices"
	"time"
)

// mostLines limits how many lines of a purchase the list shows; the session's page shows all lines.
const mostLines = 50

// purchase groups the entries of one order, or of one session without an order ID. A call with neither an order nor a
// session is a separate purchase.
type purchase struct {
	Order, Session string // IDs of the order and its newest session
	Amount, Status string // amount and status of the newest session
	At             time.Time
	Calls          int
	Bad, Warned    int
	Lines          []*line // oldest first
	More           bool    // whether there are older lines

	webhooks map[int]*line
}

// Single reports whether this is a call without an order or session.
func (p *purchase) Single() bool { return p.Order == "" && p.Session == "" }

// line is a line of a purchase: a call, a change of the session's status, or a webhook with its attempts.
type line struct {
	entry

	Attempts []entry // a webhook's attempts, oldest first; entry is the first attempt
}

// Last returns the webhook's newest attempt.
func (l *line) Last() entry { return l.Attempts[len(l.Attempts)-1] }

// purchases groups entries by order. It returns the groups with an entry for which takes returns true, newest first.
func (g *Gateway) purchases(takes func(entry) bool) (all []*purchase) {
	byKey, chosen := map[string]*purchase{}, map[*purchase]bool{}
	for _, e := range g.activity(func(entry) bool { return true }) {
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
	return slices.DeleteFunc(all, func(p *purchase) bool { return !chosen[p] })
}

// key returns a key that all entries of a purchase share, or "" if the entry belongs to no purchase.
func (e entry) key() string {
	if order := e.Order(); order != "" {
		return "order " + order
	}
	if session := e.Session(); session != "" {
		return "session " + session
	}
	return ""
}

// add adds an entry that is older than all entries added before.
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

// Webhooks returns the number of webhooks, regardless of their attempts.
func (p *purchase) Webhooks() int { return len(p.webhooks) }

// finish sorts the lines of each purchase, oldest first, and adds the purchase's amount and status.
func (g *Gateway) finish(purchases []*purchase) []*purchase {
	for _, p := range purchases {
		slices.Reverse(p.Lines)
		slices.SortStableFunc(p.Lines, func(a, b *line) int { return a.At.Compare(b.At) })
		if n := len(p.Lines); n > mostLines {
			p.Lines, p.More = p.Lines[n-mostLines:], true
		}
		if s, ok := g.snapshot(p.Session); ok {
			p.Amount, p.Status = string(s.payment.Amount)+" "+s.payment.Currency, string(s.payment.Status)
		}
	}
	return purchases
}
