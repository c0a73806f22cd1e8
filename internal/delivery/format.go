package delivery

import (
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Format is a signature format from docs/protocol.md. A merchant must accept every format.
type Format struct {
	Header string // one of webhook.SignatureHeaders
	Prefix bool   // "sha256=" before the digits
	Upper  bool   // writes the hex digits in upper case
}

// Sign returns the header's value for body.
func (f Format) Sign(secret string, body []byte) string {
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
