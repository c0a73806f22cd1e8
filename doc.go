// Package ecomtrade24 lets a merchant's backend take payments through a hosted-checkout gateway: Fiavex Pay and
// EcomTrade24 Pay speak the same protocol. It uses the standard library only.
//
// # The flow
//
// The shop creates a session, sends the buyer to its checkout URL, and learns from a signed webhook how it ended:
//
//	session, err := client.Checkout(ctx, ecomtrade24.SessionParams{
//		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
//	})
//	…
//	session.Redirect(w, r)
//
// The return URL is only for show: anybody can open it. An order is paid when a verified webhook (package webhook),
// or the response to Status, says so and order, amount and currency agree with the shop's own records. Payment.Settles
// checks all of that, and is the only thing to ship against:
//
//	if err := event.Settles(ecomtrade24.Order{ID: "ORDER-10001", Amount: "49.95", Currency: "USD"}); err != nil {
//		return err // ErrNotPaid, ErrTestPayment or *MismatchError
//	}
//
// Where one account has several shops, set Order.Domain too, so that no shop ships for another one's payment.
//
// # Packages
//
// This package is the client and the types. Package webhook verifies signatures and serves the endpoint. Package
// inbox applies events once and in order inside the shop's own database. Package gatewaytest is a whole gateway for
// unit tests.
//
// # Hosted checkout and Smart Routing
//
// On the Free plan the gateway's page offers the methods and the shop sends none: hosted checkout. On Pro and
// Unlimited the shop shows the methods that Me lists and sends the chosen one: Smart Routing. Checkout does what the
// merchant's plan asks for. A provider is never sent; no field can carry one.
//
// # Deployments and the protocol
//
// A client speaks to Fiavex Pay unless WithDeployment chooses EcomTrade24 Pay. The repository's docs/protocol.md
// describes every field on the wire, and says how sure each of them is.
//
// # Money
//
// An Amount is a decimal string in major units, "49.95", compared exactly and by value. It is never a float.
// AmountFromMinor and Amount.Minor convert from and to the currency's minor units, such as cents, and never round. In a
// database, keep an amount in a NUMERIC or DECIMAL column, in a TEXT one (the only exact one in SQLite), or as integer
// minor units.
//
// # Retries
//
// A call is tried up to 3 times, with a random pause of up to 250 ms that doubles up to 5 s. Retry-After is honoured
// up to 30 s; a longer one is returned at once in the APIError. A pause ends with the context, and is not begun if
// the deadline falls before its end.
//
// Me and Status are tried again after connection errors, timeouts of one attempt, and 408, 429, 500, 502, 503, 504 and
// 520 to 530. CreateSession is tried again only where no session can have been made:
//
//   - The request was not sent: nobody has read its body, and no header was written.
//   - The gateway says over HTTP/2 that it has not processed it: REFUSED_STREAM, or a GOAWAY that names an earlier
//     stream as the last. nginx ends a connection so after 1,000 requests.
//   - 429 and 503. A 503 is taken at its word. If a proxy in front of the gateway answers 503 after it has passed a
//     request on, as some do when a connection breaks, turn retries off with WithRetry(RetryPolicy{MaxAttempts: 1}),
//     and take ErrUnavailable of a 503 for an unknown outcome too.
//
// The gateway knows no idempotency key. So where the response to a session request is lost, cannot be read, or is any
// other 5xx, the error is ErrOutcomeUnknown, and whether to create another session is the caller's decision. Nothing
// else repeats a session request: net/http gets no second copy of its body.
//
// # Connections
//
// A client has its own transport: see NewTransport, also for changing something in it. It keeps up to 64 connections,
// each for 4 idle seconds, since many servers close theirs after 5. An HTTP/2 connection that stops answering is given
// up after 10 seconds, so a network that swallows what is sent costs a few calls and not all that follow. Over HTTP/1
// only WithTimeout can tell a dead connection from a slow gateway. A transport of your own should not repeat requests.
// If it does not pass on the hooks of net/http/httptrace, more failures are ErrOutcomeUnknown.
//
// # Errors
//
// Decide with errors.Is and errors.As: *ValidationError, *MethodError (nothing was sent), *APIError (the gateway said
// no), *DecodeError (its response cannot be read), ErrOutcomeUnknown, and for payments *MismatchError, ErrNotPaid and
// ErrTestPayment. No error text, log line or printed error holds the API key, a body or a query. APIError and
// DecodeError keep the start of the response, without the key, in their field Body. It is printed only if a program
// dereferences the error and prints the struct.
package ecomtrade24
