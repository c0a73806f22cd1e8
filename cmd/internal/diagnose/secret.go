package diagnose

import (
	"crypto/sha256"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// secretVariant is a secret that may have been used.
type secretVariant struct {
	text    string
	sum     func(secret string, body []byte) []byte // nil means HMAC
	reasons []Reason
}

// sign returns the digest of a body.
func (v secretVariant) sign(body []byte) []byte {
	if v.sum != nil {
		return v.sum(v.text, body)
	}
	return sign(v.text, body)
}

// plain hashes without HMAC.
func plain(order func(secret string, body []byte) [][]byte) func(secret string, body []byte) []byte {
	return func(secret string, body []byte) []byte {
		h := sha256.New()
		for _, part := range order(secret, body) {
			h.Write(part)
		}
		return h.Sum(nil)
	}
}

// secretVariants returns the secret as it is set, and what common mistakes in setting it make of it, here or at the
// sender.
func secretVariants(in Input) []secretVariant {
	var variants []secretVariant
	add := func(text string, reasons ...Reason) {
		if strings.TrimSpace(text) != "" { // anyone can sign with an empty secret: it explains nothing
			variants = append(variants, secretVariant{text: text, reasons: reasons})
		}
	}
	trimmed := strings.TrimSpace(in.Secret)
	switch _, err := webhook.NewVerifier(in.Secret); {
	case trimmed != in.Secret:
		add(trimmed, secretSpace)
		add(in.Secret, signedWithSpace)
	case err != nil:
		add(in.Secret, secretRefused(err))
	default:
		add(in.Secret)
	}
	for _, mark := range []string{`"`, `'`} {
		if inner, ok := strings.CutPrefix(trimmed, mark); ok && strings.HasSuffix(inner, mark) {
			add(strings.TrimSuffix(inner, mark), secretQuotes)
		}
	}
	if trimmed == "" {
		return variants
	}
	for _, order := range []func(string, []byte) [][]byte{
		func(s string, b []byte) [][]byte { return [][]byte{[]byte(s), b} },
		func(s string, b []byte) [][]byte { return [][]byte{b, []byte(s)} },
	} {
		variants = append(variants, secretVariant{text: trimmed, sum: plain(order), reasons: []Reason{notHMAC}})
	}
	keyless := plain(func(_ string, b []byte) [][]byte { return [][]byte{b} })
	variants = append(variants, secretVariant{sum: keyless, reasons: []Reason{noKey}})
	for _, space := range []string{"\n", "\r\n", " ", "\t"} {
		add(trimmed+space, signedWithSpace)
		add(space+trimmed, signedWithSpace)
	}
	for _, previous := range in.Previous {
		add(strings.TrimSpace(previous), previousSecret)
	}
	return variants
}
