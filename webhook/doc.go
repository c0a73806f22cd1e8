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
// # What each answer makes the gateway do
//
// The gateway takes a 2xx as received and delivers again after any other answer.
//
//	200  handled, or discarded with Discard     the delivery is over
//	400  signed, but malformed or too old       every redelivery is refused too: look in the log
//	401  no signature, or none that matches     delivered again: check the secret
//	405  not a POST; the answer has Allow       the request did not come from the gateway
//	413  larger than WithMaxBody                every redelivery is refused too: raise the limit
//	500  the function failed or panicked        delivered again
//	503  the request's context ended            delivered again
//
// So return nil only when the event is safe, in a committed transaction or in a durable queue, and an error when it is
// not. Wrap an error that no redelivery can mend in [Discard]. The answer never gives the reason; the log does, with
// [WithLogger].
//
// # Rotating the secret without losing a delivery
//
// During a rotation some deliveries are signed with the old secret and some with the new one, so accept both:
//
//	webhook.NewVerifier(newSecret, webhook.WithPreviousSecrets(oldSecret))
//
// Take these steps in order:
//
//  1. Deploy that on every machine.
//  2. Make the gateway sign with the new secret. If it shows you the new secret only once it signs with it, do this
//     step first: deliveries that are refused before the deployment come again.
//  3. When no redelivery signed with the old secret can arrive any more, deploy without WithPreviousSecrets.
//
// # Why the return URL proves nothing
//
// The buyer's browser comes back to the return URL, and anybody who knows the address can open it. It is not signed,
// and the buyer may open it before the payment is final, twice, or not at all. Thank the buyer there and show the
// order's state from your own records. Change that state only on a webhook or, when that is late, on the answer of
// [ecomtrade24.Client.Status].
//
// # The raw body
//
// The signature is over the bytes as they were sent. A framework that binds the body to a struct, or a middleware that
// reads it, leaves an empty reader or different bytes behind, and then no signature matches. Handler is an
// http.Handler: mount it before such middleware (chi, gin's WrapH, echo's WrapHandler). Where there is no
// *http.Request, as in fiber, give [Verifier.Parse] the raw bytes; it copies them, so the event stays valid when the
// framework reuses its buffer. The module examples/frameworks has a tested program for each.
package webhook
