// Package ecomtrade24 lets a merchant's backend take payments through a hosted-checkout gateway. It works with Fiavex
// Pay and EcomTrade24 Pay, which speak the same protocol. It uses the standard library only.
//
// # The flow
//
// Create a session and send the buyer to its checkout URL. A signed webhook reports how the payment ended:
//
//	session, err := client.Checkout(ctx, ecomtrade24.SessionParams{
//		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
//	})
//	…
//	session.Redirect(w, r)
//
// Anyone can open the return URL, so it proves nothing. Mark an order paid only when a verified webhook (package
// webhook) or a response to Status says it is paid and the order ID, amount and currency match your own records.
// Payment.Settles checks all of that. Never ship unless Settles returns nil:
//
//	if err := event.Settles(ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}); err != nil {
//		return err // ErrNotPaid, ErrTestPayment or *MismatchError
//	}
//
// If your account has several shops, set Order.Domain too, so that no shop ships for a payment to another shop.
//
// # Packages
//
// This package has the client and the types. Package webhook verifies signatures and serves the endpoint. Package
// inbox applies each event once inside your own database. Package gatewaytest is a fake gateway for unit tests.
//
// # Hosted checkout and Smart Routing
//
// On the Free plan the gateway's page offers the payment methods and the shop sends none. This is hosted checkout. On
// Pro and Unlimited the shop shows the methods that Me lists and sends the buyer's choice: Smart Routing. Checkout
// follows the merchant's plan. You never choose a provider; the API has no field for it.
//
// # Deployments and the protocol
//
// A client speaks to Fiavex Pay unless WithDeployment chooses EcomTrade24 Pay. The repository's docs/protocol.md
// describes every field on the wire and how certain each one is.
//
// # Money
//
// An Amount is a decimal string in major units, "49.95", compared exactly and by value. It is never a float.
// AmountFromMinor and Amount.Minor convert from and to the currency's minor units, such as cents, and never round. In a
// database, keep an amount in a NUMERIC or DECIMAL column, in a TEXT column (the only exact type in SQLite), or as
// integer minor units.
//
// # Retries
//
// The client tries a call up to 3 times. Before each retry it pauses for a random time: at most 250 ms before the first
// retry. This limit doubles with each further retry, up to 5 s. If the response has a longer Retry-After, up to 30 s,
// the client waits that long instead. If the gateway asks for a longer wait, the call fails immediately with the
// APIError. The client never waits past the context's deadline.
//
// The client retries Me and Status after connection errors, timeouts of one attempt, and 408, 429, 500, 502, 503, 504
// and 520 to 530. It retries CreateSession only if the gateway cannot have created a session:
//
//   - The request was not sent: nothing read its body, and no header was written.
//   - The gateway says over HTTP/2 that it did not process the request: REFUSED_STREAM, or a GOAWAY whose last stream
//     is an earlier one. nginx ends each connection with such a GOAWAY after 1,000 requests.
//   - The response is a 429 or 503. The client takes a 503 to mean that the gateway created no session. Some proxies
//     return 503 after they have forwarded a request, for example if a connection breaks. Behind such a proxy, turn
//     retries off with WithRetry(RetryPolicy{MaxAttempts: 1}) and treat ErrUnavailable, the error for a 503, as an
//     unknown outcome too.
//
// The gateway has no idempotency key. If the response to a session request is lost, unreadable or any other 5xx, the
// error is ErrOutcomeUnknown, and you decide whether to create another session. net/http does not repeat a session
// request either, because it gets no second copy of the body.
//
// # Connections
//
// A client has its own transport. NewTransport documents its settings and returns a copy that you can change. The
// transport keeps up to 64 connections, each for 4 idle seconds, since many servers close idle connections after 5. It
// drops an HTTP/2 connection that has not responded for 10 seconds, so if the network loses packets, only a few calls
// fail and later ones work. Over HTTP/1, only the timeout that WithTimeout sets ends a call on a dead connection. If
// you supply a transport, it should not repeat requests. If your transport ignores the hooks of net/http/httptrace,
// more failures are ErrOutcomeUnknown.
//
// # Errors
//
// Tell the errors apart with errors.Is and errors.As: *ValidationError and *MethodError (nothing was sent), *APIError
// (the gateway rejected the request), *DecodeError (the response is unreadable), ErrOutcomeUnknown, and for payments
// *MismatchError, ErrNotPaid and ErrTestPayment. No error text, log line or printed error contains the API key, a body
// or a query. APIError and DecodeError keep the start of the response, without the key, in their Body field. Body is
// printed only if a program dereferences the error and prints the struct.
package ecomtrade24
