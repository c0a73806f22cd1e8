package exam

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const appliedLookups = "Use inbox.Reconcile: it treats a lookup like a webhook, " +
	"and changes nothing if there is no response."

// lookupsAndWebhooks returns scenarios with lookups before, during and after a webhook.
func lookupsAndWebhooks() []Scenario {
	return advised(appliedLookups,
		alone("a lookup of an open session does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.catchUp()
			x.unpaid(p)
		}),
		alone("a lookup that finds an underpayment does not mark the order paid", lookedUp(paying(less(1)), (*exam).unpaid)),
		alone("a lookup response in another currency does not mark the order paid",
			lookedUp(paying(otherCurrency), (*exam).unpaid)),
		alone("a lookup response with status processing does not mark the order paid",
			lookedUp(becomes("processing"), (*exam).unpaid)),
		alone("a lookup response with the test flag does not mark the order paid", lookedUp(paying(isTest), (*exam).unpaid)),
		alone("a webhook ships nothing more if a lookup already found its payment", func(x *exam, p ecomtrade24.Payment) {
			x.unseen(p, paying())
			x.catchUp()
			x.pays(p)
			x.catchUp()
			x.paid(p)
		}),
		alone("after the webhook, a lookup ships nothing more", func(x *exam, p ecomtrade24.Payment) {
			x.pays(p)
			x.settle()
			x.catchUp()
			x.catchUp()
			x.paid(p)
		}),
		alone("a payment reported by a lookup and a webhook at the same time ships once",
			func(x *exam, p ecomtrade24.Payment) {
				p = x.gateway.EditPayment(p.SessionID, paying())
				var both sync.WaitGroup
				for range 2 {
					both.Go(func() { _ = x.shop.Reconcile(x.ctx) })
				}
				x.atOnce(x.body(p), x.body(p))
				both.Wait()
				x.note("the payment's webhook, twice, and two lookups at the same time")
				x.paid(p)
			}),
	)
}

// wrongLookups returns scenarios with a lookup response that is old, or about another session or order.
func wrongLookups() []Scenario {
	return advised(appliedLookups,
		alone("a lookup response with status expired does not undo a payment", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			x.unseen(p, becomes("expired"))
			x.catchUp()
			x.paid(p)
		}),
		alone("a lookup response with status pending does not undo a payment", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			x.unseen(p, becomes("pending"))
			x.catchUp()
			x.paid(p)
		}),
		alone("a payment after a lookup response with status expired marks the order paid",
			func(x *exam, p ecomtrade24.Payment) {
				x.unseen(p, becomes("expired"))
				x.catchUp()
				x.settle()
				x.paysOnce(p)
			}),
		alone("a lookup response for another session does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			other := x.another()
			x.misleads(p, lookupBody(with(other, paying())))
		}),
		alone("a lookup response for another order does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			other := x.another()
			x.misleads(p, lookupBody(with(other, paying(), func(o *ecomtrade24.Payment) { o.SessionID = p.SessionID })))
			x.unpaid(other)
		}),
		alone("a lookup response without an amount does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.misleads(p, lookupBody(with(p, paying(amount("")))))
		}),
	)
}

// failingLookups returns scenarios with lookups that get no response, or a late response.
func failingLookups() []Scenario {
	return advised(appliedLookups,
		alone("a hanging lookup does not block webhooks", hangingLookup),
		alone("a lookup that gets no response changes nothing", func(x *exam, p ecomtrade24.Payment) {
			x.gateway.SetLookupResponse(p.SessionID, 0, "")
			ctx, cancel := context.WithTimeout(x.ctx, time.Second)
			defer cancel()
			x.note("the shop looks up open sessions for a second and gets no response: %s", outcome(x.shop.Reconcile(ctx)))
			x.gateway.Heal()
			x.unpaid(p)
			x.paysOnce(p)
		}),
		alone("a failing lookup does not block other lookups", func(x *exam, p ecomtrade24.Payment) {
			second := x.another()
			x.gateway.SetLookupResponse(p.SessionID, http.StatusNotFound, notFound)
			x.findsOther(second)
			third, fourth := x.another(), x.another() // again, since the shop may start with the newest session
			x.gateway.SetLookupResponse(fourth.SessionID, http.StatusNotFound, notFound)
			x.findsOther(third)
		}),
		alone("a lookup response does not undo a webhook that arrived during the lookup",
			func(x *exam, p ecomtrade24.Payment) {
				calls := x.gateway.Calls()
				x.gateway.DelayResponses(1000, time.Hour)
				done := make(chan error, 1)
				go func() { done <- x.shop.Reconcile(x.ctx) }()
				x.awaitCall(calls)
				x.note("the shop looks up the session, which is pending; the response is delayed")
				body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
				status := x.send(request{header: signature(x.shop.Secret, body), body: body, hangUp: time.Second})
				x.note("webhook: paid → %s", responded(status))
				x.gateway.Heal()
				x.note("the response arrives: %s", outcome(<-done))
				x.redelivered(p, status)
				x.paid(p)
			}),
	)
}

// refusedLookups returns scenarios with lookups that fail for a while, or must find a payment in an older session.
func refusedLookups() []Scenario {
	return advised(appliedLookups,
		alone("a lookup finds the payment in the older of two sessions", func(x *exam, p ecomtrade24.Payment) {
			x.settle()
			if _, opened := x.pressAgain(p); !opened {
				x.skip("the shop opens no second session while the first one is open")
			}
			x.recoversLookup(p)
		}, again),
		alone("a payment whose lookup fails is not lost", func(x *exam, p ecomtrade24.Payment) {
			x.gateway.SetLookupResponse(p.SessionID, http.StatusInternalServerError, `{"ok":false,"error":"temporary_error"}`)
			status := x.attempt(x.gateway.EditPayment(p.SessionID, paying()))
			x.settle()
			x.gateway.Heal()
			x.redelivered(p, status)
			if !x.order(p.OrderID).Paid {
				x.catchUp()
			}
			x.paid(p)
		}),
		alone("a lookup that gets 429 changes nothing", func(x *exam, p ecomtrade24.Payment) {
			x.gateway.SetLookupResponse(p.SessionID, http.StatusTooManyRequests,
				`{"ok":false,"error":"rate_limited","message":"slow down"}`)
			ctx, cancel := context.WithTimeout(x.ctx, time.Second)
			defer cancel()
			x.note("the shop looks up open sessions: %s", outcome(x.shop.Reconcile(ctx)))
			x.unpaid(p)
			x.gateway.Heal() // the shop may wait before the next lookup
			x.paysOnce(p)
		}),
	)
}

// unusableResponses returns scenarios with lookup responses that say nothing about the payment.
func unusableResponses() (scenarios []Scenario) {
	for _, r := range []struct {
		what   string
		status int
		body   string
	}{
		{"404", http.StatusNotFound, notFound},
		{"401", http.StatusUnauthorized, `{"ok":false,"error":"unauthorized","message":"wrong key"}`},
		{"500", http.StatusInternalServerError, `{"ok":false,"error":"temporary_error","message":"try again"}`},
		{"a proxy's page", http.StatusBadGateway, "<html><title>502 Bad Gateway</title></html>"},
		{"an empty body", http.StatusOK, ""},
		{"a PHP warning", http.StatusOK, "<br />\n<b>Warning</b>: something is paid"},
		{"half a body", http.StatusOK, `{"ok":true,"status":"paid","order_`},
		{"ok:false", http.StatusOK, `{"ok":false,"status":"paid","error":"temporary_error"}`},
		{"no status", http.StatusOK, `{"ok":true}`},
	} {
		scenarios = append(scenarios, alone("a lookup that gets "+r.what+" changes nothing",
			func(x *exam, p ecomtrade24.Payment) {
				x.gateway.SetLookupResponse(p.SessionID, r.status, r.body)
				x.catchUp()
				x.unpaid(p)
				x.recoversLookup(p)
			}))
	}
	return advised(appliedLookups, scenarios...)
}

const notFound = `{"ok":false,"error":"session_not_found","message":"no such session"}`

// findsOther pays p at the gateway and checks that a lookup finds the payment although another lookup fails.
func (x *exam) findsOther(p ecomtrade24.Payment) {
	x.gateway.EditPayment(p.SessionID, paying())
	x.note("the lookup of one order's session fails; order %s is paid at the gateway", quoted(p.OrderID))
	x.finds(p)
	x.gateway.Heal()
}

// lookedUp returns a function that changes a session at the gateway without a webhook, makes the shop look it up, and
// invokes judge.
func lookedUp(c change, judge func(*exam, ecomtrade24.Payment)) func(x *exam, p ecomtrade24.Payment) {
	return func(x *exam, p ecomtrade24.Payment) {
		x.unseen(p, c)
		x.catchUp()
		judge(x, p)
	}
}

// misleads gives the shop a wrong response to its lookup of p, and then the correct response.
func (x *exam) misleads(p ecomtrade24.Payment, body string) {
	x.gateway.SetLookupResponse(p.SessionID, http.StatusOK, body)
	x.catchUp()
	x.unpaid(p)
	x.recoversLookup(p)
}

// recoversLookup ends the gateway's faults, pays p there without a webhook, and waits until a lookup finds the payment.
func (x *exam) recoversLookup(p ecomtrade24.Payment) {
	x.gateway.Heal()
	x.gateway.EditPayment(p.SessionID, paying())
	x.note("the gateway works again, and the session is paid there without a webhook")
	x.finds(p)
}

// finds makes the shop look up open sessions until it finds the payment.
func (x *exam) finds(p ecomtrade24.Payment) {
	deadline := time.Now().Add(x.config.Patience)
	for {
		x.catchUp()
		x.settle()
		if x.order(p.OrderID).Paid || !time.Now().Before(deadline) {
			break
		}
		x.transcript = x.transcript[:len(x.transcript)-1]
		x.pause(10 * time.Millisecond)
	}
	x.paid(p)
}

// awaitCall waits until the gateway gets another call.
func (x *exam) awaitCall(calls int) {
	for deadline := time.Now().Add(x.config.Patience); x.gateway.Calls() == calls && time.Now().Before(deadline); {
		x.pause(time.Millisecond)
	}
}

// hangingLookup delivers a webhook while the shop waits for another order's lookup.
func hangingLookup(x *exam, other ecomtrade24.Payment) {
	p := x.another()
	calls := x.gateway.Calls()
	x.gateway.SetLookupResponse(other.SessionID, 0, "")
	done := make(chan error, 1)
	go func() { done <- x.shop.Reconcile(x.ctx) }()
	x.awaitCall(calls)
	x.note("the shop looks up another order's session, and the gateway does not respond")
	busy := x.oneWorker()
	body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
	status := x.send(request{header: signature(x.shop.Secret, body), body: body, hangUp: 2 * time.Second})
	x.note("webhook: paid → %s", responded(status))
	x.gateway.Heal()
	x.note("the gateway responds: %s", outcome(<-done))
	x.redelivered(p, status)
	x.paid(p)
	switch {
	case busy:
		x.skip(oneWorker)
	case status == 0:
		x.fails(StopsShop, "a webhook during another order's lookup: expected a response; got none")
	}
}

const oneWorker = "the shop handles one request at a time, and it waits for the gateway; use several workers"

// oneWorker reports whether the shop leaves an unsigned webhook without a response while another request hangs.
func (x *exam) oneWorker() bool {
	return x.send(request{header: http.Header{}, body: []byte("{}"), hangUp: 2 * time.Second}) == 0
}
