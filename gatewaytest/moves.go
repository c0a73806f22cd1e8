package gatewaytest

import (
	"net/http"
	"reflect"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// DeliverTo sends every webhook from now on to an absolute http or https URL. Any other URL fails the test. With
// WithInMemory, every URL fails the test. The gateway sends no webhooks before the first DeliverTo or DeliverToHandler.
func (g *Gateway) DeliverTo(url string) {
	g.tb.Helper()
	if g.server == nil {
		g.tb.Fatalf("gatewaytest: DeliverTo: a URL needs a socket: with WithInMemory use DeliverToHandler")
		return
	}
	if err := g.sandbox.DeliverTo(url); err != nil {
		g.tb.Fatalf("gatewaytest: DeliverTo: %v", err)
	}
}

// DeliverToHandler invokes the shop's handler in this process for every webhook from now on, at the path that
// WithWebhookPath sets. A nil handler fails the test, and so does a nil pointer or function.
func (g *Gateway) DeliverToHandler(h http.Handler) {
	g.tb.Helper()
	v := reflect.ValueOf(h)
	if h == nil || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
		g.tb.Fatalf("gatewaytest: DeliverToHandler: the handler is nil (%T)", h)
		return
	}
	g.sandbox.DeliverToHandler(h, g.webhookPath)
}

// Process changes the session from pending to processing. Otherwise it works like Pay.
func (g *Gateway) Process(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusProcessing)
}

// Pay makes the session paid, sends its webhook and waits until the shop responds 2xx or all attempts have failed. The
// test fails if the session is unknown or its status is already final, or if the shop has responded 404 to every
// webhook so far.
func (g *Gateway) Pay(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusPaid)
}

// Review changes the session to review, and otherwise works like Pay.
func (g *Gateway) Review(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusReview)
}

// Fail changes the session to failed, and otherwise works like Pay.
func (g *Gateway) Fail(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusFailed)
}

// Decline changes the session to declined, and otherwise works like Pay.
func (g *Gateway) Decline(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusDeclined)
}

// Expire changes the session to expired, and otherwise works like Pay. A session also expires 30 minutes after it was
// created.
func (g *Gateway) Expire(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusExpired)
}

// Cancel changes the session to cancelled, as when the buyer cancels, and otherwise works like Pay.
func (g *Gateway) Cancel(sessionID string) {
	g.tb.Helper()
	g.move(sessionID, ecomtrade24.StatusCancelled)
}

func (g *Gateway) move(sessionID string, to ecomtrade24.PaymentStatus) {
	g.tb.Helper()
	wait, err := g.sandbox.Move(sessionID, to, "")
	g.await(wait, err)
}

// PayAs works like Pay, but first invokes the function change to edit the payment, such as its amount or status. The
// webhook and status lookups report the edited payment, even if the real gateway would never report it. If the function
// change empties a field, the webhook lacks that field. PayAs may be called repeatedly for a session.
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

// EditPayment edits a session's payment at the gateway and returns the edited payment. The function change may make any
// edit, even one that the real gateway would never make. EditPayment sends no webhook; use Redeliver to send one. An
// unknown session fails the test.
func (g *Gateway) EditPayment(sessionID string, change func(p *ecomtrade24.Payment)) ecomtrade24.Payment {
	g.tb.Helper()
	told, err := g.sandbox.EditPayment(sessionID, change)
	if err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
	}
	return told
}

// SetPlan changes the merchant's plan and methods from now on, like an upgrade or downgrade. Without arguments for
// methods, the plan has no methods. An unknown mode fails the test.
func (g *Gateway) SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method) {
	g.tb.Helper()
	if err := g.sandbox.SetPlan(mode, methods...); err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
	}
}

// SetNextSessionID sets the ID of the next session. Later sessions count up from it. An ID that is in use fails the
// test.
func (g *Gateway) SetNextSessionID(id int64) {
	g.tb.Helper()
	if err := g.sandbox.SetNextSessionID(id); err != nil {
		g.tb.Errorf("gatewaytest: %v", err)
	}
}

// Redeliver sends the session's current status again with a new sent_at, and waits like Pay. An unknown session fails
// the test.
func (g *Gateway) Redeliver(sessionID string) {
	g.tb.Helper()
	g.await(g.sandbox.Redeliver(sessionID))
}

// SendTest sends the signed test webhook of the dashboard, which is never a payment, and waits like Pay.
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
		g.tb.Errorf("gatewaytest: the shop has responded 404 to every webhook: it serves nothing at %s. Serve "+
			"webhooks there, or set the path in DeliverTo's URL or with WithWebhookPath", url)
	}
}

// nobodyThere returns the webhook URL if the shop responded 404 to every webhook so far, and otherwise "".
func (g *Gateway) nobodyThere() (url string) {
	for _, d := range g.sandbox.Deliveries() {
		if d.Response != http.StatusNotFound {
			return ""
		}
		url = d.URL
	}
	return url
}

// Flush immediately sends the webhooks that DelayWebhooks, ReorderWebhooks and ScrambleWebhooks hold back, one by one
// in the scheduled sequence. It returns once each webhook has received a 2xx response or all its attempts have failed.
func (g *Gateway) Flush() { g.sandbox.Flush() }
