package exam

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func arrival() []Scenario {
	const (
		takesBack = "An order that was paid, and perhaps shipped, becomes unpaid."
		withholds = "A buyer has paid and gets nothing."
		ranks     = "inbox does it; else let a status move only upwards in PaymentStatus.Rank, so that paid is never left."
		lasting   = "Let a payment count whatever was said before it: inbox tells Paid after an expired session too."
	)
	// follows is a story in one session: the statuses are told in this order, and then the order is paid or not.
	follows := func(name, costs, mend string, paid bool, statuses ...ecomtrade24.PaymentStatus) Scenario {
		return Scenario{Name: name, Costs: costs, Mend: mend, run: func(x *exam) {
			p := x.buy()
			for _, status := range statuses {
				x.sends(p, tells(status))
			}
			if paid {
				x.paid(p)
			} else {
				x.unpaid(p)
			}
		}}
	}
	return in("order of arrival", withholds, ranks,
		follows("a payment pays", withholds, lasting, true, "paid"),
		follows("pending, processing, paid pays once", withholds, lasting, true, "pending", "processing", "paid"),
		follows("review, then paid pays", withholds, lasting, true, "review", "paid"),
		follows("paid, then expired stays paid", takesBack, ranks, true, "paid", "expired"),
		follows("paid, then cancelled stays paid", takesBack, ranks, true, "paid", "cancelled"),
		follows("paid, then declined stays paid", takesBack, ranks, true, "paid", "declined"),
		follows("paid, then failed stays paid", takesBack, ranks, true, "paid", "failed"),
		follows("paid, then processing stays paid", takesBack, ranks, true, "paid", "processing"),
		follows("paid, then review stays paid", takesBack, ranks, true, "paid", "review"),
		follows("paid, then pending stays paid", takesBack, ranks, true, "paid", "pending"),
		follows("paid, then a status that nobody knows stays paid", takesBack, ranks, true, "paid", "archived"),
		follows("expired, then paid pays", withholds, lasting, true, "expired", "paid"),
		follows("cancelled, then paid pays", withholds, lasting, true, "cancelled", "paid"),
		follows("declined, then paid pays", withholds, lasting, true, "declined", "paid"),
		follows("failed, then processing, then paid pays", withholds, lasting, true, "failed", "processing", "paid"),
		follows("what is under way is not paid", "Goods leave for a payment that never comes.",
			"Ship only what Payment.Paid calls paid: processing and review are not.", false, "pending", "processing", "review"),
		follows("what has ended without a payment is not paid", "Goods leave for nothing.",
			"Ship only what Payment.Paid calls paid.", false, "declined", "failed", "cancelled", "expired"),
		Scenario{Name: "declined in one session, paid in a second", needs: again, Mend: lasting, run: func(x *exam) {
			p := x.buy()
			x.sends(p, becomes("declined"))
			x.pays(x.again(p))
			x.paid(p)
		}},
		Scenario{
			Name: "an old session's end does not touch the payment in a new one", needs: again, Costs: takesBack,
			Mend: "Keep a status for each session; inbox tells the end of a session only while its order is not paid.",
			run: func(x *exam) {
				p := x.buy()
				second := x.again(p)
				x.pays(second)
				x.sends(p, becomes("expired"))
				x.paid(p)
			},
		},
		Scenario{
			Name: "a new session's end does not touch the payment in the old one", needs: again,
			Mend: "Let a payment count in whichever session of the order it comes.",
			run: func(x *exam) {
				p := x.buy()
				second := x.again(p)
				x.sends(second, becomes("cancelled"))
				x.pays(p)
				x.paid(p)
			},
		},
		Scenario{Name: "everything twice", run: func(x *exam) {
			p := x.buy()
			for _, status := range []ecomtrade24.PaymentStatus{"pending", "processing", "paid", "expired"} {
				x.sends(p, tells(status))
				x.sends(p, nil)
			}
			x.paid(p)
		}},
		Scenario{Name: "everything in reverse", Costs: takesBack, run: func(x *exam) {
			p := x.buy()
			for _, status := range []ecomtrade24.PaymentStatus{"expired", "paid", "processing", "pending"} {
				x.sends(p, tells(status))
			}
			x.paid(p)
		}},
		Scenario{Name: "everything at once", run: func(x *exam) {
			p := x.buy()
			x.atOnce(p, "pending", "processing", "paid", "expired", "paid", "review")
			x.paid(p)
		}},
		Scenario{
			Name: "random stories", Mend: "inbox decides what is new in a message; its documentation has the rule.",
			run: func(x *exam) {
				for seed := range x.config.Stories {
					x.transcript = nil
					x.story(uint64(seed))
				}
			},
		},
	)
}

// tells is the change to a status; paid has a transaction.
func tells(status ecomtrade24.PaymentStatus) func(*ecomtrade24.Payment) {
	if status == ecomtrade24.StatusPaid {
		return paidFor
	}
	return becomes(status)
}

// atOnce delivers all of it at the same time. At the end the gateway says what a payment makes of the session.
func (x *exam) atOnce(p ecomtrade24.Payment, statuses ...ecomtrade24.PaymentStatus) {
	x.gateway.Tell(p.SessionID, paidFor)
	var senders sync.WaitGroup
	for _, status := range statuses {
		told := p
		tells(status)(&told)
		body := x.body(told)
		senders.Go(func() { x.delivers(body) })
	}
	senders.Wait()
	x.note("webhooks, all at once: %v", statuses)
}

// story is a purchase of which anything is told, in any order, and more than once.
func (x *exam) story(seed uint64) {
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // repeatable on purpose
	p := x.buy()
	x.note("story %d", seed)
	pays := false
	for range 2 + random.IntN(6) {
		switch random.IntN(8) {
		case 0, 1:
			x.pays(p)
			pays = true
		case 2:
			x.signed(with(p, func(p *ecomtrade24.Payment) { p.Test = true; paidFor(p) }), nil)
		case 3:
			x.sends(p, paying(func(now *ecomtrade24.Payment) { now.Amount = cent(p.Amount, -1-random.Int64N(10)) }))
			x.gateway.Tell(p.SessionID, func(now *ecomtrade24.Payment) { now.Amount = p.Amount })
			if pays {
				x.gateway.Tell(p.SessionID, paidFor)
			}
		default:
			all := []ecomtrade24.PaymentStatus{"pending", "processing", "review", "declined", "failed", "expired", "cancelled"}
			status := all[random.IntN(len(all))]
			x.signed(with(p, becomes(status)), nil)
		}
	}
	if pays {
		x.paid(p)
	} else {
		x.unpaid(p)
	}
}

// with is the payment with a change.
func with(p ecomtrade24.Payment, change func(*ecomtrade24.Payment)) ecomtrade24.Payment {
	change(&p)
	return p
}

// nth names a repetition.
func nth(n int) string { return fmt.Sprintf("tx_%d", n) }
