package gatewaytest

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// FailNext answers the next n API calls with status, without acting on them. 502, 503 and 504 come with a proxy's HTML
// page, any other status with the gateway's JSON error; in a 200 it says ok:false. A status outside 200 to 599 fails
// the test. Each call takes one fault, in the order in which FailNext, DropNext and SlowNext asked for them.
func (g *Gateway) FailNext(n, status int) {
	g.tb.Helper()
	if status < 200 || status > 599 {
		g.tb.Fatalf("gatewaytest: FailNext: %d is not a final HTTP status", status)
		return
	}
	g.sandbox.FailNext(n, status)
}

// DropNext closes the connection instead of answering the next n API calls. The calls still take effect: a session is
// made, and only the response is lost.
func (g *Gateway) DropNext(n int) { g.sandbox.DropNext(n) }

// SlowNext makes the next n API calls wait for d before the gateway acts on them.
func (g *Gateway) SlowNext(n int, d time.Duration) { g.sandbox.SlowNext(n, d) }

// LateNext makes the next n API calls take effect at once, and holds their responses back for d: a webhook can be
// faster than the response to the call that made its session.
func (g *Gateway) LateNext(n int, d time.Duration) { g.sandbox.LateNext(n, d) }

// RespondAbout makes every status lookup of the session get this response, until Heal: that of another session, a
// proxy's page, or garbage. Status 0 is no response at all: the lookup waits until Heal, or until the caller gives up.
func (g *Gateway) RespondAbout(sessionID string, status int, body string) {
	g.sandbox.RespondAbout(sessionID, status, body)
}

// Rewrite changes the body of each response of the API, until Heal: docs/protocol.md leaves open how the gateway writes
// some members, and a shop must read them all.
func (g *Gateway) Rewrite(change func(body string) string) { g.sandbox.Rewrite(change) }

// Heal ends RespondAbout and Rewrite, and what FailNext, DropNext, SlowNext and LateNext have asked for and no call has
// met yet. The calls that wait because of them go on.
func (g *Gateway) Heal() { g.sandbox.Heal() }

// Delay holds back every webhook from now on for d; 0 ends it. Moves do not wait for a delayed webhook. To keep a test
// independent of the clock, set a long delay and send with Flush.
func (g *Gateway) Delay(d time.Duration) { g.sandbox.DelayWebhooks(d) }

// Duplicate delivers each of the next n webhooks twice, at the same time.
func (g *Gateway) Duplicate(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultDuplicate, n) }

// Reorder holds back the next n webhooks until all n are there or Flush is called, and then delivers them one by one in
// another order.
func (g *Gateway) Reorder(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultReorder, n) }

// Tamper turns the next n webhooks into forgeries, in every attempt: the body says that the order is paid, but the
// signature is that of the original body. Redeliver sends the true webhook.
func (g *Gateway) Tamper(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultTamper, n) }

// WrongSecret signs the next n webhooks with another secret, in every attempt.
func (g *Gateway) WrongSecret(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultWrongSecret, n) }

// Stale makes the signed sent_at of the next n webhooks older by age.
func (g *Gateway) Stale(n int, age time.Duration) { g.sandbox.StaleWebhooks(n, age) }

// LoseFirst makes the first attempt of each of the next n webhooks get lost on its way to the merchant.
func (g *Gateway) LoseFirst(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultLose, n) }

// Lose makes the next n webhooks get lost for good: no attempt reaches the shop, which has to ask for what they say.
func (g *Gateway) Lose(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultGone, n) }

// Chaos does to each of the next n webhooks what the seed (WithSeed) draws. Each is delayed by up to a minute, so that
// their order changes, and may come with late copies, lost attempts, old dates and forgeries. Each of these is signed
// in one of the forms that the contract allows: in any of the three headers, with or without sha256=, in lower or upper
// case. Every true webhook arrives in the end. Send them with Flush, which keeps the drawn order: the same seed and the
// same calls give the same deliveries.
func (g *Gateway) Chaos(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultMix, n) }
