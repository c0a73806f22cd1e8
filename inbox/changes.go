package inbox

import "slices"

// changes returns what a new fact of an order leads to, beside the facts before it: c with its kind, and with the
// payments that the fact completed. That can be more than one, where it tells a currency that several lacked.
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
