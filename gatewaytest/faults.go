package gatewaytest

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// FailCalls answers the next n API calls with status, without acting on them. 502, 503 and 504 come with a proxy's HTML
// page, any other status with the gateway's JSON error; in a 200 it says ok:false. A status outside 200 to 599 fails
// the test. Each call takes one fault, in the order in which FailCalls, DropResponses and SlowCalls asked for them.
func (g *Gateway) FailCalls(n, status int) {
	g.tb.Helper()
	if status < 200 || status > 599 {
		g.tb.Fatalf("gatewaytest: FailCalls: %d is not a final HTTP status", status)
		return
	}
	g.sandbox.FailCalls(n, status)
}

// DropResponses closes the connection instead of answering the next n API calls. The calls still take effect: a session
// is made, and only the response is lost.
func (g *Gateway) DropResponses(n int) { g.sandbox.DropResponses(n) }

// SlowCalls makes the next n API calls wait for d before the gateway acts on them.
func (g *Gateway) SlowCalls(n int, d time.Duration) { g.sandbox.SlowCalls(n, d) }

// DelayResponses makes the next n API calls take effect at once, and holds their responses back for d: a webhook can be
// faster than the response to the call that made its session.
func (g *Gateway) DelayResponses(n int, d time.Duration) { g.sandbox.DelayResponses(n, d) }

// SetLookupResponse makes every status lookup of the session get this response, until Heal: that of another session, a
// proxy's page, or garbage. Status 0 is no response at all: the lookup waits until Heal, or until the caller gives up.
func (g *Gateway) SetLookupResponse(sessionID string, status int, body string) {
	g.tb.Helper()
	if status != 0 && (status < 200 || status > 599) {
		g.tb.Fatalf("gatewaytest: SetLookupResponse: %d is not a final HTTP status", status)
		return
	}
	g.sandbox.SetLookupResponse(sessionID, status, body)
}

// RewriteResponses changes the body of each response of the API, until Heal: docs/protocol.md leaves open how the
// gateway writes some members, and a shop must read them all.
func (g *Gateway) RewriteResponses(change func(body string) string) {
	g.sandbox.RewriteResponses(change)
}

// Heal ends SetLookupResponse and Rewrite, and what FailCalls, DropResponses, SlowCalls and DelayResponses have asked
// for and no call has met yet. The calls that wait because of them go on.
func (g *Gateway) Heal() { g.sandbox.Heal() }

// DelayWebhooks holds back every webhook from now on for d; 0 ends it. Moves do not wait for a delayed webhook. To keep
// a test independent of the clock, set a long delay and send with Flush.
func (g *Gateway) DelayWebhooks(d time.Duration) { g.sandbox.DelayWebhooks(d) }

// DuplicateWebhooks delivers each of the next n webhooks twice, at the same time.
func (g *Gateway) DuplicateWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultDuplicate, n) }

// ReorderWebhooks holds back the next n webhooks until all n are there or Flush is called, and then delivers them one
// by one in another order.
func (g *Gateway) ReorderWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultReorder, n) }

// TamperWebhooks turns the next n webhooks into forgeries, in every attempt: the body says that the order is paid, but
// the signature is that of the original body. Redeliver sends the true webhook.
func (g *Gateway) TamperWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultTamper, n) }

// MissignWebhooks signs the next n webhooks with another secret, in every attempt.
func (g *Gateway) MissignWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultWrongSecret, n) }

// BackdateWebhooks makes the signed sent_at of the next n webhooks older by age.
func (g *Gateway) BackdateWebhooks(n int, age time.Duration) { g.sandbox.BackdateWebhooks(n, age) }

// LoseFirstAttempts makes the first attempt of each of the next n webhooks get lost on its way to the merchant.
func (g *Gateway) LoseFirstAttempts(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultLose, n) }

// LoseWebhooks makes the next n webhooks get lost for good: no attempt reaches the shop, which has to ask for what they
// say.
func (g *Gateway) LoseWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultGone, n) }

// ScrambleWebhooks does to each of the next n webhooks what the seed (WithSeed) draws. Each is delayed by up to a
// minute, so that their order changes, and may come with late copies, lost attempts, old dates and forgeries. Each of
// these is signed in one of the forms that the contract allows: in any of the three headers, with or without sha256=,
// in lower or upper case. Every true webhook arrives in the end. Send them with Flush, which keeps the drawn order: the
// same seed and the same calls give the same deliveries.
func (g *Gateway) ScrambleWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultMix, n) }
