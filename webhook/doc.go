// Package webhook verifies and decodes what the gateway posts to the merchant: signature first, decoding second.
//
// # Set-up
//
//	verifier, err := webhook.NewVerifier(os.Getenv("ECOMTRADE24_WEBHOOK_SECRET"))
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("/api/webhook", webhook.NewHandler(verifier, box.Handle))
//
// box.Handle is any function of a context and an event. The inbox package has one that applies each event once and in
// order; one of your own has to expect that deliveries repeat, overlap and come out of order. Compare the event with
// what your own records say is due before goods leave the house: [ecomtrade24.Payment.Settles].
//
// # What each answer makes the gateway do
//
// The gateway takes a 2xx as received and delivers again after anything else.
//
//	200  handled, or discarded with Discard     the delivery is over
//	400  signed, but malformed or too old       delivered again, to be refused again: look into the log
//	401  no signature, or none that matches     delivered again: check the secret
//	405  not a POST, with Allow                 not the gateway
//	413  larger than WithMaxBody                delivered again, to be refused again: raise the limit
//	500  the function failed or panicked        delivered again
//	503  the request's context ended            delivered again
//
// So return nil only when the event is safe, in a committed transaction or in a durable queue, and an error when it is
// not. Wrap an error that no redelivery can mend in [Discard]. No answer says why: the log does (WithLogger).
//
// # Rotating the secret without losing a delivery
//
// For a while some deliveries are signed with the old secret and some with the new one, so accept both:
//
//	webhook.NewVerifier(newSecret, webhook.WithPreviousSecrets(oldSecret))
//
// The order of steps:
//
//  1. Deploy that on every machine.
//  2. Let the gateway sign with the new secret. If it shows a new secret only once it uses it, this step comes first, and
//     what is refused until the deployment is delivered again.
//  3. When no redelivery signed with the old secret can be on its way any more, deploy without WithPreviousSecrets.
//
// # Why the return URL proves nothing
//
// The buyer's browser comes back to the return URL, and whoever knows the address can open it: it is not signed, it
// arrives before the payment is final or never, and it can be opened twice. Thank the buyer there and show the order's
// state from your own records. The order's state follows the webhook, and where that is late, the client's Status.
//
// # The raw body
//
// The signature is over the bytes as they were sent. A framework that binds the body to a struct, or a middleware
// that reads it, leaves an empty reader or other bytes behind, and nothing verifies any more. Handler is an
// http.Handler: mount it before such middleware (chi, gin's WrapH, echo's WrapHandler). Where there is no
// *http.Request, as in fiber, give
// [Verifier.Parse] the raw bytes; it copies them, so the event outlives a buffer that the framework uses again. The module
// examples/frameworks has a tested program for each.
package webhook
