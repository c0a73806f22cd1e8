package ecomtrade24

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
)

// These errors are for errors.Is. An *APIError matches at most one of the first seven. Its code decides which one, or
// its status if the code is unknown.
var (
	// ErrUnauthorized means that the gateway rejected the API key: code unauthorized, a 401, or a 403 without a code.
	ErrUnauthorized = errors.New("ecomtrade24: unauthorized")
	// ErrRateLimited means that there were too many requests (429 or code rate_limited). APIError.RetryAfter may say
	// how long to wait.
	ErrRateLimited = errors.New("ecomtrade24: rate limited")
	// ErrNotFound means that the gateway does not know the session (404).
	ErrNotFound = errors.New("ecomtrade24: not found")
	// ErrInvalidDomain means that SessionParams.Domain is not exactly one of the merchant's approved domains (code
	// invalid_domain or domain_not_allowed).
	ErrInvalidDomain = errors.New("ecomtrade24: invalid domain")
	// ErrCustomerEmailRequired means that this merchant's route needs the buyer's email address: set
	// SessionParams.CustomerEmail.
	ErrCustomerEmailRequired = errors.New("ecomtrade24: customer email required")
	// ErrNoPayoutWallet means that the merchant has no payout wallet. Set one in the gateway's dashboard; until then no
	// session can be created.
	ErrNoPayoutWallet = errors.New("ecomtrade24: no payout wallet")
	// ErrUnavailable means that the gateway, or a proxy in front of it, failed (5xx).
	ErrUnavailable = errors.New("ecomtrade24: gateway unavailable")

	// ErrOutcomeUnknown means that the request was sent but the response was lost or unreadable, so CreateSession may
	// have created a session. The gateway has no idempotency key, so neither the SDK nor net/http sends the request
	// again. If you call CreateSession again, the order may end up with two sessions. Do so only if your shop notices
	// when both are paid, as package inbox does. The error wraps its cause too.
	ErrOutcomeUnknown = errors.New("outcome unknown, a session may have been made")
	// ErrNotPaid means that the payment's status is not exactly "paid".
	ErrNotPaid = errors.New("ecomtrade24: not paid")
	// ErrTestPayment means that the payment is a test. A test never pays for an order, even if its status is "paid".
	ErrTestPayment = errors.New("ecomtrade24: test payment")
)

// bodyExcerpt is the number of bytes of a response that an error keeps.
const bodyExcerpt = 2 << 10

// FieldError describes one invalid field of a request.
type FieldError struct {
	Field  string // a field of SessionParams, such as "OrderID"; or "sessionID"
	Reason string // the wire name in parentheses, such as (order_id), then the problem and its fix; never the value
}

// Error names the field and the reason, never the value.
func (e *FieldError) Error() string { return "ecomtrade24: " + e.text() }

func (e *FieldError) text() string { return e.Field + " " + e.Reason }

// ValidationError means that parameters are invalid and nothing was sent. It lists every invalid field.
type ValidationError struct {
	Op     string // "create session" or "status"
	Fields []FieldError
}

// Error lists the fields and reasons, never a value.
func (e *ValidationError) Error() string {
	texts := make([]string, len(e.Fields))
	for i := range e.Fields {
		texts[i] = e.Fields[i].text()
	}
	return "ecomtrade24: " + e.Op + ": nothing was sent: " + strings.Join(texts, "; ")
}

// Unwrap returns a *FieldError for each field.
func (e *ValidationError) Unwrap() []error {
	all := make([]error, len(e.Fields))
	for i := range e.Fields {
		all[i] = &e.Fields[i]
	}
	return all
}

func (e *ValidationError) add(field, wire, reason string) {
	e.Fields = append(e.Fields, FieldError{Field: field, Reason: "(" + wire + ") " + reason})
}

// orNil returns e if it has a field, else nil.
func (e *ValidationError) orNil() error {
	if len(e.Fields) == 0 {
		return nil
	}
	found := *e // a copy, so that e itself stays on the stack when it has no fields
	return &found
}

// ErrorCode is the gateway's reason for rejecting a request. Unknown codes pass through.
type ErrorCode string

// The known codes. The gateway publishes no list, so expect others.
const (
	// CodeInvalidDomain means that SessionParams.Domain is not an approved domain. Send an approved domain exactly as the
	// dashboard shows it, as a bare host name, or get your domain approved. The code matches ErrInvalidDomain.
	CodeInvalidDomain ErrorCode = "invalid_domain"
	// CodeDomainNotAllowed means the same as CodeInvalidDomain. It comes with a 403, although the key is valid. It matches
	// ErrInvalidDomain.
	CodeDomainNotAllowed ErrorCode = "domain_not_allowed"
	// CodeCustomerEmailRequired means that the payment's route needs the buyer's email address. Ask the buyer for the
	// address and send it as SessionParams.CustomerEmail. If you already send it, check WithDeployment and the address
	// itself. The code matches ErrCustomerEmailRequired.
	CodeCustomerEmailRequired ErrorCode = "valid_customer_email_required"
	// CodeNoPayoutWallet means that the merchant has no payout wallet. Set one in the gateway's dashboard; until then
	// the gateway rejects every session. It matches ErrNoPayoutWallet.
	CodeNoPayoutWallet ErrorCode = "missing_merchant_payout_wallet"
	// CodeRateLimited means that there were too many requests. Wait for APIError.RetryAfter or, if it is 0, longer each
	// time. Reuse open sessions instead of creating new ones. The code matches ErrRateLimited.
	CodeRateLimited ErrorCode = "rate_limited"
	// CodeUnauthorized means that the API key is missing, wrong, revoked, or from another deployment. Check the key and
	// the base URL. The code matches ErrUnauthorized.
	CodeUnauthorized ErrorCode = "unauthorized"
)

// sentinels maps each known code to the error that it matches.
//
//nolint:gochecknoglobals // a constant in all but name
var sentinels = map[ErrorCode]error{
	CodeInvalidDomain:         ErrInvalidDomain,
	CodeDomainNotAllowed:      ErrInvalidDomain,
	CodeCustomerEmailRequired: ErrCustomerEmailRequired,
	CodeNoPayoutWallet:        ErrNoPayoutWallet,
	CodeRateLimited:           ErrRateLimited,
	CodeUnauthorized:          ErrUnauthorized,
}

// APIError is any response that is not a success: a status other than 2xx, a redirect, or an error in a 200.
type APIError struct {
	StatusCode int           // the response's HTTP status
	Code       ErrorCode     // the gateway's error code, such as CodeInvalidDomain; empty if not set
	Message    string        // the gateway's own explanation; not in the error text, since it may quote the request
	RetryAfter time.Duration // from the Retry-After header; 0 means not set
	FromProxy  bool          // the body is a web page or other text, so a proxy or CDN responded instead of the gateway
	Header     http.Header   // headers to quote to the gateway's support: request ids, CF-Ray, Date, Server; never the key
	Op         string        // "create session", "me" or "status"
	Body       string        // the first 2 KiB of the response without the key; not in the error text
}

// Error names the operation, the status, the gateway's code and what to do.
func (e *APIError) Error() string {
	text := "ecomtrade24: " + e.Op + ": the gateway answered " + strconv.Itoa(e.StatusCode)
	if e.FromProxy {
		text = "ecomtrade24: " + e.Op + ": a proxy or CDN, and not the gateway, answered " + strconv.Itoa(e.StatusCode)
	}
	if printableCode(e.Code) {
		text += " " + string(e.Code)
	}
	return text + e.advice()
}

// GoString keeps the message and the body out of %#v.
func (e *APIError) GoString() string { return e.Error() }

// Is makes errors.Is match at most one of ErrUnauthorized, ErrRateLimited, ErrNotFound, ErrInvalidDomain,
// ErrCustomerEmailRequired, ErrNoPayoutWallet and ErrUnavailable.
func (e *APIError) Is(target error) bool {
	meaning := e.meaning()
	return meaning != nil && target == meaning
}

// meaning returns the sentinel for e, or nil. If the code is unknown, the status decides. A 403 with an unknown code is
// not ErrUnauthorized, since the gateway sends 403 for other reasons too. A proxy's 401, 403 or 404 is not about the
// key or the session.
func (e *APIError) meaning() error {
	if known, ok := sentinels[e.Code]; ok {
		return known
	}
	switch {
	case e.StatusCode == http.StatusTooManyRequests:
		return ErrRateLimited
	case e.StatusCode >= http.StatusInternalServerError:
		return ErrUnavailable
	case e.FromProxy:
		return nil
	case e.StatusCode == http.StatusUnauthorized, e.StatusCode == http.StatusForbidden && e.Code == "":
		return ErrUnauthorized
	case e.StatusCode == http.StatusNotFound:
		return ErrNotFound
	default:
		return nil
	}
}

// advices holds a fix for each sentinel.
//
//nolint:gochecknoglobals // a constant in all but name
var advices = map[error]string{
	ErrInvalidDomain:         ": domain must be an approved domain, letter for letter",
	ErrCustomerEmailRequired: ": fill in CustomerEmail, which this merchant's route needs, and check WithDeployment",
	ErrNoPayoutWallet:        ": set a payout wallet in the gateway's dashboard",
	ErrUnauthorized:          ": check the API key, and that it belongs to the gateway at the base URL",
	ErrRateLimited:           ": slow down and try again later",
	ErrNotFound:              ": check the base URL and its path",
}

func (e *APIError) advice() string {
	meaning := e.meaning()
	if e.Op == "status" && errors.Is(meaning, ErrNotFound) {
		return ": check the session id, the base URL and WithDeployment"
	}
	if text, ok := advices[meaning]; ok {
		return text
	}
	return e.adviceByStatus()
}

func (e *APIError) adviceByStatus() string {
	blocked := e.FromProxy && (e.StatusCode == http.StatusForbidden || e.StatusCode == http.StatusServiceUnavailable)
	switch {
	case blocked:
		return ": it may block or challenge this server; let the gateway's support allow its address"
	case e.StatusCode == http.StatusProxyAuthRequired:
		return ": a proxy asks for a user name and password, check HTTP_PROXY"
	case e.StatusCode >= 300 && e.StatusCode < 400:
		return ": redirects are not followed, check the base URL"
	case e.StatusCode == http.StatusNotFound:
		return ": check the base URL and its path"
	case e.StatusCode >= http.StatusInternalServerError:
		return ": the gateway, or a proxy in front of it, is failing"
	default:
		return ""
	}
}

// printableCode reports whether code looks like the gateway's lower-case codes. Anything else, such as a sentence, must
// not appear in an error text.
func printableCode(code ErrorCode) bool {
	for i := range len(code) {
		c := code[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return code != "" && len(code) <= 64
}

// DecodeError is a 2xx response with an unexpected body: HTML, a PHP warning, an empty, truncated or oversized body, or
// no checkout_url. It wraps its cause. An error from CreateSession matches ErrOutcomeUnknown too.
type DecodeError struct {
	StatusCode int         // the response's HTTP status, a 2xx
	Header     http.Header // headers to quote to the gateway's support: request ids, CF-Ray, Date, Server; never the key
	Op         string      // "create session", "me" or "status"
	Body       string      // the first 2 KiB of the response without the key; not in the error text
	Err        error       // the cause
}

// Error names the operation, the status and the cause, never the body.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("ecomtrade24: %s: cannot read the gateway's response (status %d): %v", e.Op, e.StatusCode, e.Err)
}

// GoString keeps the body out of %#v.
func (e *DecodeError) GoString() string { return e.Error() }

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// MethodError means that Smart Routing does not offer the chosen method. Nothing was sent.
type MethodError struct {
	Method    string   // the chosen method; empty if none was chosen
	Available []string // the IDs to choose from, in the gateway's sequence
}

// Error names the chosen method and the available ones.
func (e *MethodError) Error() string {
	if len(e.Available) == 0 {
		return "ecomtrade24: checkout: no method is available now: check the merchant account in the gateway's dashboard"
	}
	choice := ": choose one of " + e.choice()
	if e.Method == "" {
		return "ecomtrade24: checkout: Smart Routing needs a method" + choice
	}
	return fmt.Sprintf("ecomtrade24: checkout: method %.64q is not available%s", e.Method, choice)
}

// choice lists the available IDs that look like plain IDs. The IDs come from the gateway's response, and an error text
// must quote nothing else from that response.
func (e *MethodError) choice() string {
	var ids []string
	for _, id := range e.Available {
		if printableCode(ErrorCode(id)) && len(ids) < 20 {
			ids = append(ids, id)
		}
	}
	if len(ids) < len(e.Available) {
		ids = append(ids, fmt.Sprintf("%d more in Available", len(e.Available)-len(ids)))
	}
	return strings.Join(ids, ", ")
}

// MismatchError means that a payment differs from your order. Do not ship; leave it to manual review. Fields lists
// every difference.
type MismatchError struct {
	Fields []Mismatch // at least one
}

// Mismatch is one field in which a payment differs from your order.
type Mismatch struct {
	Field string // the field of Payment: "OrderID", "Amount", "Currency", "SessionID" or "Domain"
	Want  string // from your order
	Got   string // from the payment
}

// Error names the fields and both values of each.
func (e *MismatchError) Error() string {
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = fmt.Sprintf("%s is %s, due is %s", f.Field, shown(f.Got), shown(f.Want))
		if f.Field == "Amount" && !payable(Amount(f.Want)) {
			texts[i] += ", which no payment matches"
		}
	}
	return "ecomtrade24: do not fulfil: " + strings.Join(texts, "; ")
}

// shown quotes the beginning of a value.
func shown(s string) string {
	if len(s) > 64 {
		return strconv.Quote(s[:64]) + "…"
	}
	return strconv.Quote(s)
}

func (e *MismatchError) compare(field, want, got string, agree bool) {
	if !agree {
		e.Fields = append(e.Fields, Mismatch{Field: field, Want: want, Got: got})
	}
}

// transportError is the error of a request that got no response. It wraps the cause. Its text quotes neither the
// request nor the response.
type transportError struct {
	what  string // the operation
	cause error
}

// newTransportError adds up to two errors to err's chain. It adds ctx.Err() if the context has ended, since net/http
// returns only the context's cause if there is one. If err is a timeout but does not match context.DeadlineExceeded, as
// with a TLS handshake, it adds context.DeadlineExceeded.
func newTransportError(ctx context.Context, what string, err error) error {
	err = neterr.WithoutURL(err)
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) && !errors.Is(err, errReset) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	if neterr.Timeout(err) && !errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return &transportError{what: what, cause: err}
}

func (e *transportError) Error() string { return e.what + ": " + neterr.Describe(e.cause) }

func (e *transportError) GoString() string { return e.Error() }

func (e *transportError) Unwrap() error { return e.cause }

// errReset is reported as the cause of an attempt that gotConn ended, since net/http hides the original cause.
const errReset = neterr.Plain("the server ended the HTTP/2 stream without a response (a reset or a GOAWAY)")
