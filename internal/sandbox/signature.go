package sandbox

import (
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// SignatureHeaders returns the three headers that may carry a webhook's signature, the default first.
func SignatureHeaders() []string {
	return []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}
}

// SignatureForm is one of the ways to write a signature that the contract allows, and that a merchant has to accept.
type SignatureForm struct {
	Header string // one of SignatureHeaders
	Prefix bool   // "sha256=" before the digits
	Upper  bool   // upper-case digits
}

// Value returns the value of the header for body.
func (f SignatureForm) Value(secret string, body []byte) string {
	const prefix = "sha256="
	digest := strings.TrimPrefix(webhook.Sign(secret, body), prefix)
	if f.Upper {
		digest = strings.ToUpper(digest)
	}
	if f.Prefix {
		return prefix + digest
	}
	return digest
}

// usualForm returns the form that the configuration asks for.
func (g *Gateway) usualForm() SignatureForm {
	return SignatureForm{Header: g.config.SignatureHeader, Prefix: g.config.SignaturePrefix}
}

// anyForm draws one of the forms that the contract allows. The caller holds the lock.
func (g *Gateway) anyForm() SignatureForm {
	headers := SignatureHeaders()
	return SignatureForm{
		Header: headers[g.random.IntN(len(headers))], Prefix: g.random.IntN(2) == 0, Upper: g.random.IntN(2) == 0,
	}
}
