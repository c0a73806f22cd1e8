package ecomtrade24

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// request holds what a call sends, which is the same on every attempt.
type request struct {
	op      string // the operation, for errors and logs
	path    string // relative to the base URL, with the query
	body    []byte // the JSON body of a POST; nil for a GET
	session string // the session's ID, if it is known before the call
}

func (r request) method() string {
	if r.body == nil {
		return http.MethodGet
	}
	return http.MethodPost
}

// decoder is a response that can be decoded from the gateway's JSON.
type decoder interface {
	decode(o wire.Object, raw []byte) error
}

// do runs a call and notifies the client's observer.
func (c *Client) do(ctx context.Context, r request, out decoder) error {
	if c.observer == nil {
		_, err := c.repeat(ctx, r, out)
		return err
	}
	ctx, end := c.observer(ctx, Call{Name: r.op, Start: time.Now()})
	attempts, err := c.repeat(ctx, r, out)
	result := CallResult{Err: err, Attempts: attempts, SessionID: r.session}
	if s, ok := out.(*Session); ok && err == nil {
		result.SessionID = s.ID
	}
	end(result)
	return err
}

// repeat makes attempts, with pauses between them, until an attempt succeeds or fails with a final error. It returns
// the number of attempts.
func (c *Client) repeat(ctx context.Context, r request, out decoder) (int, error) {
	for n := 1; ; n++ {
		start := time.Now()
		f, err := c.attempt(ctx, r, n, out)
		c.logAttempt(ctx, r, n, time.Since(start), err)
		if err == nil {
			return n, nil
		}
		pause, again := c.retry.next(n, f, rand.Float64()) //nolint:gosec // jitter needs no secure random numbers
		if !again || ctx.Err() != nil {
			return n, finalError(f, err)
		}
		if ended := sleep(ctx, pause); ended != nil {
			return n, fmt.Errorf("ecomtrade24: %s: not tried again, %w, after: %w", r.op, ended, err)
		}
	}
}

func (c *Client) logAttempt(ctx context.Context, r request, n int, took time.Duration, err error) {
	level := slog.LevelDebug
	if err != nil {
		level = slog.LevelWarn
	}
	if !c.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("op", r.op), slog.Int("attempt", n), slog.Duration("took", took)}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	c.logger.LogAttrs(ctx, level, "ecomtrade24: request", attrs...)
}

// finalError adds ErrOutcomeUnknown to err if a POST may have taken effect.
func finalError(f failure, err error) error {
	if f.outcomeUnknown() {
		return fmt.Errorf("%w: %w", err, ErrOutcomeUnknown)
	}
	return err
}

// errTooLate means that the context's deadline would pass during the pause before a retry.
var errTooLate = fmt.Errorf("the time left is too short: %w", context.DeadlineExceeded)

// sleep waits for d or until ctx ends. If ctx would end first, it returns errTooLate immediately.
func sleep(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return errTooLate
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt sends the request once, as attempt number n, and decodes the response into out within the attempt's timeout.
func (c *Client) attempt(ctx context.Context, r request, n int, out decoder) (failure, error) {
	f := failure{idempotent: r.body == nil}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	watch := sendWatch{cancel: cancel, first: n == 1, netHTTP: c.netHTTP}
	req, err := http.NewRequestWithContext(watch.trace(ctx, f.idempotent), r.method(), c.baseURL+r.path, http.NoBody)
	if err != nil {
		f.notSent = true
		return f, fmt.Errorf("ecomtrade24: %s: the request cannot be built, check the base URL and the context", r.op)
	}
	c.setHeaders(req, r)
	if r.body != nil {
		// GetBody stays nil. Otherwise net/http, or a transport around it, could send the session request again by
		// itself.
		watch.body.Reset(r.body)
		req.Body, req.ContentLength = &watch, int64(len(r.body))
		if watch.netHTTP {
			req.Body = io.NopCloser(&watch.body) // net/http knows this type and can send the body with the headers
		}
	}
	if ctx.Err() != nil {
		f.notSent = true
		return f, newTransportError(ctx, "ecomtrade24: "+r.op, ctx.Err())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		f.notSent = watch.notSent(err)
		if watch.repeated.Load() {
			err = errReset // gotConn ended the attempt, and net/http hides the original cause
		}
		return f, newTransportError(ctx, "ecomtrade24: "+r.op, err)
	}
	defer resp.Body.Close()
	return c.read(ctx, f, r.op, resp, out)
}

// sendWatch tracks how much of one attempt's request was sent, and makes sure that the request is sent only once. With
// a transport other than net/http's, the sendWatch is also the body of a session request, so that it can withhold the
// body: such a transport may still read the body after it returned an error, and the gateway ignores a request without
// a body.
type sendWatch struct {
	headers  atomic.Int32 // how often net/http has sent the request's headers
	repeated atomic.Bool  // true if net/http was about to send the headers again
	netHTTP  bool         // true if the transport is net/http's own
	asked    atomic.Bool  // net/http itself looked for a connection; it no longer reads the body after an error
	state    atomic.Int32 // the body's state for any other transport: unread, begun or withheld
	body     bytes.Reader

	first bool // true for the call's first attempt
	mu    sync.Mutex
	conns []net.Conn // the connections that net/http used for the request so far
	few   [2]net.Conn
	kept  bool // true if the last connection had already served another request

	cancel context.CancelFunc // ends the attempt
	hooks  httptrace.ClientTrace
}

const (
	unread = iota
	begun
	withheld
)

// trace returns a context that reports the request's progress to w. A session request needs no gotConn: without
// GetBody, net/http resends the request only if it has not sent the headers.
func (w *sendWatch) trace(ctx context.Context, idempotent bool) context.Context {
	w.hooks.WroteHeaders = func() { w.headers.Add(1) }
	switch {
	case idempotent:
		w.conns = w.few[:0]
		w.hooks.GotConn = w.gotConn
	case w.netHTTP:
		w.hooks.GetConn = func(string) { w.asked.Store(true) }
	}
	return httptrace.WithClientTrace(ctx, &w.hooks)
}

// gotConn ends the attempt if the request is about to be sent again. After some HTTP/2 resets, net/http would resend
// the request any number of times. On the first attempt, a request that failed on a reused connection may use another
// connection: the server most likely closed the old one before the request arrived.
func (w *sendWatch) gotConn(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := slices.ContainsFunc(w.conns, func(c net.Conn) bool { return same(c, info.Conn) })
	if w.headers.Load() > 0 && (!w.kept || seen) {
		w.repeated.Store(true)
		w.cancel()
	}
	w.conns, w.kept = append(w.conns, info.Conn), info.Reused && w.first
}

// same reports whether a and b may be the same connection.
func same(a, b net.Conn) bool {
	return !reflect.ValueOf(a).Comparable() || !reflect.ValueOf(b).Comparable() || a == b
}

// Read passes the body to the transport, unless notSent has withheld it.
func (w *sendWatch) Read(p []byte) (int, error) {
	if !w.state.CompareAndSwap(unread, begun) && w.state.Load() == withheld {
		return 0, errWithheld
	}
	return w.body.Read(p)
}

// Close does nothing, since the body holds no resources.
func (w *sendWatch) Close() error { return nil }

var errWithheld = errors.New("ecomtrade24: the attempt is over")

// notSent reports whether it is certain that the gateway did not act on the request, which ended with the error err. It
// is certain in two cases: no header was sent and the body has not been read and can no longer be read, or the gateway
// said that it did not process the request.
func (w *sendWatch) notSent(err error) bool {
	switch w.headers.Load() {
	case 0:
		if w.netHTTP { // a transport registered for another scheme may have run instead
			return w.asked.Load() && int64(w.body.Len()) == w.body.Size()
		}
		return w.state.CompareAndSwap(unread, withheld)
	case 1:
		return neterr.Unprocessed(err)
	default:
		return false
	}
}

// setHeaders sets the request's headers. All values share one array, which saves three allocations.
func (c *Client) setHeaders(req *http.Request, r request) {
	values := [...]string{c.bearer(), "application/json", c.userAgent, "application/json"}
	req.Header["Authorization"] = values[0:1:1]
	req.Header["Accept"] = values[1:2:2]
	req.Header["User-Agent"] = values[2:3:3]
	if r.body != nil {
		req.Header["Content-Type"] = values[3:4:4]
	}
}

// maxResponse is the maximum size of a response's body in bytes.
const maxResponse = 1 << 20

// read decodes a response into out, or returns the response's error.
func (c *Client) read(ctx context.Context, f failure, op string, resp *http.Response, out decoder) (failure, error) {
	body, readErr := readBody(resp)
	object, raw, err := wire.ParseStorable(make(wire.Object, 0, 4), body)
	f.status = resp.StatusCode
	if resp.StatusCode < 200 || resp.StatusCode > 299 || err == nil && readErr == nil && refused(object) {
		return c.refusal(f, op, resp, object, body)
	}
	switch {
	case errors.Is(readErr, errTooLarge):
		err = readErr
	case readErr != nil:
		f.status = 0 // the connection failed before the response was complete
		err = newTransportError(ctx, "the body was cut short", readErr)
	case err == nil:
		err = out.decode(object, raw)
	case unreadable(resp.Header) != "":
		err = errors.New("its body has the Content-Encoding " + unreadable(resp.Header) + ", which the transport does not " +
			"undo: something on the way compresses it unasked, or the transport has DisableCompression")
	}
	if errors.Is(err, errComplaint) {
		return c.refusal(f, op, resp, object, body)
	}
	if err != nil {
		header := c.supportHeaders(resp.Header)
		return f, &DecodeError{StatusCode: resp.StatusCode, Header: header, Op: op, Body: c.excerpt(body), Err: err}
	}
	return f, nil
}

// unreadable returns the content coding that the transport did not decode, or "". The transport removes the header if
// it decoded the body.
func unreadable(h http.Header) string {
	coding := strings.ToLower(strings.Join(h.Values("Content-Encoding"), ", "))
	if coding == "identity" || len(coding) > 64 || strings.Trim(coding, "abcdefghijklmnopqrstuvwxyz0123456789-, ") != "" {
		return ""
	}
	return coding
}

// refusal returns the error for an unsuccessful response. If the response names a session although it reports an error,
// that session may exist.
func (c *Client) refusal(f failure, op string, resp *http.Response, o wire.Object, body []byte) (failure, error) {
	code, message := reason(o, c.redact)
	id, _ := o.Member("session_id").ID()
	f.refused = id == "" && !o.Member("checkout_url").Given()
	f.retryAfter = retryAfter(resp.Header, time.Now())
	return f, &APIError{
		StatusCode: resp.StatusCode, Code: code, Message: message, RetryAfter: f.retryAfter,
		FromProxy: (len(o) > 0 || unreadable(resp.Header) == "") && fromProxy(body),
		Header:    c.supportHeaders(resp.Header), Op: op, Body: c.excerpt(body),
	}
}

// fromProxy reports whether a body is neither JSON nor a PHP message, the only kinds of body that the gateway sends.
func fromProxy(body []byte) bool {
	text := strings.ToLower(string(bytes.TrimSpace(bytes.TrimPrefix(body[:min(len(body), 64)], []byte("\ufeff")))))
	if text == "" || text == "null" {
		return false
	}
	for _, begins := range [...]string{"{", "[", "<br", "php ", "fatal error", "parse error", "warning:", "notice:"} {
		if strings.HasPrefix(text, begins) {
			return false
		}
	}
	return true
}

// supportHeaders returns the headers that help support find a request.
func (c *Client) supportHeaders(h http.Header) http.Header {
	found := http.Header{}
	for _, name := range [...]string{
		"Cf-Ray", "Content-Encoding", "Content-Type", "Date", "Retry-After", "Server", "Traceparent", "Via", "X-Amz-Cf-Id",
		"X-Amz-Request-Id", "X-Amzn-Requestid", "X-Amzn-Trace-Id", "X-Azure-Ref", "X-Cache", "X-Correlation-Id",
		"X-Request-Id", "X-Served-By", "X-Trace-Id",
	} {
		for _, value := range h[name] {
			value = c.redact(value)
			found.Add(name, value[:min(len(value), 256)])
		}
	}
	return found
}

// refused reports whether the body of a 2xx rejects the request: its member ok is false, or it has no ok but an error.
// An ok that is neither true nor false counts as false. A body with a complete payment and an error that says why the
// payment failed is not a rejection.
func refused(o wire.Object) bool {
	if ok := o.Member("ok"); !ok.IsNull() {
		yes, readable := ok.Bool()
		return !yes || !readable
	}
	payment := tells(o.Member("session_id")) && tells(o.Member("order_id")) && o.Member("amount").Given()
	return tells(o.Member("error")) && !payment
}

// tells reports whether v has any content. PHP writes "no error" as null, or as an empty list or object.
func tells(v wire.Value) bool {
	if o, isObject := v.Object(); isObject {
		for _, inner := range o.Members() {
			if !nothing(inner) {
				return true
			}
		}
		return false
	}
	if v.IsList() {
		return slices.ContainsFunc(v.Items(), func(inner wire.Value) bool { return !nothing(inner) })
	}
	return !nothing(v)
}

// nothing(v) reports whether v is not set, 0 or empty.
func nothing(v wire.Value) bool {
	return !v.Given() || slices.Contains([]string{"0", `"0"`, "[]", "{}"}, v.JSON())
}

// errComplaint means that the body of a 2xx has none of the expected members and looks like an error.
var errComplaint = errors.New("it looks like an error message")

// complains reports whether a body looks like an error: the body does not report success and has a member that only
// errors have. If the argument words is true, a member such as message or reason counts too.
func complains(o wire.Object, words bool) bool {
	if ok, _ := o.Member("ok").Bool(); ok {
		return false
	}
	for key, v := range o.Members() {
		switch key {
		case "error", "errors", "error_code", "error_message", "code", "detail", "details":
			if tells(v) {
				return true
			}
		case "message", "msg", "reason", "title", "description":
			if words && tells(v) {
				return true
			}
		case "success":
			if yes, readable := v.Bool(); readable && !yes {
				return true
			}
		case "status":
			status, _ := v.Text()
			if digits(status) || slices.Contains([]string{"error", "fail", "failure", "not_found"}, word(status)) {
				return true
			}
		}
	}
	return false
}

// reason returns the gateway's error code and message. The code may be in the member error, code or detail, and the
// member error may be an object with a code and a message. A sentence or an HTTP status is not a code. The code is
// redacted before it is lower-cased, since redact would not find a lower-cased key.
func reason(o wire.Object, redact func(string) string) (code ErrorCode, message string) {
	told := o.Member("error")
	inner, _ := told.Object()
	for _, v := range [...]wire.Value{told, inner.Member("code"), o.Member("code"), o.Member("detail")} {
		text, _ := v.Text()
		text = redact(text)
		switch spelt := ErrorCode(word(text)); {
		case text == "" || code != "":
		case spelt != "error" && printableCode(spelt) && strings.Trim(string(spelt), "0123456789._-") != "":
			code = spelt
		case message == "" && strings.Contains(text, " "):
			message = text
		}
	}
	own, _ := o.Member("message").Text()
	nested, _ := inner.Member("message").Text()
	return code, cmp.Or(redact(own), redact(nested), message)
}

var errTooLarge = fmt.Errorf("the body is larger than %d bytes", maxResponse)

// readBody reads the body to its end, so that the connection can be reused, but stops one byte beyond the limit.
func readBody(resp *http.Response) ([]byte, error) {
	body := make([]byte, 0, 512)
	for len(body) <= maxResponse {
		n, err := resp.Body.Read(body[len(body):min(cap(body), maxResponse+1)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
		body = slices.Grow(body, 1)
	}
	return body[:maxResponse], errTooLarge
}

// excerpt returns the start of a body for an error's Body field. It removes the key before it truncates, so no part of
// the key remains at the end.
func (c *Client) excerpt(body []byte) string {
	text := c.redact(string(body))
	return text[:min(len(text), bodyExcerpt)]
}
