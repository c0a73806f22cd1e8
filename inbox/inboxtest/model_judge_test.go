package inboxtest_test

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
	paid    bool
	payment
}

func (c call) complete() bool { return c.paid && c.kind != inbox.Incomplete }

// sum is what makes two payments alike to a merchant.
func (p payment) sum() string {
	return p.session + " " + plain(p.amount) + " " + strings.ToUpper(p.currency)
}

// plain is an amount without the zeros that carry no value.
func plain(amount string) string {
	if strings.Contains(amount, ".") {
		amount = strings.TrimRight(strings.TrimRight(amount, "0"), ".")
	}
	return amount
}

// wantRows is what the database must hold, whatever the order of arrival: one row for each thing that was said.
func (t *truth) wantRows() []string {
	var rows []string
	for _, m := range t.messages {
		switch m.status {
		case "paid":
			rows = append(rows, fmt.Sprint(30, m.txID, "/", m.sum()))
		case "pending", "processing", "review":
			rows = append(rows, fmt.Sprint(10, "", "/", payment{session: m.session}.sum()))
		default:
			rows = append(rows, fmt.Sprint(20, "", "/", payment{session: m.session}.sum()))
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// wantSums are the complete payments that must be handed on, each once.
func (t *truth) wantSums() []string {
	var sums []string
	for _, p := range t.payments {
		sums = append(sums, p.sum())
	}
	slices.Sort(sums)
	return sums
}

// wantMoves are the moves of sessions that must be told before the first word of a payment: one for each message
// about a session that ranks above all before it.
func wantMoves(order []message) []int {
	var told []int
	highest := map[string]int{}
	for i, m := range order {
		rank := 20
		switch m.status {
		case "paid":
			return told
		case "pending", "processing", "review":
			rank = 10
		default:
		}
		if rank > highest[m.session] {
			highest[m.session] = rank
			told = append(told, i)
		}
	}
	return told
}

// judge says what is wrong with the calls that an order of messages led to, "" if nothing is.
func (t *truth) judge(order []message, calls []call) string {
	var sums []string
	var moves []int
	for i, c := range calls {
		switch {
		case !c.paid:
			moves = append(moves, c.message)
		case c.complete():
			sums = append(sums, c.sum())
			if wrong := t.judgeComplete(c, len(sums) == 1); wrong != "" {
				return wrong
			}
		default:
			if wrong := t.judgeIncomplete(c, calls[:i]); wrong != "" {
				return wrong
			}
		}
	}
	slices.Sort(sums)
	first := slices.IndexFunc(order, func(m message) bool { return m.of >= 0 })
	switch {
	case !slices.Equal(sums, t.wantSums()):
		return fmt.Sprintf("complete payments %q, want %q", sums, t.wantSums())
	case !slices.Equal(moves, wantMoves(order)):
		return fmt.Sprintf("moves told by messages %v, want %v", moves, wantMoves(order))
	case first >= 0 && !slices.ContainsFunc(calls, func(c call) bool { return c.paid && c.message == first }):
		return "the first word of a payment was not handed on"
	}
	return ""
}

// judgeComplete wants the first payment as Advanced, the others as Conflict, and no transaction of another payment
// where the session leaves no doubt.
func (t *truth) judgeComplete(c call, first bool) string {
	if (c.kind == inbox.Advanced) != first {
		return fmt.Sprintf("%v: the wrong kind", c)
	}
	if of := t.of(c.session); len(of) == 1 && c.txID != "" && c.txID != of[0].txID {
		return fmt.Sprintf("%v: not the session's transaction", c)
	}
	return ""
}

// judgeIncomplete wants no word of a lack after a payment is complete, and one of each payment, wherever the messages
// leave no doubt about which payment they are of.
func (t *truth) judgeIncomplete(c call, before []call) string {
	if c.session != "" && c.amount != "" && c.currency != "" {
		return fmt.Sprintf("%v lacks nothing", c)
	}
	for _, b := range before {
		sure := len(t.payments) == 1 || c.txID != "" && b.txID == c.txID && t.transactions(c.txID) == 1 ||
			b.complete() && b.session == c.session && len(t.of(c.session)) == 1 && t.allSessionsTold()
		if b.paid && sure {
			return fmt.Sprintf("%v after %v", c, b)
		}
	}
	return ""
}

func (t *truth) allSessionsTold() bool {
	return !slices.ContainsFunc(t.messages, func(m message) bool { return m.session == "" })
}

func (t *truth) of(session string) []payment {
	return slices.DeleteFunc(slices.Clone(t.payments), func(p payment) bool { return p.session != session })
}

func (t *truth) transactions(txID string) int {
	return len(slices.DeleteFunc(slices.Clone(t.payments), func(p payment) bool { return p.txID != txID }))
}
