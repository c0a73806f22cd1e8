package courier

import (
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// SignatureForm is one of the ways to write a signature that the contract allows, and that a merchant has to accept.
type SignatureForm struct {
	Header string // one of webhook.SignatureHeaders
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
func (k *Courier) usualForm() SignatureForm {
	return SignatureForm{Header: k.config.Header, Prefix: k.config.Prefix}
}

// anyForm draws one of the forms that the contract allows. The caller holds the lock.
func (k *Courier) anyForm() SignatureForm {
	headers := webhook.SignatureHeaders()
	return SignatureForm{
		Header: headers[k.random.IntN(len(headers))], Prefix: k.random.IntN(2) == 0, Upper: k.random.IntN(2) == 0,
	}
}
