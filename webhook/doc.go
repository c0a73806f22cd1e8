// Package webhook verifies and decodes the events that the gateway posts to the merchant. The signature is always
// checked before anything is decoded.
//
// # Set-up
//
//	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("/api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// Here box is an Inbox of the inbox package, which applies each event once and in order. Any function that takes a
// context and an event will do, but it has to expect deliveries that repeat, overlap and arrive out of order. Before
// you ship anything, compare the event with what your own records say is due: [ecomtrade24.Payment.Settles].
//
// # What each response makes the gateway do
//
// The gateway takes a 2xx as received and delivers again after any other response.
//
//	200  handled, or discarded with Discard     the delivery is over
//	400  cut short, malformed or too old        a whole one is rejected again: look in the log
//	401  no signature, or none that matches     delivered again: check the secret
//	405  not a POST; the header Allow says so   the request did not come from the gateway
//	413  larger than WithMaxBody                every redelivery is rejected too: raise the limit
//	500  the function failed or panicked        delivered again
//	503  interrupted                            delivered again
//
// Interrupted is a function that failed after the time of [WithTimeout], a sender that hung up before its body had
// come, or a context of [Handler.Deliver] that ended.
//
// So return nil only when the event is safe, in a committed transaction or in a durable queue, and an error when it is
// not. Wrap an error that no redelivery can fix in [Discard]. The response never gives the reason; the log does, with
// [WithLogger].
//
// # A sender that hangs up
//
// A sender that waits for a second and a function that takes two would never come to an end if the one stopped the
// other: each delivery would be rolled back. So once an event is verified, the function runs on a context that outlives
// the connection, for at most the time of [WithTimeout]. The redelivery then finds the work done. It can arrive while
// the first delivery is still being handled: the inbox lets it wait.
//
// Over HTTP/2 a server's Shutdown does not wait for such a function. Let [Handler.Wait] do it before the process ends:
//
//	err := errors.Join(server.Shutdown(ctx), hook.Wait(ctx))
//
// # The line in the log
//
// With [WithLogger] each delivery has one line, with its outcome and what it is about. A function says with [Note] what
// it changed. The inbox does that by itself, so the log tells the first payment of an order from another one, and a
// Func can add why it did not ship:
//
//	webhook.Note(ctx, "wrong_amount")
//
//	… outcome=handled response=200 … order=A-1 status=paid changes=paid,wrong_amount
//
// # Rotating the secret without losing a delivery
//
// During a rotation some deliveries are signed with the old secret and some with the new one, so accept both:
//
//	webhook.NewVerifier(newSecret, webhook.WithPreviousSecrets(oldSecret))
//
// Take these steps in order:
//
//  1. Release that on every machine.
//  2. Make the gateway sign with the new secret. If it shows you the new secret only once it signs with it, do this
//     step first: deliveries that are rejected before the release come again.
//  3. When no redelivery signed with the old secret can arrive any more, release it without WithPreviousSecrets.
//
// # Why the return URL proves nothing
//
// The buyer's browser comes back to the return URL, and anybody who knows the address can open it. It is not signed,
// and the buyer may open it before the payment is final, twice, or not at all. Thank the buyer there and show the
// order's state from your own records. Change that state only on a webhook or, when that is late, on the response of
// [ecomtrade24.Client.Status].
//
// # The raw body
//
// The signature is over the bytes as they were sent. A framework that binds the body to a struct, or a middleware that
// reads it, leaves an empty reader or different bytes behind, and then no signature matches. Handler is an
// http.Handler: mount it before such middleware (chi, gin's WrapH, echo's WrapHandler). Where there is no
// *http.Request, as in fiber and AWS Lambda, give [Handler.Deliver] the header and the raw bytes. A worker that takes
// deliveries from a queue calls [Verifier.Parse]. With package inbox, see its HandleTx.
// The module examples/frameworks has tested code for each.
package webhook
