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

// Observer is how telemetry is attached: to a Client, a webhook.Handler and an inbox.Inbox, by the option WithObserver
// of each. It is called when an operation begins, and the function that it returns when the operation ends; neither may
// be nil or block. The operation goes on with the context that it returns. Package otel/ has one for OpenTelemetry.
// The default, none, costs nothing.
type Observer func(ctx context.Context, op Operation) (context.Context, func(Result))

// Operation is what begins.
type Operation struct {
	Name  string    // "create session", "me" or "status" of a Client; "webhook" of a Handler; "inbox" of an Inbox
	Start time.Time // of the work: a webhook is read and verified before its Event can be shown
	Event *Event    // of "webhook" and "inbox", not to be changed; nil for a webhook that cannot be trusted
}

// Result is how an operation ended.
type Result struct {
	// Outcome of a Client is "ok" or "failed"; of a Handler "handled", "discarded", "refused", "failed" or "interrupted";
	// of an Inbox "changed", "unchanged" (too late, or told before in other words), "duplicate" or "failed".
	Outcome   string
	Changes   []string      // the inbox.Kind of each call of an Inbox's Func that was committed
	Reason    string        // why a webhook was refused, in a word: "bad_signature"
	Err       error         // that of a Client has no secret in its text; others may wrap the merchant's own
	Attempts  int           // requests sent by a Client, transactions begun by an Inbox
	Waited    time.Duration // for a connection to the Inbox's database
	SessionID string        // of the payment, where it is known
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 1 << 20

// read turns an answer into out, or into the error that it is.
func (c *Client) read(f failure, op string, resp *http.Response, out decoder) (failure, error) {
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
		err = newTransportError("the body was cut short", readErr)
	case err == nil:
		err = out.decode(object, body)
	}
	if err != nil {
		return f, &DecodeError{StatusCode: resp.StatusCode, Op: op, Body: c.excerpt(body), Err: err}
	}
	return f, nil
}

// refused tells whether a body of a 2xx says no: ok is false, or there is no ok but an error. An ok that is neither
// true nor false is a no.
func refused(o wire.Object) bool {
	var failed, told, ok bool
	for key, v := range o.Members() {
		switch key {
		case "ok":
			value, readable := v.Bool()
			told, ok = !v.IsNull(), value && readable
		case "error":
			value, boolean := v.Bool()
			failed = !boolean || value
		}
	}
	if told {
		return !ok
	}
	return failed
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

// readBody reads the whole body, so that the connection can serve again, but never more than the limit and one byte.
func readBody(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if len(body) > maxAnswer {
		return body[:maxAnswer], errTooLarge
	}
	return body, err
}

// excerpt is the start of a body, for a caller who looks into an error. The key goes before the rest is cut off, so
// that no part of it stays at the edge.
func (c *Client) excerpt(body []byte) string {
	text := c.redact(string(body))
	return text[:min(len(text), bodyExcerpt)]
}

// redactor cuts the key out of what the gateway echoes, as it is or as JSON escapes it. Anything shorter than eight
// characters is no secret, and cutting it would garble the words around it.
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
	return strings.NewReplacer(forms...).Replace
}
