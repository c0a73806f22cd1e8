package gatewaytest

import (
	"net/http"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// DeliverTo sends every webhook from now on to an absolute http or https URL. Any other, and any URL with WithInMemory,
// fails the test. No webhook is sent before the first call of DeliverTo or DeliverToHandler.
func (g *Gateway) DeliverTo(url string) {
	g.tb.Helper()
	if g.server == nil {
		g.tb.Fatalf("gatewaytest: DeliverTo: a URL needs a socket: in memory use DeliverToHandler")
		return
	}
	if err := g.sandbox.DeliverTo(url); err != nil {
		g.tb.Fatalf("gatewaytest: DeliverTo: %v", err)
	}
}

// DeliverToHandler invokes the shop's handler in this process for every webhook from now on, at the path that
// WithWebhookPath sets. A nil handler fails the test.
func (g *Gateway) DeliverToHandler(h http.Handler) {
	g.tb.Helper()
	switch {
	case h == nil:
		g.tb.Fatalf("gatewaytest: DeliverToHandler: the handler is nil")
	case !strings.HasPrefix(g.webhookPath, "/"):
		g.tb.Fatalf("gatewaytest: DeliverToHandler: WithWebhookPath needs a path that starts with a slash, not %q",
			g.webhookPath)
	default:
		g.sandbox.DeliverToHandler(h, g.webhookPath)
	}
}

// Process moves the session from pending to processing, and otherwise does what Pay does.
func (g *Gateway) Process(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusProcessing)
}

// Pay makes the session paid, sends its webhook and waits until the shop has answered with a 2xx or every attempt is
// used up. A session that is unknown, or whose status is final already, fails the test, and so does a shop that has
// answered every webhook so far with 404.
func (g *Gateway) Pay(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusPaid)
}

// Review makes the session wait for the gateway's review, and otherwise does what Pay does.
func (g *Gateway) Review(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusReview)
}

// Fail makes the session failed, and otherwise does what Pay does.
func (g *Gateway) Fail(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusFailed)
}

// Decline makes the session declined, and otherwise does what Pay does.
func (g *Gateway) Decline(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusDeclined)
}

// Expire makes the session expired, and otherwise does what Pay does. A session also expires by itself 30 minutes after
// it was made.
func (g *Gateway) Expire(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusExpired)
}

// Cancel makes the session cancelled, as when the buyer gives up, and otherwise does what Pay does.
func (g *Gateway) Cancel(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusCancelled)
}

func (g *Gateway) move(sessionID string, to ecomtrade24.PaymentStatus) {
	g.tb.Helper()
	wait, err := g.sandbox.Move(sessionID, to, "")
	g.await(wait, err)
}

// PayAs makes the session paid as Pay does, after change has changed the payment: the amount, say, or the status. The
// gateway then says the same in its webhook and when it is asked, whether or not the real one ever would; what change
// empties is missing in the webhook. A session may be told of any number of times.
func (g *Gateway) PayAs(sessionID string, change func(p *ecomtrade24.Payment)) {
	g.tb.Helper()
	told := g.EditPayment(sessionID, func(p *ecomtrade24.Payment) {
		p.Status = ecomtrade24.StatusPaid
		if p.TxID == "" {
			p.TxID = "tx_" + sessionID
		}
		change(p)
	})
	g.await(g.sandbox.Send(told))
}

// EditPayment makes the gateway say of a session what change makes of it, whether or not the real one ever would, and
// returns that. It sends no webhook; Redeliver does. An unknown session fails the test.
func (g *Gateway) EditPayment(sessionID string, change func(p *ecomtrade24.Payment)) ecomtrade24.Payment {
	g.tb.Helper()
	told, err := g.sandbox.EditPayment(sessionID, change)
	if err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
	}
	return told
}

// SetPlan changes the merchant's plan and methods from now on, as an upgrade or a downgrade does. Without methods
// there are none. An unknown mode fails the test.
func (g *Gateway) SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method) {
	g.tb.Helper()
	if err := g.sandbox.SetPlan(mode, methods...); err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
	}
}

// SetNextSessionID sets the ID of the next session, from which the others are counted. An ID that is taken fails the
// test.
func (g *Gateway) SetNextSessionID(id int64) {
	g.tb.Helper()
	if err := g.sandbox.SetNextSessionID(id); err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
	}
}

// Redeliver sends the session's current state again, with a new sent_at, and waits as Pay does. An unknown session
// fails the test.
func (g *Gateway) Redeliver(sessionID string) {
	g.tb.Helper()
	g.await(g.sandbox.Redeliver(sessionID))
}

// SendTest sends the webhook that the dashboard's test button sends, which is signed and never a payment, and waits as
// Pay does.
func (g *Gateway) SendTest() {
	g.tb.Helper()
	g.await(g.sandbox.SendTest())
}

func (g *Gateway) await(wait func(), err error) {
	g.tb.Helper()
	if err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
		return
	}
	wait()
	if url := g.nobodyThere(); url != "" {
		g.tb.Errorf("gatewaytest: the shop has answered every webhook with 404: it serves nothing at %s. Serve its "+
			"webhooks there, or name the path in DeliverTo's URL or with WithWebhookPath", url)
	}
}

// nobodyThere is where the webhooks go if all of them so far were answered with 404, and otherwise "".
func (g *Gateway) nobodyThere() (url string) {
	for _, d := range g.sandbox.Deliveries() {
		if d.Response != http.StatusNotFound {
			return ""
		}
		url = d.URL
	}
	return url
}

// Flush sends at once the webhooks that DelayWebhooks, ReorderWebhooks and ScrambleWebhooks hold back, one after the
// other in the order in which they were due. It returns when each has been answered with a 2xx or has used up its
// attempts.
func (g *Gateway) Flush() { g.sandbox.Flush() }
