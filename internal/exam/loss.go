package exam

import (
	"io"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// slowSenders returns scenarios with senders that have a slow or broken connection.
func slowSenders() []Scenario {
	return advised("Use webhook.NewHandler: it reads the full body and finishes the work even if the sender disconnects.",
		plain("a payment is not lost if the sender disconnects early", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			x.send(request{header: signature(x.shop.Secret, body), body: body, hangUp: 5 * time.Millisecond})
			x.note("the sender disconnects before the response")
			x.paysOnce(p)
		}),
		plain("a slowly sent webhook is accepted", func(x *exam, p ecomtrade24.Payment) {
			for range 2 { // the gateway repeats a webhook until it is acknowledged
				body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
				slow := &pieces{rest: [][]byte{body[:1], body[1 : len(body)/2], body[len(body)/2:]}, pause: 50 * time.Millisecond}
				status := x.send(request{header: signature(x.shop.Secret, body), body: body, slow: slow})
				x.note("webhook, in three pieces → %s", responded(status))
				if acknowledged(status) {
					break
				}
			}
			x.paid(p)
		}),
		plain("a half-sent webhook does not block the payment", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			half, sender := io.Pipe()
			go func() {
				_, _ = sender.Write(body[:len(body)/2])
				_ = sender.CloseWithError(io.ErrClosedPipe)
			}()
			x.send(request{header: signature(x.shop.Secret, body), body: body, slow: half, hangUp: x.config.Patience})
			x.note("the sender sends half of a webhook and disconnects")
			x.paysOnce(p)
		}),
	)
}

// failingDatabase returns scenarios with webhooks and purchases while the shop's database fails.
func failingDatabase() []Scenario {
	return advised("Return the database error, so that webhook.NewHandler responds 500 and the gateway delivers again.",
		alone("a webhook that could not be stored is not acknowledged", func(x *exam, p ecomtrade24.Payment) {
			x.redelivered(p, x.whileBroken(func() int { return x.attempt(x.gateway.EditPayment(p.SessionID, paying())) }))
			x.paid(p)
		}, breaks),
		alone("a webhook that is stored after three failures ships once", func(x *exam, p ecomtrade24.Payment) {
			x.gateway.EditPayment(p.SessionID, paying())
			x.redelivered(p, x.whileBroken(func() (status int) {
				for range 3 {
					if status = x.attempt(with(p, paying())); acknowledged(status) {
						break
					}
				}
				return status
			}))
			x.paid(p)
		}, breaks),
		alone("a repeated webhook that could not be stored changes nothing", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			x.redelivered(p, x.whileBroken(func() int { return x.attempt(with(p, paying())) }))
			x.paid(p)
		}, breaks),
		alone("a webhook that is acknowledged while the database fails survives a restart",
			func(x *exam, p ecomtrade24.Payment) {
				status := x.whileBroken(func() int { return x.attempt(x.gateway.EditPayment(p.SessionID, paying())) })
				x.restarts()
				x.redelivered(p, status)
				x.paid(p)
			}, breaks, restart),
		alone("a purchase while the database fails loses no payment", buysWhileBroken, breaks),
	)
}

// buysWhileBroken buys while the shop's database fails, and again afterwards.
func buysWhileBroken(x *exam, _ ecomtrade24.Payment) {
	before := len(x.gateway.Sessions())
	var err error
	x.whileBroken(func() int {
		err = x.shop.Buy(x.ctx)
		x.note("a buyer buys: %s, %d sessions", outcome(err), len(x.gateway.Sessions())-before)
		return 0
	})
	for _, p := range x.gateway.Sessions()[before:] {
		if err == nil { // without an error, the buyer is at the checkout
			x.paysOnce(p)
		}
	}
	x.paysOnce(x.buy())
}

func restarts() []Scenario {
	return advised("Keep orders in a database, and commit before the response.",
		alone("a restart loses no order", func(x *exam, p ecomtrade24.Payment) {
			x.restarts()
			x.paysOnce(p)
		}, restart),
		alone("a restart ships nothing twice", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			x.restarts()
			x.paysOnce(p)
		}, restart),
		alone("a restart does not block purchases", buysAfterRestart, restart).
			fix("Let the database generate order numbers, and insert new orders; never replace an existing order."),
		alone("a restart loses no session that must still be looked up", func(x *exam, p ecomtrade24.Payment) {
			x.restarts()
			x.recoversLookup(p)
		}, restart, reconcile),
		alone("a restart right after the response loses no payment", func(x *exam, p ecomtrade24.Payment) {
			status := x.attempt(x.gateway.EditPayment(p.SessionID, paying()))
			x.restarts()
			x.redelivered(p, status)
			x.paid(p)
		}, restart),
		alone("a restart during a webhook loses no payment", func(x *exam, p ecomtrade24.Payment) {
			body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
			got := make(chan int, 1)
			go func() { got <- x.sender().post(signature(x.shop.Secret, body), body) }()
			x.restarts()
			status := <-got
			x.note("the payment's webhook, at the same time → %s", responded(status))
			x.redelivered(p, status)
			x.paid(p)
		}, restart),
	)
}

// buysAfterRestart buys after a restart and checks that the order is a new one.
func buysAfterRestart(x *exam, p ecomtrade24.Payment) {
	x.paysOnce(p)
	x.restarts()
	before := len(x.gateway.Sessions())
	if err := x.shop.Buy(x.ctx); err != nil || len(x.gateway.Sessions()) == before {
		x.fails(StopsShop, "a purchase after a restart: expected a session; got none (%s)", outcome(err))
	}
	next := x.newest("a buyer buys")
	x.isNew(next, map[string]bool{p.OrderID: true})
	x.paysOnce(next)
	x.paid(p)
}

// whileBroken invokes f while the shop's database fails.
func (x *exam) whileBroken(f func() int) int {
	if err := x.shop.Break(x.ctx, true); err != nil {
		x.unfit("Break(true) failed: %v", err)
	}
	repaired := false
	defer func() {
		if !repaired {
			_ = x.shop.Break(x.ctx, false) // the scenario already ends with another error
		}
	}()
	x.note("the shop's database fails")
	status := f()
	x.settle()
	repaired = true
	if err := x.shop.Break(x.ctx, false); err != nil {
		x.unfit("Break(false) failed: %v", err)
	}
	x.note("the database works again")
	return status
}

// redelivered delivers the payment's webhook again, as the gateway does, if status shows that it was not acknowledged.
func (x *exam) redelivered(p ecomtrade24.Payment, status int) {
	if !acknowledged(status) {
		x.pays(p)
	}
}

// pieces is a reader that sends a body in pieces with pauses.
type pieces struct {
	rest  [][]byte
	pause time.Duration
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	time.Sleep(p.pause) //nolint:forbidigo // simulates a slow network
	n := copy(b, p.rest[0])
	if p.rest[0] = p.rest[0][n:]; len(p.rest[0]) == 0 {
		p.rest = p.rest[1:]
	}
	return n, nil
}
