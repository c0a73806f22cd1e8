package gatewaytest

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// FailNext answers the next n API calls with status and looks at none of them: with a proxy's HTML page for 502, 503
// and 504, with the gateway's JSON error otherwise, and with ok:false for 200. Calls meet the faults of FailNext,
// DropNext and SlowNext in the order in which they were asked for.
func (g *Gateway) FailNext(n, status int) {
	g.tb.Helper()
	if status < 200 || status > 599 {
		g.tb.Fatalf("gatewaytest: FailNext: %d is not a final HTTP status", status)
		return
	}
	g.sandbox.FailNext(n, status)
}

// DropNext closes the connection instead of answering the next n API calls. They have had their effect all the same: a
// session was made, and its answer was lost.
func (g *Gateway) DropNext(n int) { g.sandbox.DropNext(n) }

// SlowNext lets the next n API calls wait for d before the gateway looks at them.
func (g *Gateway) SlowNext(n int, d time.Duration) { g.sandbox.SlowNext(n, d) }

// Delay holds every webhook from now on back for d, and 0 ends it. Moves do not wait for it: give a long d and send
// with Flush, and no test depends on the clock.
func (g *Gateway) Delay(d time.Duration) { g.sandbox.Delay(d) }

// Duplicate delivers each of the next n webhooks twice, at the same time.
func (g *Gateway) Duplicate(n int) { g.sandbox.Spoil(sandbox.FaultDuplicate, n) }

// Reorder holds the next n webhooks until all are there, or Flush, and then delivers them one by one in another order.
func (g *Gateway) Reorder(n int) { g.sandbox.Spoil(sandbox.FaultReorder, n) }

// Tamper turns the next n webhooks into forgeries, in every attempt: a payment that would settle the order, under the
// signature of what was there before. Redeliver sends the true one.
func (g *Gateway) Tamper(n int) { g.sandbox.Spoil(sandbox.FaultTamper, n) }

// WrongSecret signs the next n webhooks with another secret, in every attempt.
func (g *Gateway) WrongSecret(n int) { g.sandbox.Spoil(sandbox.FaultWrongSecret, n) }

// Stale dates the signed sent_at of the next n webhooks back by age.
func (g *Gateway) Stale(n int, age time.Duration) { g.sandbox.Stale(n, age) }

// LoseFirst loses the first attempt of each of the next n webhooks on its way to the merchant.
func (g *Gateway) LoseFirst(n int) { g.sandbox.Spoil(sandbox.FaultLose, n) }

// Chaos lets each of the next n webhooks meet what the seed draws: a delay of up to a minute, so that their order
// changes, late copies, lost attempts, old dates and forgeries beside it, and each of these signed in any of the forms
// that the contract allows: in one of three headers, with sha256= or without, in lower case or upper. Each true webhook
// arrives in the end. Send them with Flush, which keeps the drawn order: the same seed and the same calls give the same
// deliveries.
func (g *Gateway) Chaos(n int) { g.sandbox.Spoil(sandbox.FaultMix, n) }
