// Package gatewaytest runs a stand-in for the gateway inside a test: sessions with state, both integration modes, the
// hosted page and signed webhook deliveries. It refuses what the real gateway refuses, with the same error codes, and
// its messages say why.
//
//	g := gatewaytest.New(t, gatewaytest.InMemory())
//	g.DeliverTo(shop.WebhookHandler())
//	session, err := g.Client().CreateSession(ctx, params)
//	// ...
//	g.Pay(session.ID) // returns when the shop has answered the webhook
//
// Pay and the other moves change a session's status, send its webhook and wait until the shop has answered with a 2xx
// or every attempt is used up. They do not wait for webhooks that Delay, Reorder or Chaos hold back; Flush sends those
// and waits. A test that ends while a webhook is still held back fails.
//
// The gateway plays Fiavex Pay, or EcomTrade24 Pay with WithDeployment. It follows the contract in docs/protocol.md.
//
// With InMemory no socket is opened, and a test can run in a testing/synctest bubble, where retries, Wait and expiry
// take no real time.
package gatewaytest
