// Package webhook verifies and decodes the events that the gateway posts to the merchant. It always checks the
// signature before it decodes anything.
//
// # Setup
//
//	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("/api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// Here box is an Inbox from package inbox, which applies each event once. You can use any other function that takes a
// context and an event, but it must expect deliveries that repeat, overlap and arrive in any sequence. Before you ship,
// compare the event with your own record of the order: [ecomtrade24.Payment.Settles].
//
// # How the gateway reacts to each response
//
// The gateway takes a 2xx to mean that the webhook was received, and delivers it again after any other response.
//
//	200  handled, or discarded with Discard      no more deliveries
//	400  cut short, malformed or too old         delivered again, but fails again unless cut short: see the log
//	401  no signature, or none that matches      delivered again: check the secret
//	405  not a POST; the Allow header says so    the request is not from the gateway
//	413  larger than WithMaxBody                 every redelivery fails too: raise the limit
//	500  the function failed or panicked         delivered again
//	503  interrupted                             delivered again
//
// A delivery is interrupted if the function fails after the time of [WithTimeout], the sender hangs up before its body
// has arrived, or the context of [Handler.Deliver] ends.
//
// Return nil only once the event is safe, in a committed transaction or a durable queue. Otherwise return an error. If
// no redelivery can fix the error, wrap it in [Discard]. The response never includes the reason; the log of
// [WithLogger] does.
//
// # A sender that hangs up
//
// If a sender that waits only one second could stop a function that takes two seconds, every delivery would be rolled
// back. So once an event is verified, the function's context outlives the connection, for at most the time of
// [WithTimeout]. The redelivery then finds the work done. If it arrives while the first delivery is still running, the
// inbox makes it wait.
//
// Over HTTP/2, a server's Shutdown does not wait for your function if the webhook's sender has disconnected. Call
// [Handler.Wait] before the process ends:
//
//	err := errors.Join(server.Shutdown(ctx), hook.Wait(ctx))
//
// # The log line
//
// With [WithLogger] each delivery logs one line with its outcome, order and session. Your function can use [Note] to
// add what it changed. The inbox adds the Kind of each change, so the log shows which payment of an order was the
// first. A Func can add why it did not ship:
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
// Follow these steps:
//
//  1. Release this code on every machine.
//  2. Make the gateway sign with the new secret. If you learn the new secret only from this step, do it before step 1:
//     the gateway redelivers every webhook that you reject in the meantime.
//  3. When no redelivery signed with the old secret can arrive any more, release the code without WithPreviousSecrets.
//
// # Why the return URL proves nothing
//
// The buyer's browser returns to the return URL, and anyone who knows this URL can open it. The URL is not signed, and
// the buyer may open it before the payment is final, twice, or not at all. Thank the buyer there and show the order's
// state from your own records. Change that state only after a webhook or, if the webhook is late, after a response to
// [ecomtrade24.Client.Status].
//
// # The raw body
//
// The signature covers the bytes exactly as sent. If a framework binds the body to a struct, or middleware reads it,
// the body is empty or different afterward and no signature matches. Handler is an http.Handler: mount it before such
// middleware (chi, gin's WrapH, echo's WrapHandler). Without an *http.Request, as in fiber and AWS Lambda, pass the
// header and the raw bytes to [Handler.Deliver]. A worker that takes deliveries from a queue calls [Verifier.Parse] and
// then the inbox's HandleTx. The module examples/frameworks has tested code for each of these.
package webhook
