package exam

import (
	"io"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// slowSenders are senders with a slow or broken connection.
func slowSenders() []Scenario {
	return advised("webhook.NewHandler reads the entire body, and finishes the work even if the sender disconnects.",
		plain("a sender that disconnects early loses no payment", func(x *exam, p ecomtrade24.Payment) {
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
			x.note("half of a webhook, then the sender disconnects")
			x.paysOnce(p)
		}),
	)
}

// failingDatabase are webhooks and purchases while the shop's database fails.
func failingDatabase() []Scenario {
	return advised("Return the database error: webhook.NewHandler responds 500, and the gateway delivers again.",
		alone("a webhook that could not be stored is not acknowledged", func(x *exam, p ecomtrade24.Payment) {
			x.redelivered(p, x.whileBroken(func() int { return x.attempt(x.gateway.EditPayment(p.SessionID, paying())) }))
			x.paid(p)
		}, breaks),
		alone("a webhook that could not be stored three times ships once", func(x *exam, p ecomtrade24.Payment) {
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
		alone("a webhook acknowledged while the database fails survives a restart", func(x *exam, p ecomtrade24.Payment) {
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
		if err == nil { // the buyer is at the checkout
			x.paysOnce(p)
		}
	}
	x.paysOnce(x.buy())
}

// restarts are restarts of the shop.
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
			fix("Let the database generate order numbers, and insert orders; never replace one."),
		alone("a restart loses no session to look up", func(x *exam, p ecomtrade24.Payment) {
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

// buysAfterRestart buys with another order than before the restart.
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

// whileBroken does something while the shop's database fails.
func (x *exam) whileBroken(f func() int) int {
	if err := x.shop.Break(x.ctx, true); err != nil {
		x.unfit("Break(true) failed: %v", err)
	}
	repaired := false
	defer func() {
		if !repaired {
			_ = x.shop.Break(x.ctx, false) // the scenario ends with another error already
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

// redelivered delivers the payment again if its webhook was not acknowledged, as the gateway does.
func (x *exam) redelivered(p ecomtrade24.Payment, status int) {
	if !acknowledged(status) {
		x.pays(p)
	}
}

// pieces is a body that is sent in pieces with pauses.
type pieces struct {
	rest  [][]byte
	pause time.Duration
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	time.Sleep(p.pause) //nolint:forbidigo // a slow network is the point
	n := copy(b, p.rest[0])
	if p.rest[0] = p.rest[0][n:]; len(p.rest[0]) == 0 {
		p.rest = p.rest[1:]
	}
	return n, nil
}
