// Package ecomtrade24otel shows the SDK's work in OpenTelemetry: traces and metrics of the client, the webhook handler
// and the inbox, one line each.
//
//	client, err := ecomtrade24.NewClient(baseURL, apiKey, ecomtrade24otel.Client())
//	box := inbox.New(db, inbox.Postgres, apply, ecomtrade24otel.Inbox())
//	handler := webhook.NewHandler(verifier, box.Handle, ecomtrade24otel.Webhook())
//
// They use the global providers unless WithTracerProvider or WithMeterProvider gives others.
//
// # Traces
//
// A call of the client is a span, "ecomtrade24 create session", with a child for each attempt that follows the
// semantic conventions of HTTP clients. A delivery is a span, "ecomtrade24 webhook", and what the inbox makes of it a
// child, "ecomtrade24 inbox". Spans of the same payment share ecomtrade24.session.id. With WithTrace they also share
// one trace, since the gateway gives the session's metadata back in its webhooks.
//
// All three kinds of span have ecomtrade24.outcome and ecomtrade24.session.id, and besides:
//
//	a call      ecomtrade24.operation, ecomtrade24.attempts; failed: error.type, ecomtrade24.outcome_unknown
//	an attempt  the semantic conventions', with http.request.resend_count from the second attempt on
//	a delivery  ecomtrade24.order.id, ecomtrade24.payment.status, ecomtrade24.changes (the words of webhook.Note, where
//	            there are any); rejected: ecomtrade24.reason, and no ids
//	an event    ecomtrade24.order.id, ecomtrade24.payment.status, ecomtrade24.changes (the inbox.Kind and the words of
//	            webhook.Note), ecomtrade24.attempts, ecomtrade24.waited (seconds, for a connection to the database)
//
// An error.type is the status of the gateway's response, or decode, timeout, canceled or transport.
//
// # Metrics
//
//	ecomtrade24.client.duration   seconds, by ecomtrade24.operation, ecomtrade24.outcome and error.type
//	ecomtrade24.client.attempts   requests that a call took, by ecomtrade24.operation
//	http.client.request.duration  seconds of one attempt, by the semantic conventions
//	ecomtrade24.webhook.duration  seconds, by ecomtrade24.outcome and ecomtrade24.reason
//	ecomtrade24.inbox.duration    seconds, by ecomtrade24.outcome: changed, unchanged, duplicate or failed
//	ecomtrade24.webhook.changes   what deliveries changed, by ecomtrade24.change.kind: the words of webhook.Note
//	ecomtrade24.inbox.changes     the same of all events, webhooks and lookups
//	ecomtrade24.inbox.attempts    transactions that an event took
//	ecomtrade24.inbox.wait        seconds until a connection to the database was free
//	ecomtrade24.inbox.event.age   seconds from the sending of an event to its change, of those that carry the time
//
// The outcome of a delivery is handled, discarded, rejected (with the reason: no_signature, bad_signature, malformed,
// method, too_large, cut_short or stale), failed or interrupted; that of Verifier.Parse is verified or rejected.
//
// # What is left out
//
// No key, secret, signature, query, body, address or metadata is in any span or metric, and no text of an error that is
// not the SDK's own. The ids of session and order are in spans, never in metrics. The client sends the gateway no trace
// headers and no baggage either. WithTrace is the one exception, made by the caller: it sends the random ids of a trace
// and a span, and nothing else.
package ecomtrade24otel
