package ecomtrade24

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
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
	Changes   []string      // the inbox.Kind of each inbox.Change that an Inbox committed
	Reason    string        // why a webhook was refused, in a word such as "bad_signature"
	Err       error         // nil on success; a Client's holds no secret in its text, others may wrap the merchant's own
	Attempts  int           // requests sent by a Client, transactions begun by an Inbox
	Waited    time.Duration // how long an Inbox waited for a connection to its database
	SessionID string        // the payment's, where it is known
}

// maxAnswer is the most bytes that an answer's body may have.
const maxAnswer = 1 << 20

// read decodes an answer into out, or returns the error that the answer stands for.
func (c *Client) read(ctx context.Context, f failure, op string, resp *http.Response, out decoder) (failure, error) {
	body, readErr := readBody(resp)
	object, err := wire.Parse(body)
	f.status = resp.StatusCode
	if resp.StatusCode < 200 || resp.StatusCode > 299 || err == nil && readErr == nil && refused(object) {
		api := &APIError{StatusCode: resp.StatusCode, Op: op, Body: c.excerpt(body)}
		api.RetryAfter = retryAfter(resp.Header, time.Now())
		code, message := reason(object)
		api.Code, api.Message = ErrorCode(c.redact(code)), c.redact(message)
		f.refused, f.retryAfter = true, api.RetryAfter
		return f, api
	}
	switch {
	case errors.Is(readErr, errTooLarge):
		err = readErr
	case readErr != nil:
		f.status = 0 // the connection failed half-way
		err = newTransportError(ctx, "the body was cut short", readErr)
	case err == nil:
		err = out.decode(object, body)
	}
	if err != nil {
		return f, &DecodeError{StatusCode: resp.StatusCode, Op: op, Body: c.excerpt(body), Err: err}
	}
	return f, nil
}

// refused reports whether the body of a 2xx says no: ok is false, or ok is absent and there is an error. An ok that is
// neither true nor false counts as false.
func refused(o wire.Object) bool {
	var failed, told, ok bool
	for key, v := range o.Members() {
		switch key {
		case "ok":
			value, readable := v.Bool()
			told, ok = !v.IsNull(), value && readable
		case "error":
			value, boolean := v.Bool()
			failed = value || !boolean && !empty(v)
		}
	}
	if told {
		return !ok
	}
	return failed
}

// empty reports whether v is a list or an object with nothing in it, as PHP writes for no errors.
func empty(v wire.Value) bool {
	o, isObject := v.Object()
	return isObject && len(o) == 0 || v.IsList() && len(v.Items()) == 0
}

// reason finds the gateway's error code and message. The code may stand under error, code or detail, and error may be
// an object that holds both.
func reason(o wire.Object) (code, message string) {
	var fromError, fromCode, detail, nested string
	for key, v := range o.Members() {
		switch key {
		case "error":
			fromError, _ = v.Text()
			if inner, ok := v.Object(); ok {
				fromError, _ = inner.Member("code").Text()
				nested, _ = inner.Member("message").Text()
			}
		case "code":
			fromCode, _ = v.Text()
		case "detail":
			detail, _ = v.Text()
		case "message":
			message, _ = v.Text()
		}
	}
	return cmp.Or(fromError, fromCode, detail), cmp.Or(message, nested)
}

var errTooLarge = fmt.Errorf("the body is larger than %d bytes", maxAnswer)

// readBody reads the whole body, so that the connection can be used again, but at most one byte more than the limit.
func readBody(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if len(body) > maxAnswer {
		return body[:maxAnswer], errTooLarge
	}
	return body, err
}

// excerpt returns the start of a body, for an error's field Body. The key is taken out before the body is cut, so that
// no part of the key is left at the end.
func (c *Client) excerpt(body []byte) string {
	text := c.redact(string(body))
	return text[:min(len(text), bodyExcerpt)]
}

// redactor returns a function that takes the key out of what the gateway echoes, both as it is and as JSON escapes it.
// A key of fewer than eight characters stays: it is no secret, and the same letters may be part of other words.
func redactor(apiKey string) func(string) string {
	if len(apiKey) < 8 {
		return func(s string) string { return s }
	}
	var forms []string
	for _, key := range []string{apiKey, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(apiKey)} {
		for _, slash := range []string{"/", `\/`, `\u002f`, `\u002F`} {
			forms = append(forms, strings.ReplaceAll(key, "/", slash), "[redacted]")
		}
	}
	whole := strings.NewReplacer(forms...)
	return func(s string) string { return withoutPart(whole.Replace(s), apiKey) }
}

// withoutPart takes the first part of the key off the end of a text that broke off within it.
func withoutPart(text, key string) string {
	for n := len(key) - 1; n >= 8; n-- {
		if rest, found := strings.CutSuffix(text, key[:n]); found {
			return rest + "[redacted]"
		}
	}
	return text
}
