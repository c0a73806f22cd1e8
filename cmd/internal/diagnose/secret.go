package diagnose

import (
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// secretVariant is a secret that may have been meant.
type secretVariant struct {
	text    string
	reasons []Reason
}

// secretVariants are the secret as it is set, and those that a slip in setting it makes of it, here or at the sender.
func secretVariants(in Input) []secretVariant {
	var variants []secretVariant
	add := func(text string, reasons ...Reason) {
		if strings.TrimSpace(text) != "" { // anybody can sign with an empty secret: it explains nothing
			variants = append(variants, secretVariant{text, reasons})
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
	for _, space := range []string{"\n", "\r\n", " ", "\t"} {
		add(trimmed+space, signedWithSpace)
		add(space+trimmed, signedWithSpace)
	}
	for _, previous := range in.Previous {
		add(strings.TrimSpace(previous), previousSecret)
	}
	return variants
}
