package ledger

import (
	"slices"
	"strings"
)

// Row is one row of ecomtrade24_facts. A session's row has an empty Fact, the session's highest rank and its first
// payment. In other rows Fact is the row's kind and a hash.
type Row struct {
	Session, Fact          string
	Rank                   int
	TxID, Amount, Currency string
	Event                  string // the event key of an Incomplete; empty once a payment has completed it
	Since, NextCheck       int64  // the session's schedule: see Check
}

// The kinds of rows other than a session's row.
const (
	ofPayment    = "p" // a further payment of the session
	ofIncomplete = "i"
	ofNoOrder    = "u" // a message that changes no order
)

// incomplete reports whether the row is an Incomplete, even if a payment has completed it.
func (r Row) incomplete() bool { return strings.HasPrefix(r.Fact, ofIncomplete) }

// Args returns the row's arguments to Put, starting with the session.
func (r Row) Args() []any {
	return []any{r.Session, r.Fact, r.Rank, r.TxID, r.Amount, r.Currency, r.Event, r.Since, r.NextCheck}
}

// Special values of NextCheck. For a row with NextCheck unscheduled, Put does not change the schedule; in a stored row,
// the value unscheduled means that Expect has not recorded the session yet.
const (
	unscheduled = -1
	never       = 0
)

// Decision says what a message changes.
type Decision struct {
	Kind      string   // the Kind for the Func; "" means do not invoke it
	Completes []string // the event keys of the Incompletes that this payment completes
	Put       []Row    // the rows to store
}

// Schedule holds the time of a decision, and the time of the first check if the session ends now, both in Unix
// milliseconds. If the message's method Schedules returns true, both times come from the database's clock.
type Schedule struct{ Now, Ended int64 }

// Decide applies the rule. paid reports whether the order already has a complete payment. rows contains the rows of the
// message's session and the rows without a session. For a message without a session, rows contains every row of the
// order.
func Decide(m Message, paid bool, rows []Row, at Schedule) Decision {
	session := Row{Session: m.Session, NextCheck: unscheduled}
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Fact == "" && r.Session == m.Session }); i >= 0 {
		session = rows[i]
	}
	var d Decision
	switch m.Kind {
	case Paid:
		d = m.pays(paid, session, rows)
	case Incomplete:
		d = m.lacks(session, rows, at.Now)
	case Progress:
		d = m.moves(session, at.Ended)
	default:
		d = m.changesNothing(rows)
	}
	for i := range d.Put {
		d.Put[i].Since = at.Now
	}
	return d
}

// changesNothing returns the decision on a test or an unknown message: the Func gets it once.
func (m Message) changesNothing(rows []Row) Decision {
	row := Row{Session: m.Session, Fact: m.fact(ofNoOrder), NextCheck: never}
	if slices.ContainsFunc(rows, row.same) {
		return Decision{}
	}
	return Decision{Kind: m.Kind, Put: []Row{row}}
}

// moves returns the decision on a message that moves its session to a higher rank. A session that ends can still be
// paid, so it is checked a few more times if it was expected.
func (m Message) moves(session Row, ended int64) Decision {
	if m.Rank <= session.Rank {
		return Decision{}
	}
	session.Rank = m.Rank
	switch {
	case !m.Ends():
		session.NextCheck = unscheduled
	case session.NextCheck != unscheduled:
		session.NextCheck = ended
	}
	return Decision{Kind: Progress, Put: []Row{session}}
}

// lacks returns the decision on an Incomplete: the Func gets it once, or never if its payment is already known. If the
// gateway can look up the Incomplete's session, the decision also schedules an immediate check.
func (m Message) lacks(session Row, rows []Row, now int64) Decision {
	row := Row{
		Session: m.Session, Fact: m.fact(ofIncomplete), TxID: m.TxID, Amount: m.Amount, Currency: m.Currency, Event: m.Key,
		NextCheck: never,
	}
	if slices.ContainsFunc(rows, row.same) || slices.ContainsFunc(rows, row.partOf) {
		return Decision{}
	}
	d := Decision{Kind: Incomplete, Put: []Row{row}}
	if m.Session != "" {
		session.Rank, session.NextCheck = rankPaid, never
		if len(m.Session) <= longestText { // a longer ID is stored as a hash, which the gateway does not know
			session.NextCheck = now
		}
		d.Put = append(d.Put, session)
	}
	return d
}

// pays returns the decision on a complete payment. Messages with the same session, amount and currency count as one
// payment for each distinct txid, or as a single payment if none has a txid.
func (m Message) pays(paid bool, session Row, rows []Row) Decision {
	alike := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return !r.payment() || r.Amount != m.Amount || r.Currency != m.Currency
	})
	if slices.ContainsFunc(alike, func(r Row) bool { return m.TxID == "" || r.TxID == m.TxID }) {
		return Decision{}
	}
	if i := slices.IndexFunc(alike, func(r Row) bool { return r.TxID == "" }); i >= 0 {
		reported := alike[i] // a payment that was reported without its txid
		reported.TxID, reported.NextCheck = m.TxID, unscheduled
		return Decision{Put: []Row{reported}}
	}
	d := Decision{Kind: Paid}
	if paid {
		d.Kind = PaidAgain
	}
	row := Row{
		Session: m.Session, Rank: rankPaid, TxID: m.TxID, Amount: m.Amount, Currency: m.Currency, NextCheck: never,
	}
	leftOpen := false // true if a lookup may complete an Incomplete of the session
	for _, r := range rows {
		switch {
		case r.open() && r.partOf(row):
			d.Completes = append(d.Completes, r.Event)
			r.Event = "" // the row is kept, so that a repeated Incomplete is recognized
			d.Put = append(d.Put, r)
		case r.open() && r.Session == session.Session:
			leftOpen = true
		}
	}
	switch {
	case session.payment():
		row.Fact = m.fact(ofPayment)
		if session.NextCheck > 0 && !leftOpen { // the session needs no more checks
			session.NextCheck = never
			d.Put = append(d.Put, session)
		}
	case leftOpen:
		row.NextCheck = unscheduled
	}
	d.Put = append(d.Put, row)
	return d
}

func (r Row) same(other Row) bool { return r.Session == other.Session && r.Fact == other.Fact }

// open reports whether the row is an Incomplete that no payment has completed yet.
func (r Row) open() bool { return r.incomplete() && r.Event != "" }

// payment reports whether the row contains a complete payment. The row of an unpaid session contains no payment.
func (r Row) payment() bool { return r.Amount != "" && !r.incomplete() }

// partOf reports whether r is an Incomplete about the payment p: r must have p's session, or have p's txid and no
// session, and no other field of r may contradict p.
func (r Row) partOf(p Row) bool {
	if !p.payment() || r.Session != p.Session && (r.Session != "" || r.TxID == "" || r.TxID != p.TxID) {
		return false
	}
	return compatible(r.TxID, p.TxID) && compatible(r.Amount, p.Amount) && compatible(r.Currency, p.Currency)
}

// compatible reports whether two texts are equal or at least one is empty.
func compatible(a, b string) bool { return a == "" || b == "" || a == b }
