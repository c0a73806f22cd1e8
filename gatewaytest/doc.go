// Package gatewaytest runs a fake gateway inside a test: sessions with state, both plans, the hosted page and signed
// webhook deliveries. It rejects what the real gateway rejects, with the same error codes, and its messages say why.
//
//	g := gatewaytest.New(t, gatewaytest.WithInMemory())
//	g.DeliverToHandler(shop.WebhookHandler())
//	session, err := g.Client().CreateSession(ctx, params)
//	// ...
//	g.Pay(session.ID) // returns when the shop has answered the webhook
//
// Pay and the other moves change a session's status, send its webhook and wait until the shop has answered with a 2xx
// or every attempt is used up. They do not wait for webhooks that DelayWebhooks, ReorderWebhooks or ScrambleWebhooks
// hold back; Flush sends those and waits. A test that ends while a webhook is still held back fails.
//
// FailCalls, DropResponses, SlowCalls and DelayResponses make the next API calls fail; Heal ends them. The methods
// whose names end in Webhooks do the same to the next webhooks.
//
// The gateway plays Fiavex Pay, or EcomTrade24 Pay with WithDeployment. It follows the contract in docs/protocol.md.
//
// With WithInMemory no socket is opened, and a test can run in a testing/synctest bubble, where retries, Wait and
// expiry take no real time.
package gatewaytest
