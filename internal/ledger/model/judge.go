// Package model is a second implementation of the inbox's rule, independent of package ledger. It invents messages
// about an order, works out which Func calls they must cause, and compares them with an inbox's calls.
package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/ledger"
)

// Call is one expected or recorded call of the Func.
type Call struct {
	Message int // the message's index in the sequence
	Kind    string
	Payment
	Completes []int // the indexes of the Incomplete messages that this call completes
}

// sum returns the payment without its txid.
func (p Payment) sum() Payment {
	p.TxID = ""
	return p
}

// partOf reports whether the Incomplete p can only be about the payment q.
func (p Payment) partOf(q Payment) bool {
	alike := func(a, b string) bool { return a == "" || b == "" || a == b }
	named := p.Session == q.Session || p.Session == "" && p.TxID != "" && p.TxID == q.TxID
	return named && alike(p.TxID, q.TxID) && alike(p.Amount, q.Amount) && alike(p.Currency, q.Currency)
}

// Judge returns the calls that the rule requires. For each message it looks at all earlier messages again.
func Judge(sequence []Message) []Call {
	var calls []Call
	var seen []Payment        // the Incompletes so far
	open := map[int]Payment{} // the Incompletes that no payment has completed yet, by message index
	for i, m := range sequence {
		before, p := sequence[:i], m.plain()
		c := Call{Message: i, Kind: ledger.Progress, Payment: m.Payment}
		switch {
		case !m.paid():
			if highest(before, m.Session) >= m.rank() {
				continue
			}
		case !m.complete():
			if slices.Contains(seen, p) || slices.ContainsFunc(paymentsOf(before), p.partOf) {
				continue
			}
			c.Kind, open[i], seen = ledger.Incomplete, p, append(seen, p)
		default:
			if len(paymentsOf(sequence[:i+1])) == len(paymentsOf(before)) {
				continue
			}
			c.Kind = ledger.PaidAgain
			if len(paymentsOf(before)) == 0 {
				c.Kind = ledger.Paid
			}
			for n, lack := range open {
				if lack.partOf(p) {
					c.Completes = append(c.Completes, n)
					delete(open, n)
				}
			}
			slices.Sort(c.Completes)
		}
		calls = append(calls, c)
	}
	return calls
}

// highest returns a session's highest rank so far.
func highest(of []Message, session string) int {
	rank := 0
	for _, m := range of {
		if m.Session == session && (m.Session != "" || !m.paid()) {
			rank = max(rank, m.rank())
		}
	}
	return rank
}

// paymentsOf returns the payments in messages. Each combination of session, amount and currency has one payment for
// each distinct txid, or a single payment if there is no txid.
func paymentsOf(messages []Message) []Payment {
	var all []Payment
	for _, m := range messages {
		if p := m.plain(); m.complete() && p.TxID != "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	for _, m := range messages {
		alike := func(p Payment) bool { return p.sum() == m.plain().sum() }
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
