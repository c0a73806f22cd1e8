package ecomtrade24

import (
	"context"
	"time"
)

// Observer is the hook for telemetry. Give it to a Client, a webhook.Handler or an inbox.Inbox by the option
// WithObserver of each. It is called when an operation begins. The operation goes on with the context that it returns,
// and calls the function that it returns, which must not be nil, when it ends. Neither may block. The folder otel has
// observers for OpenTelemetry. Without an observer, the default, there is no cost.
type Observer func(ctx context.Context, op Operation) (context.Context, func(Result))

// Operation describes an operation that begins.
type Operation struct {
	Name  string    // "create session", "me" or "status" of a Client; "webhook" of a Handler; "inbox" of an Inbox
	Start time.Time // when the work began: earlier than the call for a webhook, which is read and verified first
	Event *Event    // for "webhook" and "inbox": do not change it; nil for a webhook that cannot be trusted
}

// Result says how an operation ended.
type Result struct {
	// Outcome of a Client is "ok" or "failed"; of a Handler "handled", "discarded", "refused", "failed" or "interrupted";
	// of an Inbox "changed", "unchanged" (it came too late, or another event had said the same), "duplicate" or "failed".
	Outcome   string
	Changes   []string      // the inbox.Kind of each Change that an Inbox committed; the words of webhook.Note
	Reason    string        // why a webhook was refused, in a word such as "bad_signature"
	Err       error         // nil on success; a Client's holds no secret in its text, others may wrap the merchant's own
	Attempts  int           // requests sent by a Client, transactions begun by an Inbox
	Waited    time.Duration // how long an Inbox waited for a connection to its database
	SessionID string        // the payment's, where it is known
}
