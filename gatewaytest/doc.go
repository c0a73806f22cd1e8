// Package gatewaytest is the gateway in a test's own process: sessions with state, both modes, the hosted page and
// signed webhook deliveries. It refuses what the real gateway refuses, with its codes, and says why.
//
//	g := gatewaytest.New(t, gatewaytest.InMemory())
//	g.DeliverTo(shop.WebhookHandler())
//	session, err := g.Client().CreateSession(ctx, params)
//	// ...
//	g.Pay(session.ID) // returns when the shop has answered the webhook
//
// Moves such as Pay send their webhook and wait until it is answered with a 2xx, retries included, or given up. What
// Delay, Reorder or Chaos hold back is not waited for: Flush sends it and waits. A test that leaves a webhook
// undelivered fails.
//
// It plays Fiavex Pay unless WithDeployment says EcomTrade24 Pay. The contract that it follows is docs/protocol.md.
//
// With InMemory nothing touches a socket, and a test can run in a testing/synctest bubble, where retries, Wait and
// expiry take no real time.
package gatewaytest
