package delivery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Headers are the three that may carry a signature, the usual one first.
func Headers() []string {
	return []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}
}

// Form is one of the ways to write a signature that merchants have to accept.
type Form struct {
	Header string // one of Headers
	Prefix bool   // "sha256=" before the digits; the gateway itself has been seen to send them bare
	Upper  bool   // upper-case digits
}

// NewForm checks the header's name.
func NewForm(header string, prefix, upper bool) (Form, error) {
	f := Form{http.CanonicalHeaderKey(header), prefix, upper}
	if !slices.Contains(Headers(), f.Header) {
		return f, fmt.Errorf("no such signature header: choose one of %s", strings.Join(Headers(), ", "))
	}
	return f, nil
}

// Value is the header's value for body.
func (f Form) Value(secret string, body []byte) string {
	const prefix = "sha256="
	digits := strings.TrimPrefix(webhook.Sign(secret, body), prefix)
	if f.Upper {
		digits = strings.ToUpper(digits)
	}
	if f.Prefix {
		return prefix + digits
	}
	return digits
}
