package gatewaytest

import (
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// FailCalls makes the next n API calls fail with the given status, without any effect. With 502, 503 and 504 the body
// is a proxy's HTML page; with any other status, even 200, it is the gateway's JSON error with ok:false. A status
// outside 200 to 599 fails the test. Each call gets one fault. Faults apply in the sequence in which FailCalls,
// DropResponses and SlowCalls were invoked.
func (g *Gateway) FailCalls(n, status int) {
	g.tb.Helper()
	if status < 200 || status > 599 {
		g.tb.Fatalf("gatewaytest: FailCalls: %d is not a final HTTP status", status)
		return
	}
	g.sandbox.FailCalls(n, status)
}

// DropResponses closes the connection instead of responding to the next n API calls. The calls still take effect: a
// session is created, and only the response is lost.
func (g *Gateway) DropResponses(n int) { g.sandbox.DropResponses(n) }

// SlowCalls delays the next n API calls by d before the gateway processes them.
func (g *Gateway) SlowCalls(n int, d time.Duration) { g.sandbox.SlowCalls(n, d) }

// DelayResponses delays the responses to the next n API calls by d. The calls take effect immediately, so a webhook can
// arrive before the response to the call that created its session.
func (g *Gateway) DelayResponses(n int, d time.Duration) { g.sandbox.DelayResponses(n, d) }

// SetLookupResponse sets the response to every status lookup of the session until Heal. Use it to return, for example,
// another session's response or a proxy's page. With status 0 there is no response: the lookup waits until Heal or
// until the caller gives up.
func (g *Gateway) SetLookupResponse(sessionID string, status int, body string) {
	g.tb.Helper()
	if status != 0 && (status < 200 || status > 599) {
		g.tb.Fatalf("gatewaytest: SetLookupResponse: %d is not a final HTTP status", status)
		return
	}
	g.sandbox.SetLookupResponse(sessionID, status, body)
}

// RewriteResponses changes the body of every API response until Heal. Use it to test that a shop reads every variant in
// docs/protocol.md.
func (g *Gateway) RewriteResponses(change func(body string) string) {
	g.sandbox.RewriteResponses(change)
}

// Heal ends the effects of SetLookupResponse and RewriteResponses, and the remaining faults of FailCalls,
// DropResponses, SlowCalls and DelayResponses. Waiting calls continue.
func (g *Gateway) Heal() { g.sandbox.Heal() }

// DelayWebhooks delays every webhook from now on by d; 0 ends the delay. Methods such as Pay do not wait for delayed
// webhooks. To keep a test independent of the clock, set a long delay and send the webhooks with Flush.
func (g *Gateway) DelayWebhooks(d time.Duration) { g.sandbox.DelayWebhooks(d) }

// DuplicateWebhooks delivers each of the next n webhooks twice, both copies at the same time.
func (g *Gateway) DuplicateWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultDuplicate, n) }

// ReorderWebhooks holds back the next n webhooks until all n have been created or Flush is called. Then it delivers
// them one by one in another sequence.
func (g *Gateway) ReorderWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultReorder, n) }

// TamperWebhooks changes the next n webhooks after they were signed, in every attempt: the changed body says paid but
// keeps the original signature. Redeliver sends the genuine webhook.
func (g *Gateway) TamperWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultTamper, n) }

// ForgeWebhooks signs the next n webhooks with another secret, in every attempt. Redeliver sends the genuine webhook.
func (g *Gateway) ForgeWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultWrongSecret, n) }

// BackdateWebhooks makes the signed sent_at of the next n webhooks earlier by the duration age.
func (g *Gateway) BackdateWebhooks(n int, age time.Duration) { g.sandbox.BackdateWebhooks(n, age) }

// LoseFirstAttempts loses the first attempt of each of the next n webhooks.
func (g *Gateway) LoseFirstAttempts(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultLose, n) }

// LoseWebhooks loses every attempt of the next n webhooks, so the shop must look up the status.
func (g *Gateway) LoseWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultGone, n) }

// ScrambleWebhooks applies random faults to the next n webhooks, determined by the seed (WithSeed). Each webhook is
// delayed by up to a minute, which changes the sequence, and may have late copies, lost attempts, old dates and forged
// versions. Each is signed in one of the formats in docs/protocol.md: in any of the three headers, with or without
// sha256=, in lowercase or uppercase. Every genuine webhook arrives in the end. Send the webhooks with Flush, which
// keeps the sequence: the same seed and the same calls then produce the same deliveries.
func (g *Gateway) ScrambleWebhooks(n int) { g.sandbox.SpoilWebhooks(sandbox.FaultMix, n) }
