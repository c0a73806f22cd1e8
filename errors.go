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

// Errors to compare with errors.Is. The first seven match an *APIError.
var (
	// ErrUnauthorized means that the gateway refused the API key (401, 403 or code unauthorized).
	ErrUnauthorized = errors.New("ecomtrade24: unauthorized")
	// ErrRateLimited means that there were too many requests (429 or code rate_limited). APIError.RetryAfter may say how
	// long to wait.
	ErrRateLimited = errors.New("ecomtrade24: rate limited")
	// ErrNotFound means that the gateway does not know the session (404).
	ErrNotFound = errors.New("ecomtrade24: not found")
	// ErrInvalidDomain means that SessionParams.Domain is not one of the merchant's approved domains, letter for letter.
	ErrInvalidDomain = errors.New("ecomtrade24: invalid domain")
	// ErrCustomerEmailRequired means that this merchant's route needs the buyer's address: fill in
	// SessionParams.CustomerEmail.
	ErrCustomerEmailRequired = errors.New("ecomtrade24: customer email required")
	// ErrNoPayoutWallet means that the merchant has set no payout wallet. No session can be made until there is one, in
	// the gateway's dashboard; nothing that the program sends can help.
	ErrNoPayoutWallet = errors.New("ecomtrade24: no payout wallet")
	// ErrUnavailable means that the gateway, or a proxy before it, failed (5xx).
	ErrUnavailable = errors.New("ecomtrade24: gateway unavailable")

	// ErrOutcomeUnknown means that CreateSession may or may not have made a session: the request was sent, or may have
	// been, and no usable answer came. The gateway knows no idempotency key, so neither the SDK nor net/http sends the
	// request again. Calling CreateSession again may make a second session for the same order: do so only if the shop
	// notices when both are paid, as package inbox does. The cause is wrapped too.
	ErrOutcomeUnknown = errors.New("outcome unknown, a session may have been made")
	// ErrNotPaid means that the payment's status is not exactly "paid".
	ErrNotPaid = errors.New("ecomtrade24: not paid")
	// ErrTestPayment means that the payment is a test and never pays an order, whatever else it says.
	ErrTestPayment = errors.New("ecomtrade24: test payment")
)

// bodyExcerpt is how much of an answer an error keeps, in bytes.
const bodyExcerpt = 2 << 10

// FieldError says what is wrong with one field of a request.
type FieldError struct {
	Field  string // as it is spelt on the wire: "order_id", "meta.color"
	Reason string // what is wrong and what to do; never the value
}

// ValidationError means that parameters were wrong and that nothing was sent. It names every bad field at once.
type ValidationError struct {
	Op     string // the operation: "create session" or "status"
	Fields []FieldError
}

// Error lists the fields and reasons; it never repeats a value.
func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString("ecomtrade24: " + e.Op + ": nothing was sent")
	for i, f := range e.Fields {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		b.WriteString(separator + f.Field + " " + f.Reason)
	}
	return b.String()
}

func (e *ValidationError) add(field, reason string) {
	e.Fields = append(e.Fields, FieldError{Field: field, Reason: reason})
}

// orNil returns e if a field was wrong, else nil.
func (e *ValidationError) orNil() error {
	if len(e.Fields) == 0 {
		return nil
	}
	found := *e // so that e itself, in the usual case, never leaves the stack
	return &found
}

// ErrorCode is the gateway's code for why it refused a request. Codes that the SDK does not know pass through.
type ErrorCode string

// The codes that are known. The gateway's list is not published, so expect others.
const (
	// CodeInvalidDomain means that SessionParams.Domain is not an approved domain. Send one exactly as the dashboard
	// shows it, a bare host name letter for letter, or have the shop's domain approved. It matches ErrInvalidDomain.
	CodeInvalidDomain ErrorCode = "invalid_domain"
	// CodeCustomerEmailRequired means that the route that the payment would take needs the buyer's address. Ask the
	// buyer for it and send it as SessionParams.CustomerEmail; if it was sent, check WithDeployment and the address. It
	// matches ErrCustomerEmailRequired.
	CodeCustomerEmailRequired ErrorCode = "valid_customer_email_required"
	// CodeNoPayoutWallet means that the merchant has set no wallet to be paid to. Set one in the gateway's dashboard;
	// until then every session is refused. It matches ErrNoPayoutWallet.
	CodeNoPayoutWallet ErrorCode = "missing_merchant_payout_wallet"
	// CodeRateLimited means that there were too many requests. Wait as long as APIError.RetryAfter says, or longer each
	// time, and use open sessions again instead of making new ones. It matches ErrRateLimited.
	CodeRateLimited ErrorCode = "rate_limited"
	// CodeUnauthorized means that the API key is missing, wrong or revoked, or another deployment's. Check the key and
	// the base URL. It matches ErrUnauthorized.
	CodeUnauthorized ErrorCode = "unauthorized"
)

// APIError is any answer of the gateway that is not a success: a status other than 2xx, a redirect, or ok:false in a
// 200.
type APIError struct {
	StatusCode int           // the answer's HTTP status
	Code       ErrorCode     // the gateway's, such as CodeInvalidDomain; empty if it gave none
	Message    string        // the gateway's own words; not in the text of Error, since they may quote the request
	RetryAfter time.Duration // from the Retry-After header; 0 means not given
	Op         string        // the operation: "create session", "me" or "status"
	Body       string        // the first 2 KiB of the answer without the key; not in the text of Error
}

// Error names the operation, the status, the gateway's code and what to do.
func (e *APIError) Error() string {
	text := "ecomtrade24: " + e.Op + ": the gateway answered " + strconv.Itoa(e.StatusCode)
	if printableCode(e.Code) {
		text += " " + string(e.Code)
	}
	return text + e.advice()
}

// GoString keeps the message and the body out of %#v.
func (e *APIError) GoString() string { return e.Error() }

// Is makes errors.Is match ErrUnauthorized, ErrRateLimited, ErrNotFound, ErrInvalidDomain, ErrCustomerEmailRequired,
// ErrNoPayoutWallet and ErrUnavailable.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden || e.Code == CodeUnauthorized
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests || e.Code == CodeRateLimited
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrInvalidDomain:
		return e.Code == CodeInvalidDomain
	case ErrCustomerEmailRequired:
		return e.Code == CodeCustomerEmailRequired
	case ErrNoPayoutWallet:
		return e.Code == CodeNoPayoutWallet
	case ErrUnavailable:
		return e.StatusCode >= http.StatusInternalServerError
	default:
		return false
	}
}

func (e *APIError) advice() string {
	switch {
	case e.Is(ErrInvalidDomain):
		return ": domain must be an approved domain, letter for letter"
	case e.Is(ErrCustomerEmailRequired):
		return ": fill in CustomerEmail, which this merchant's route needs, and check WithDeployment"
	case e.Is(ErrNoPayoutWallet):
		return ": set a payout wallet in the gateway's dashboard"
	case e.Is(ErrUnauthorized):
		return ": check the API key and that the base URL is its own gateway's"
	case e.Is(ErrRateLimited):
		return ": slow down and try again later"
	case e.StatusCode >= 300 && e.StatusCode < 400:
		return ": redirects are not followed, check the base URL"
	case e.Is(ErrNotFound) && e.Op != "status":
		return ": check the base URL and its path"
	case e.Is(ErrNotFound):
		return ": check the session id, the base URL and WithDeployment"
	case e.Is(ErrUnavailable):
		return ": the gateway, or a proxy before it, is failing"
	default:
		return ""
	}
}

// printableCode tells a code, which the gateway spells in lower case, from a sentence or worse, which have no place
// in an error text.
func printableCode(code ErrorCode) bool {
	for i := range len(code) {
		c := code[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return code != "" && len(code) <= 64
}

// DecodeError is a 2xx answer whose body is not what the gateway promises: HTML, a PHP warning, an empty, cut or
// oversized body, a missing checkout_url. The cause is wrapped. From CreateSession it matches ErrOutcomeUnknown too.
type DecodeError struct {
	StatusCode int    // the answer's HTTP status, a 2xx
	Op         string // the operation: "create session", "me" or "status"
	Body       string // the first 2 KiB of the answer without the key; not in the text of Error
	Err        error  // what was wrong
}

// Error names the operation, the status and what was wrong, never the body.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("ecomtrade24: %s: cannot read the gateway's answer (status %d): %v", e.Op, e.StatusCode, e.Err)
}

// GoString keeps the body out of %#v.
func (e *DecodeError) GoString() string { return e.Error() }

// Unwrap returns what was wrong.
func (e *DecodeError) Unwrap() error { return e.Err }

// MethodError means that Smart Routing does not offer the chosen method. No session was asked for.
type MethodError struct {
	Method    string   // the chosen one; empty if none was
	Available []string // the ids to choose from, in the gateway's order
}

// Error names the method and those that are available.
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

// choice lists the ids that look like ids: they come from the gateway's answer, and nothing else of it may be shown.
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

// MismatchError means that a payment is not the one that is due: do not ship, and have somebody look into it.
type MismatchError struct {
	Field string // "order_id", "amount", "currency" or "session_id"
	Want  string // the merchant's own: what is due
	Got   string // the gateway's: what the payment says
}

// Error names the field and both values.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("ecomtrade24: %s is %.64q, due is %.64q: do not fulfil", e.Field, e.Got, e.Want)
}

// transportError is a request that got no response. It wraps the cause, and its text quotes neither the request nor the
// response.
type transportError struct {
	what  string // what was being done
	cause error
}

// newTransportError also adds ctx's own error, since net/http returns only the cause of a context that has one, and
// context.DeadlineExceeded to the time-outs that do not match it by themselves, such as that of a TLS handshake.
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

// errReset is the cause of an attempt that gotConn ended: net/http does not tell its own.
const errReset = neterr.Plain("the server ended the HTTP/2 stream without a response (a reset or a GOAWAY)")
