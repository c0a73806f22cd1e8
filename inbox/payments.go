package inbox

import "slices"

// payments returns the complete payments among an order's paid facts. It puts facts together by the three rules that
// the package documentation lists: the session by withSessions, the currency here, the txid by addPayment. They never
// mix two payments, as long as a session is paid in one currency, and more facts never make fewer payments.
func payments(facts []fact) []fact {
	facts = withSessions(facts)
	var all []fact
	for _, f := range facts {
		for _, g := range facts {
			p := f
			if p.currency == "" && f.session == g.session && compatible(f.txID, g.txID) {
				p.currency = g.currency
			}
			if p.complete() {
				all = addPayment(all, p)
			}
		}
	}
	return all
}

// withSessions adds a copy of each fact without a session for every session that has its transaction.
func withSessions(facts []fact) []fact {
	all := slices.Clone(facts)
	for _, f := range facts {
		if f.session != "" || f.txID == "" {
			continue
		}
		for _, g := range facts {
			if g.session != "" && g.txID == f.txID {
				f.session = g.session
				all = append(all, f)
			}
		}
	}
	return all
}

// addPayment adds p. It adds nothing if p is there already, and only the txid if p is there without one.
func addPayment(all []fact, p fact) []fact {
	if slices.ContainsFunc(all, func(q fact) bool { return q.sameSum(p) && (p.txID == "" || q.txID == p.txID) }) {
		return all
	}
	i := slices.IndexFunc(all, func(q fact) bool { return q.sameSum(p) && q.txID == "" })
	if i < 0 {
		return append(all, p)
	}
	all[i].txID = p.txID
	return all
}

// newPayments returns those of after that are not in before. A payment of which only the txid was missing is not new.
func newPayments(before, after []fact) []fact {
	before = slices.Clone(before)
	take := func(match func(fact) bool) bool {
		i := slices.IndexFunc(before, match)
		if i >= 0 {
			before = slices.Delete(before, i, i+1)
		}
		return i >= 0
	}
	fresh := slices.DeleteFunc(slices.Clone(after), func(p fact) bool { return take(p.equal) })
	return slices.DeleteFunc(fresh, func(p fact) bool { return take(p.sameSum) })
}

// known tells whether f, which completes no payment, can be about one that the facts before it have told of, complete
// or not.
func (f fact) known(facts []fact) bool {
	all := payments(facts)
	rest := slices.DeleteFunc(withSessions(facts), func(g fact) bool { return slices.ContainsFunc(all, g.within) })
	all = append(all, rest...)
	return slices.ContainsFunc(all, func(p fact) bool {
		return f.within(p) || f.agrees(p) && p.txID == "" && !slices.ContainsFunc(all, func(g fact) bool {
			return g.txID != "" && g.agrees(p) // g gives p its txid, which is not that of f
		})
	})
}

// onlyTxID returns the txid of the payment p, one of all. If p was told without one, it is that of the only transaction
// in its session, unless that belongs to another payment.
func onlyTxID(p fact, all, facts []fact) string {
	if p.txID != "" {
		return p.txID
	}
	ids := make(map[string]bool)
	for _, f := range withSessions(facts) {
		if f.session == p.session && f.txID != "" {
			ids[f.txID] = true
			p.txID = f.txID
		}
	}
	taken := func(q fact) bool { return q.session == p.session && q.txID == p.txID }
	if len(ids) > 1 || slices.ContainsFunc(all, taken) {
		return ""
	}
	return p.txID
}
