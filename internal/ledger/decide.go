package ledger

import "slices"

// Row is one row of ecomtrade24_facts. Its Fact says what it is of: "" the session, with its highest rank and its first
// payment; p… a further payment in it; i… an Incomplete; u… a message that changes no order.
type Row struct {
	Session, Fact          string
	Rank                   int
	TxID, Amount, Currency string
	Due                    int64  // when to ask about the session, in Unix seconds; 0 for never
	Event                  string // the key of an Incomplete's event, until it is complete
}

// Args are a row's arguments to Put, from the session on.
func (r Row) Args(now int64) []any {
	return []any{r.Session, r.Fact, r.Rank, r.TxID, r.Amount, r.Currency, r.Event, now, r.Due}
}

// Due of a Row that is put.
const (
	KeepDue  = -1 // as it is; never, in a new row
	NeverDue = 0
)

// Decision is what a message means.
type Decision struct {
	Kind      string   // of the call; "" for none
	Completes []string // the events of the Incompletes that are complete now
	Put       []Row    // to keep
}

// Decide applies the rule. paid tells whether the order is paid already. rows are those of the message's session and
// those without a session, which are of no complete payment; of a message without a session they are all of the order.
// now is in Unix seconds.
func Decide(m Message, paid bool, rows []Row, now int64) Decision {
	session := Row{Session: m.Session, Due: KeepDue}
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Fact == "" && r.Session == m.Session }); i >= 0 {
		session = rows[i]
	}
	switch m.Kind {
	case Paid:
		return m.pays(paid, session, rows)
	case Incomplete:
		return m.lacks(session, rows, now)
	case Progress:
		return m.moves(paid, session)
	default:
		return m.changesNothing(rows)
	}
}

// changesNothing hands a test or an unknown message on once.
func (m Message) changesNothing(rows []Row) Decision {
	row := Row{Session: m.Session, Fact: m.fact("u"), Due: NeverDue}
	if slices.ContainsFunc(rows, row.same) {
		return Decision{}
	}
	return Decision{Kind: m.Kind, Put: []Row{row}}
}

// moves takes a session upwards, and never down. What is under way or over with one session is no news of a paid order.
func (m Message) moves(paid bool, session Row) Decision {
	if m.Rank <= session.Rank {
		return Decision{}
	}
	session.Rank, session.Due = m.Rank, KeepDue
	if m.Rank >= rankFinal {
		session.Due = NeverDue
	}
	d := Decision{Kind: Progress, Put: []Row{session}}
	if paid {
		d.Kind = ""
	}
	return d
}

// lacks hands an Incomplete on once, unless the payment that it is about is known. Its session is asked about at once.
func (m Message) lacks(session Row, rows []Row, now int64) Decision {
	row := Row{
		Session: m.Session, Fact: m.fact("i"), TxID: m.TxID, Amount: m.Amount, Currency: m.Currency, Event: m.Key,
		Due: NeverDue,
	}
	if slices.ContainsFunc(rows, row.same) || slices.ContainsFunc(rows, row.partOf) {
		return Decision{}
	}
	d := Decision{Kind: Incomplete, Put: []Row{row}}
	if m.Session != "" {
		session.Rank, session.Due = rankPaid, NeverDue
		if len(m.Session) <= longestText { // otherwise it is not the session's id that is kept
			session.Due = now
		}
		d.Put = append(d.Put, session)
	}
	return d
}

// pays counts a complete payment. For one session, amount and currency there are as many payments as distinct txids,
// and at least one.
func (m Message) pays(paid bool, session Row, rows []Row) Decision {
	alike := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return !r.payment() || r.Amount != m.Amount || r.Currency != m.Currency
	})
	if slices.ContainsFunc(alike, func(r Row) bool { return m.TxID == "" || r.TxID == m.TxID }) {
		return Decision{Put: stopAsking(session, rows)}
	}
	if i := slices.IndexFunc(alike, func(r Row) bool { return r.TxID == "" }); i >= 0 {
		alike[i].TxID = m.TxID // of a payment that was told without it
		return Decision{Put: []Row{alike[i]}}
	}
	row := Row{
		Session: m.Session, Rank: rankPaid, TxID: m.TxID, Amount: m.Amount, Currency: m.Currency, Due: NeverDue,
	}
	d := Decision{Kind: Paid}
	if paid {
		d.Kind = PaidAgain
	}
	rows = slices.Clone(rows)
	for i := range rows {
		if r := &rows[i]; r.open() && r.partOf(row) {
			d.Completes = append(d.Completes, r.Event)
			r.Event, r.Due = "", NeverDue // the row stays, so that a repetition is none
			d.Put = append(d.Put, *r)
		}
	}
	switch {
	case session.payment():
		row.Fact = m.fact("p")
		d.Put = append(d.Put, stopAsking(session, rows)...)
	case asks(session, rows):
		row.Due = KeepDue
	}
	d.Put = append(d.Put, row)
	return d
}

// stopAsking returns the row that ends the questions about a session that is paid, if there are any to end.
func stopAsking(session Row, rows []Row) []Row {
	if session.Due <= 0 || asks(session, rows) {
		return nil
	}
	session.Due = NeverDue
	return []Row{session}
}

// asks tells whether an Incomplete of the session is open, which a response may complete.
func asks(session Row, rows []Row) bool {
	return slices.ContainsFunc(rows, func(r Row) bool { return r.open() && r.Session == session.Session })
}

func (r Row) same(other Row) bool { return r.Session == other.Session && r.Fact == other.Fact }
func (r Row) incomplete() bool    { return r.Fact != "" && r.Fact[0] == 'i' }
func (r Row) open() bool          { return r.incomplete() && r.Event != "" }

// payment tells whether the row is of a complete payment: a session's own row may be of none yet.
func (r Row) payment() bool { return r.Amount != "" && !r.incomplete() }

// partOf tells whether an Incomplete is about the payment p: it names p's session, or no session and p's txid, and
// nothing that it says contradicts p.
func (r Row) partOf(p Row) bool {
	if !p.payment() || r.Session != p.Session && (r.Session != "" || r.TxID == "" || r.TxID != p.TxID) {
		return false
	}
	return compatible(r.TxID, p.TxID) && compatible(r.Amount, p.Amount) && compatible(r.Currency, p.Currency)
}

// compatible tells whether two texts are equal, or one of them was not given.
func compatible(a, b string) bool { return a == "" || b == "" || a == b }
