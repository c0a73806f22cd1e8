package inbox

import "slices"

// payments returns the complete payments among an order's paid facts. Facts are put together only where they cannot
// belong to different payments of a session that is paid in one currency; the result never shrinks as facts are added:
//
//   - A message without a session belongs to the sessions that its txid was told for.
//   - An amount without a currency takes the one that was told for its session, unless for another txid.
//   - A payment without a txid is the one with a txid of the same session, amount and currency.
func payments(facts []fact) []fact {
	facts = withSessions(facts)
	var all []fact
	for _, f := range facts {
		for _, g := range facts {
			p := f
			if p.currency == "" && f.session == g.session && either(f.txID, g.txID) {
				p.currency = g.currency
			}
			if p.complete() {
				all = addPayment(all, p)
			}
		}
	}
	return all
}

// withSessions adds what messages without a session say to the sessions of their transaction.
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

// addPayment adds p, unless it is there with a txid or takes the place of one without.
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

// newPayments returns those of after that are not in before. A payment whose txid was learnt meanwhile is not new.
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

// known tells whether a message that completes no payment speaks of one that was told of before, in whole or in part.
func (f fact) known(facts []fact) bool {
	all := payments(facts)
	rest := slices.DeleteFunc(withSessions(facts), func(g fact) bool { return slices.ContainsFunc(all, g.within) })
	all = append(all, rest...)
	return slices.ContainsFunc(all, func(p fact) bool {
		return f.within(p) || f.agrees(p) && p.txID == "" && !slices.ContainsFunc(all, func(g fact) bool {
			return g.txID != "" && g.agrees(p) // p has its txid already, and it is another one
		})
	})
}

// onlyTxID is the txid of a payment of all. Where it was told without one, it is that of the only transaction of its
// session, unless that is another payment's.
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
