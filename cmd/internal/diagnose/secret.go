package diagnose

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// secretVariant is a secret that the sender may have signed with.
type secretVariant struct {
	text    string
	sum     func(secret string, body []byte) []byte
	reasons []Reason
}

// plain returns the SHA-256 of the concatenated parts, without HMAC.
func plain(parts ...[]byte) []byte {
	sum := sha256.Sum256(slices.Concat(parts...))
	return sum[:]
}

// secretVariants returns the secret as it is set, and variants for common mistakes, made here or at the sender.
func secretVariants(in Input) []secretVariant {
	var variants []secretVariant
	add := func(text string, reasons ...Reason) {
		if strings.TrimSpace(text) != "" { // an empty secret explains nothing: anyone can sign with it
			variants = append(variants, secretVariant{text, sign, reasons})
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
	before := func(secret string, body []byte) []byte { return plain([]byte(secret), body) }
	after := func(secret string, body []byte) []byte { return plain(body, []byte(secret)) }
	keyless := func(_ string, body []byte) []byte { return plain(body) }
	variants = append(variants, secretVariant{trimmed, before, []Reason{notHMAC}},
		secretVariant{trimmed, after, []Reason{notHMAC}}, secretVariant{"", keyless, []Reason{noKey}})
	for _, space := range []string{"\n", "\r\n", " ", "\t"} {
		add(trimmed+space, signedWithSpace)
		add(space+trimmed, signedWithSpace)
	}
	for _, previous := range in.Previous {
		add(strings.TrimSpace(previous), previousSecret)
	}
	return variants
}
