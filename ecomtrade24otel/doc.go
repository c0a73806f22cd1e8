// Package ecomtrade24otel adds OpenTelemetry traces and metrics to the client, the webhook handler and the inbox, with
// one line each.
//
//	client, err := ecomtrade24.NewClient(baseURL, apiKey, ecomtrade24otel.Client())
//	box := inbox.New(db, inbox.Postgres, apply, ecomtrade24otel.Inbox())
//	handler := webhook.NewHandler(verifier, box.Handle, ecomtrade24otel.Webhook())
//
// These options use the global providers unless WithTracerProvider or WithMeterProvider sets others.
//
// # Traces
//
// A client call is a span, such as "ecomtrade24 create session". Each attempt is a child span that follows the semantic
// conventions of HTTP clients. A delivery is a span, "ecomtrade24 webhook"; the inbox's work on the delivery is a child
// span, "ecomtrade24 inbox". Spans of the same payment share ecomtrade24.session.id. With WithTrace they also share one
// trace, since the gateway returns the session's metadata in its webhooks.
//
// Calls, deliveries and inbox events have ecomtrade24.outcome and ecomtrade24.session.id. Spans also have:
//
//	a call      ecomtrade24.operation, ecomtrade24.attempts; failed: error.type, ecomtrade24.outcome_unknown
//	an attempt  the standard attributes, with http.request.resend_count from the second attempt on
//	a delivery  ecomtrade24.order.id, ecomtrade24.payment.status, ecomtrade24.changes (the words of webhook.Note, if
//	            there are any); rejected: ecomtrade24.reason, and no ids
//	an event    ecomtrade24.order.id, ecomtrade24.payment.status, ecomtrade24.changes (the inbox.Kind and the words of
//	            webhook.Note), ecomtrade24.attempts, ecomtrade24.waited (seconds, for a connection to the database)
//
// error.type is the status of the gateway's response, or decode, timeout, canceled or transport.
//
// # Metrics
//
//	ecomtrade24.client.duration   seconds, by ecomtrade24.operation, ecomtrade24.outcome and error.type
//	ecomtrade24.client.attempts   requests of a call, by ecomtrade24.operation
//	http.client.request.duration  seconds of one attempt, as in the semantic conventions
//	ecomtrade24.webhook.duration  seconds, by ecomtrade24.outcome and ecomtrade24.reason
//	ecomtrade24.inbox.duration    seconds, by ecomtrade24.outcome: changed, unchanged, duplicate, failed
//	                              or uncommitted (from HandleTx)
//	ecomtrade24.webhook.changes   changes by deliveries, by ecomtrade24.change.kind: the words of webhook.Note
//	ecomtrade24.inbox.changes     changes by all events, from webhooks and lookups
//	ecomtrade24.inbox.attempts    transactions of an event
//	ecomtrade24.inbox.wait        seconds until a connection to the database was free
//	ecomtrade24.inbox.event.age   seconds from sending an event to its change, for events with a sending time
//
// The outcome of a delivery is handled, discarded, rejected (with the reason: no_signature, bad_signature, malformed,
// method, too_large, cut_short or stale), failed or interrupted. The outcome of Verifier.Parse is verified or rejected.
//
// # What is left out
//
// No span or metric contains a key, secret, signature, query, body, email address or metadata, or the text of an error
// from outside the SDK. Session and order IDs are in spans, never in metrics. The client sends the gateway no trace
// headers and no baggage. The one exception is your choice: WithTrace sends the random IDs of a trace and a span.
package ecomtrade24otel
