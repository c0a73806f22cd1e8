package gatewaytest

import (
	"net/http"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// DeliverTo sends every webhook from now on to target: an http.Handler, called in this process, or an absolute http or
// https URL, which InMemory does not allow. Until then no webhook is sent. Anything else fails the test.
func (g *Gateway) DeliverTo(target any) {
	g.tb.Helper()
	switch target := target.(type) {
	case http.Handler:
		if !strings.HasPrefix(g.webhookPath, "/") {
			g.tb.Fatalf("gatewaytest: DeliverTo: WithWebhookPath needs a path that starts with a slash, not %q", g.webhookPath)
			return
		}
		g.sandbox.DeliverToHandler(target, g.webhookPath)
	case string:
		if g.server == nil {
			g.tb.Fatalf("gatewaytest: DeliverTo: in memory the target must be an http.Handler, since a URL needs a socket")
			return
		}
		if err := g.sandbox.DeliverTo(target); err != nil {
			g.tb.Fatalf("gatewaytest: DeliverTo: %v", err)
		}
	default:
		g.tb.Fatalf("gatewaytest: DeliverTo: the target must be a URL string or an http.Handler "+
			"(a function needs http.HandlerFunc), not a %T", target)
	}
}

// Process moves the session from pending to processing.
func (g *Gateway) Process(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusProcessing)
}

// Pay makes the session paid, sends the webhook and waits until it has been answered with a 2xx or given up. It fails
// the test, as the moves below do, if the session is unknown or final already.
func (g *Gateway) Pay(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusPaid)
}

// Fail is Pay for a payment that failed.
func (g *Gateway) Fail(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusFailed)
}

// Decline is Pay for a payment that was declined.
func (g *Gateway) Decline(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusDeclined)
}

// Expire is Pay for a buyer who never came. A session also expires by itself, 30 minutes after it was made.
func (g *Gateway) Expire(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusExpired)
}

// Cancel is Pay for a buyer who gave up.
func (g *Gateway) Cancel(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusCancelled)
}

func (g *Gateway) move(sessionID string, to ecomtrade24.PaymentStatus) {
	g.tb.Helper()
	wait, err := g.sandbox.Move(sessionID, to, "")
	g.await(wait, err)
}

// Redeliver sends the session's present state again, stamped anew, and waits like Pay.
func (g *Gateway) Redeliver(sessionID string) {
	g.tb.Helper()
	g.await(g.sandbox.Redeliver(sessionID))
}

// SendTest sends the webhook of the dashboard's test button, which is signed and never a payment, and waits like Pay.
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
}

// Flush sends at once what Delay, Reorder and Chaos hold back, one webhook after the other in the order in which they
// were due, and waits until every webhook has been answered or given up.
func (g *Gateway) Flush() { g.sandbox.Flush() }
