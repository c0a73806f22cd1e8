package inbox_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// call is a call of the Func.
type call struct {
	message int // in the order of arrival
	kind    inbox.Kind
	payment
	completes []int // the messages whose Incomplete it completes
}

// sum is what payments are counted by.
func (p payment) sum() payment {
	p.txID = ""
	return p
}

// partOf tells whether an Incomplete can only be about the payment p.
func (p payment) partOf(q payment) bool {
	alike := func(a, b string) bool { return a == "" || b == "" || a == b }
	named := p.session == q.session || p.session == "" && p.txID != "" && p.txID == q.txID
	return named && alike(p.txID, q.txID) && alike(p.amount, q.amount) && alike(p.currency, q.currency)
}

// judge says what the calls must be, by the sentences of the rule, without a database: it looks at all the messages so
// far each time.
func judge(order []message) []call {
	var calls []call
	var told []payment        // the Incompletes so far
	open := map[int]payment{} // those that are not complete yet, by message
	for i, m := range order {
		before, p := order[:i], m.plain()
		c := call{message: i, kind: inbox.Progress, payment: m.payment}
		switch {
		case !m.paid():
			if highest(before, m.session) >= m.rank() || len(paymentsOf(before)) > 0 {
				continue
			}
		case !m.complete():
			if slices.Contains(told, p) || slices.ContainsFunc(paymentsOf(before), p.partOf) {
				continue
			}
			c.kind, open[i], told = inbox.Incomplete, p, append(told, p)
		default:
			if len(paymentsOf(order[:i+1])) == len(paymentsOf(before)) {
				continue
			}
			if c.kind = inbox.PaidAgain; len(paymentsOf(before)) == 0 {
				c.kind = inbox.Paid
			}
			for n, lack := range open {
				if lack.partOf(p) {
					c.completes = append(c.completes, n)
					delete(open, n)
				}
			}
			slices.Sort(c.completes)
		}
		calls = append(calls, c)
	}
	return calls
}

// highest is the highest rank that was said of a session.
func highest(of []message, session string) int {
	rank := 0
	for _, m := range of {
		if m.session == session && (m.session != "" || !m.paid()) {
			rank = max(rank, m.rank())
		}
	}
	return rank
}

// paymentsOf are the payments that messages tell of: for one session, amount and currency as many as distinct txids,
// and at least one.
func paymentsOf(messages []message) []payment {
	var all []payment
	for _, m := range messages {
		if p := m.plain(); m.complete() && p.txID != "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	for _, m := range messages {
		alike := func(p payment) bool { return p.sum() == m.plain().sum() }
		if m.complete() && !slices.ContainsFunc(all, alike) {
			all = append(all, m.plain().sum())
		}
	}
	return all
}

func lines[T any](all []T) string {
	var text strings.Builder
	for _, one := range all {
		fmt.Fprintf(&text, "  %v\n", one)
	}
	return text.String()
}
