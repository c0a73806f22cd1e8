package ecomtrade24

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// validate checks every field and reports all that are wrong at once.
func (p *SessionParams) validate() error {
	e := ValidationError{Op: "create session"}
	if !hostName(p.Domain) {
		e.add("domain", `must be a bare host name such as "shop.example", without scheme, port or path`)
	}
	switch {
	case !p.Amount.Valid():
		e.add("amount", `must be a decimal literal such as "49.95"`)
	case p.Amount.Equal("0"):
		e.add("amount", "must be more than zero")
	}
	if !currencyCode(p.Currency) {
		e.add("currency", `must be an upper-case code such as "USD"`)
	}
	if p.OrderID == "" {
		e.add("order_id", "must not be empty: it is how the payment finds its order")
	} else {
		e.checkText("order_id", p.OrderID)
	}
	e.checkURL("return_url", p.ReturnURL)
	e.checkURL("cancel_url", p.CancelURL)
	if p.CustomerEmail != "" && !emailAddress(p.CustomerEmail) {
		e.add("customer_email", `must be a bare address such as "buyer@example.com"`)
	}
	e.checkText("method", p.Method)
	e.checkMetadata(p.Metadata)
	return e.orNil()
}

// checkText refuses what would not come back as it was sent.
func (e *ValidationError) checkText(field, s string) {
	switch {
	case !utf8.ValidString(s):
		e.add(field, "must be valid UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		e.add(field, "must not hold control characters")
	case strings.TrimSpace(s) != s:
		e.add(field, "must not begin or end with white space")
	}
}

func (e *ValidationError) checkURL(field, s string) {
	if s != "" && (!webURL(s) || !utf8.ValidString(s)) {
		e.add(field, "must be an absolute http or https URL")
	}
}

func (e *ValidationError) checkMetadata(metadata map[string]string) {
	first := len(e.Fields)
	for key, value := range metadata {
		field := "meta." + key
		switch {
		case key == "" || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
			e.add("meta", "must have keys of printable UTF-8 text")
		case strings.Contains(strings.ToLower(key), "provider"): // payment_provider, fallback_provider …
			e.add(field, "must go or take another name: a provider is never sent, the gateway chooses it")
		case !utf8.ValidString(value):
			e.add(field, "must be valid UTF-8")
		}
	}
	slices.SortFunc(e.Fields[first:], func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
}

// currencyCode accepts ISO 4217 and the longer codes of stablecoins.
func currencyCode(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) >= 3 && len(s) <= 5
}

// emailAddress accepts local@host, without a display name or comments.
func emailAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && utf8.ValidString(s) && hostName(s[at+1:]) && !strings.ContainsFunc(s[:at], func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@<>(),;:\"[]`, r)
	})
}

// hostName accepts labels of letters, digits and inner hyphens with points between them. Letters beyond ASCII are the
// gateway's to judge, since it compares domains letter for letter.
func hostName(s string) bool {
	if s == "" || len(s) > 253 || !utf8.ValidString(s) {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return false
			}
		}
	}
	return true
}
