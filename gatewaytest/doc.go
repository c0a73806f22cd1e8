// Package gatewaytest runs a fake gateway inside a test, with sessions, both plans, the hosted checkout page and signed
// webhooks. The fake gateway rejects the same requests as the real gateway, with the same error codes, and its error
// messages say why.
//
//	g := gatewaytest.New(t, gatewaytest.WithInMemory())
//	g.DeliverToHandler(shop.WebhookHandler())
//	session, err := g.Client().CreateSession(ctx, params)
//	// ...
//	g.Pay(session.ID) // returns when the shop has responded to the webhook
//
// Pay and the methods for the other statuses change a session's status, send its webhook and wait until the shop
// responds 2xx or all attempts have failed. They do not wait for webhooks that DelayWebhooks, ReorderWebhooks or
// ScrambleWebhooks hold back; Flush sends held-back webhooks and waits for them. A test fails if it ends while a
// webhook is still held back.
//
// FailCalls, DropResponses, SlowCalls and DelayResponses cause faults in the next API calls; Heal ends these faults.
// LoseFirstAttempts and the methods whose names end in Webhooks cause faults in the next webhooks.
//
// By default the gateway behaves like Fiavex Pay; WithDeployment makes it behave like EcomTrade24 Pay. The gateway
// follows docs/protocol.md.
//
// With WithInMemory the gateway opens no socket, so a test can run in a testing/synctest bubble, where retries, Wait
// and expiry take no real time.
package gatewaytest
