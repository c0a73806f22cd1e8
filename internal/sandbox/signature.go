package sandbox

import (
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// SignatureHeaders returns the three headers that may carry a webhook's signature, the default first.
func SignatureHeaders() []string {
	return []string{"X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature"}
}

// signatureForm is one of the ways to write a signature that the contract allows.
type signatureForm struct {
	header string
	prefix bool // "sha256=" before the digits
	upper  bool // upper-case digits
}

// sign returns the value of the header.
func (f signatureForm) sign(secret string, body []byte) string {
	const prefix = "sha256="
	digest := strings.TrimPrefix(webhook.Sign(secret, body), prefix)
	if f.upper {
		digest = strings.ToUpper(digest)
	}
	if f.prefix {
		return prefix + digest
	}
	return digest
}

// usualForm returns the form that the configuration asks for.
func (g *Gateway) usualForm() signatureForm {
	return signatureForm{header: g.config.SignatureHeader, prefix: g.config.SignaturePrefix}
}

// anyForm draws one of the forms that the contract allows. The caller holds the lock.
func (g *Gateway) anyForm() signatureForm {
	headers := SignatureHeaders()
	return signatureForm{
		header: headers[g.random.IntN(len(headers))], prefix: g.random.IntN(2) == 0, upper: g.random.IntN(2) == 0,
	}
}
