package exam

import (
	"maps"
	"net/http"
	"time"
)

// Hook is a scenario that checks whether a hook works.
type Hook struct {
	Proves string
	Scenario
}

// Hooks returns the scenarios that check the shop's hooks. If a scenario fails, the scenarios that need the hook in its
// Proves field are not played.
func Hooks() []Hook {
	return []Hook{
		proof(front, "the Front hook serves the return URL", showsReturnURL),
		proof(again, "the Again hook opens another session", func(x *exam) { x.again(x.buy()) }),
		proof(returns, "the return page of a paid order says paid", saysPaid),
		proof(reconcile, "the Reconcile hook finds a payment whose webhook was lost", func(x *exam) {
			x.recoversLookup(x.buy())
		}),
		proof(breaks, "the Break hook keeps the shop from storing a payment", storesNothing),
		proof(statements, "the Statements hook counts the webhook's database statements", hasStatements),
		proof(restart, "a restart loses no payment", remembersPayment),
		proof(totals, "a purchase and its payment change the totals", movesTotals),
		proof(logs, "the Log hook returns what the shop logs", writesLog),
	}
}

func proof(hook, name string, run func(x *exam)) Hook {
	s := bareAlone(name, run, hook)
	s.Group, s.Fix = "hooks", "See the hook's documentation."
	if hook == reconcile {
		s.Fix = "If the Reconcile hook already makes the shop look up its sessions, the shop's lookups miss payments: " +
			"use Inbox.Expect and Inbox.Reconcile."
	}
	return Hook{hook, s}
}

func showsReturnURL(x *exam) {
	to := x.ways(x.buy())[0]
	if page := x.visit(http.MethodGet, to, ""); page.Status == 0 || page.Status >= http.StatusBadRequest {
		x.unfit("the return URL %s: expected a page; got %s", shortened(to), responded(page.Status))
	}
}

func saysPaid(x *exam) {
	p := x.buy()
	x.paysOnce(p)
	deadline := time.Now().Add(x.config.Patience)
	for !x.returns(p) {
		if !time.Now().Before(deadline) {
			x.fails(Misleads, "the return page of order %s, which is paid: expected it to say paid; it does not",
				quoted(p.OrderID))
		}
		x.transcript = x.transcript[:len(x.transcript)-1]
		x.pause(10 * time.Millisecond)
	}
}

func storesNothing(x *exam) {
	p := x.buy()
	x.gateway.EditPayment(p.SessionID, paying())
	var o Order
	var err error
	x.whileBroken(func() int {
		status := x.attempt(with(p, paying()))
		x.settle()
		o, err = x.shop.Order(x.ctx, p.OrderID)
		return status
	})
	if err == nil && o.Paid {
		x.unfit("Break(true) did nothing: the shop stored a payment")
	}
}

func hasStatements(x *exam) {
	p := x.buy()
	x.shop.Statements.FailNth(0)
	x.paysOnce(p)
	if x.shop.Statements.Count() == 0 {
		x.unfit("Statements counted no statements: check that the shop uses the database that Statements opened")
	}
}

func remembersPayment(x *exam) {
	p := x.buy()
	x.paysOnce(p)
	x.restarts()
	x.paid(p)
}

func movesTotals(x *exam) {
	before := x.totals()
	x.paysOnce(x.buy())
	if maps.Equal(before, x.totals()) {
		x.unfit("Totals returned the same values before a purchase and after the purchase was paid")
	}
}

func writesLog(x *exam) {
	before := x.log()
	x.everyKind()
	if x.log() == before {
		x.unfit("Log returned nothing new after rejected webhooks, a rejected key and a payment")
	}
}
