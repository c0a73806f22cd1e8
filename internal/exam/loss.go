package exam

import (
	"bytes"
	"io"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func loss() []Scenario {
	const costs = "A buyer has paid and gets nothing, because a webhook was lost and nobody asked."
	return in("loss", costs, "inbox.Expect in the transaction that records the session, and Inbox.Reconcile every minute.",
		Scenario{Name: "a webhook that never comes is made up for", needs: reconcile, run: func(x *exam) {
			p := x.buy()
			x.gateway.Tell(p.SessionID, paidFor)
			x.note("the payment's webhook is lost for good")
			x.catchUp()
			x.paid(p)
		}},
		Scenario{
			Name: "catching up does not pay what is not paid", needs: reconcile,
			Costs: "Goods leave for nothing.", Mend: "Give the response of Status to the same function as a webhook.",
			run: func(x *exam) {
				p := x.buy()
				x.catchUp()
				x.unpaid(p)
			},
		},
		Scenario{
			Name: "catching up does not pay too little", needs: reconcile,
			Costs: "Goods leave for a payment that does not pay for them.",
			Mend:  "Settles is for the response of Status too.", run: func(x *exam) {
				p := x.buy()
				x.gateway.Tell(p.SessionID, paying(func(p *ecomtrade24.Payment) { p.Amount = "0.01" }))
				x.catchUp()
				x.unpaid(p)
			},
		},
		Scenario{
			Name: "what was caught up with is not shipped again", needs: reconcile,
			Costs: "Goods leave twice for one payment.",
			Mend:  "inbox knows the payment from both ways.", run: func(x *exam) {
				p := x.buy()
				x.gateway.Tell(p.SessionID, paidFor)
				x.catchUp()
				x.sends(p, nil)
				x.catchUp()
				x.paid(p)
			},
		},
		Scenario{
			Name: "a webhook that could not be stored is not acknowledged", needs: breaks,
			Costs: "The gateway takes the payment for delivered and never tells of it again.",
			Mend:  "Return the database's error: webhook.NewHandler answers 500, and the gateway repeats.",
			run: func(x *exam) {
				p := x.gateway.Tell(x.buy().SessionID, paidFor)
				x.shop.Break(true)
				x.note("the shop's database fails")
				status := x.signed(p, nil)
				x.shop.Break(false)
				x.note("the database works again")
				if status < 200 || status > 299 {
					x.signed(p, nil) // the gateway repeats what was not acknowledged
				}
				x.paid(p)
			},
		},
		Scenario{Name: "a sender that hangs up early loses nothing", run: func(x *exam) {
			p := x.gateway.Tell(x.buy().SessionID, paidFor)
			body := x.body(p)
			x.posted(5*time.Millisecond, right(x.shop.Secret, body), len(body), bytes.NewReader(body))
			x.note("the sender hangs up before the response")
			x.signed(p, nil)
			x.paid(p)
		}},
		Scenario{
			Name: "a webhook that comes slowly is taken",
			Mend: "Read the body to its end before you verify it: one read may return a part. webhook.NewHandler does.",
			run: func(x *exam) {
				p := x.gateway.Tell(x.buy().SessionID, paidFor)
				for range 2 { // the gateway repeats what was not acknowledged
					body := x.body(p)
					slow := &pieces{rest: [][]byte{body[:1], body[1 : len(body)/2], body[len(body)/2:]}, pause: 100 * time.Millisecond}
					status := x.posted(x.config.Patience+10*time.Second, right(x.shop.Secret, body), len(body), slow)
					x.note("webhook, in three pieces: %s → %s", words(p), responded(status))
					if status >= 200 && status <= 299 {
						break
					}
				}
				x.paid(p)
			},
		},
		Scenario{
			Name:  "a sender that stops in the middle of a webhook stops nothing",
			Costs: "One broken connection stops the shop for everybody.",
			Mend:  "An error while the body is read ends that request and nothing else; webhook.NewHandler sees to it.",
			run: func(x *exam) {
				p := x.gateway.Tell(x.buy().SessionID, paidFor)
				body := x.body(p)
				half, sender := io.Pipe()
				go func() {
					_, _ = sender.Write(body[:len(body)/2])
					_ = sender.CloseWithError(io.ErrClosedPipe)
				}()
				x.posted(x.config.Patience, right(x.shop.Secret, body), len(body), half)
				x.note("half of a webhook, and then the sender hangs up")
				x.signed(p, nil)
				x.paid(p)
			},
		},
		Scenario{
			Name: "a restart forgets no payment", needs: restart, Costs: "An order that was paid becomes unpaid.",
			Mend: "Keep orders in a database, and commit before the response.", run: func(x *exam) {
				p := x.buy()
				x.pays(p)
				x.paid(p)
				x.restarts()
				x.paid(p)
			},
		},
		Scenario{
			Name: "a restart ships nothing twice", needs: restart, Costs: "Goods leave twice for one payment.",
			Mend: "Keep what was counted in the database, as inbox does, not in memory.", run: func(x *exam) {
				p := x.buy()
				x.pays(p)
				x.restarts()
				x.pays(p)
				x.paid(p)
			},
		},
		Scenario{
			Name: "a restart forgets no order", needs: restart,
			Mend: "Store the order before the buyer leaves.", run: func(x *exam) {
				p := x.buy()
				x.restarts()
				x.pays(p)
				x.paid(p)
			},
		},
	)
}

// catchUp lets the shop ask the gateway.
func (x *exam) catchUp() {
	if err := x.shop.Reconcile(x.ctx); err != nil {
		x.note("the shop asks the gateway: %v", err)
		return
	}
	x.note("the shop asks the gateway")
}

// restarts restarts the shop.
func (x *exam) restarts() {
	if err := x.shop.Restart(x.ctx); err != nil {
		x.unfit("Restart fails: %v", err)
	}
	x.note("the shop is restarted")
}
