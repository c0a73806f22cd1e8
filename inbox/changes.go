package inbox

import "slices"

// changes returns the calls that a new fact f about an order leads to, given the facts before it. c is the change as
// the message has it. Each result has its kind and, for a completed payment, what is known about that. There are
// several if f gives a currency that several payments lacked.
func changes(before []fact, f fact, c Change) []Change {
	paid := slices.DeleteFunc(slices.Clone(before), func(g fact) bool { return g.rank < paidRank })
	if f.rank < paidRank {
		late := func(g fact) bool { return g.session == f.session && g.rank > f.rank }
		if len(paid) > 0 || slices.ContainsFunc(before, late) {
			return nil
		}
		c.Kind = Advanced
		return []Change{c}
	}
	facts := append(slices.Clone(paid), f)
	had, have := payments(paid), payments(facts)
	var all []Change
	for _, p := range newPayments(had, have) {
		c.Kind = Conflict
		if len(had)+len(all) == 0 {
			c.Kind = Advanced
		}
		c.Payment.SessionID, c.Payment.TxID = p.session, onlyTxID(p, have, facts)
		c.Payment.Amount, c.Payment.Currency = p.amount, p.currency
		all = append(all, c)
	}
	if len(all) == 0 && !slices.ContainsFunc(have, f.within) && !f.known(paid) {
		c.Kind = Incomplete
		all = append(all, c)
	}
	return all
}
