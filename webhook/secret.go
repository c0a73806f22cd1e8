package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkSecret returns an error for a secret with which every delivery would fail: one that was copied or configured
// wrongly, or that the program's cryptography rejects. The error never repeats the secret.
func checkSecret(secret string) error {
	switch trimmed := strings.TrimSpace(secret); {
	case trimmed == "":
		return errors.New("the secret is empty: is its environment variable set?")
	case trimmed != secret:
		return errors.New("the secret has white space around it: trim it")
	case strings.ContainsFunc(secret, invisible):
		return errors.New("the secret has an invisible character in it: copy it again, " +
			"and save its file as UTF-8 without a byte order mark")
	case quoted(secret):
		return errors.New("the secret has quotation marks around it: remove them where it is set")
	case placeholder(secret):
		return errors.New("the secret is a placeholder that nothing has filled in: put the secret itself in its place, " +
			"or have it filled in before the program starts")
	}
	return refusedKey([]byte(secret))
}

// invisible reports whether r cannot be seen: a control character, a byte order mark, a joiner, or a space other than
// the plain one.
func invisible(r rune) bool {
	return r != ' ' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Z, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point)
}

// quoted reports whether s has quotation marks around it. One typographic quotation mark at either end is enough, since
// no generated secret begins or ends with one.
func quoted(s string) bool {
	const typographic = "“”„‟‘’‚‛«»‹›"
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(typographic, first) || strings.ContainsRune(typographic, last) ||
		len(s) > 1 && first == last && strings.ContainsRune("\"'`", first)
}

// placeholder reports whether s is a placeholder that a shell, a template or a person should have replaced, or an
// abbreviated secret copied from a manual.
func placeholder(s string) bool {
	for _, marks := range [...][2]string{
		{"${", "}"}, {"$(", ")"}, {"{{", "}}"}, {"#{", "}"}, {"[[", "]]"}, {"<", ">"}, {"%", "%"},
	} {
		if rest, found := strings.CutPrefix(s, marks[0]); found && strings.HasSuffix(rest, marks[1]) {
			// If the marks are one character each, a random secret may have them by chance.
			return len(marks[0]+marks[1]) > 2 || name(strings.TrimSuffix(rest, marks[1]))
		}
	}
	variable, found := strings.CutPrefix(s, "$")
	return found && variable != "" && strings.Trim(variable, upper+digits+"_") == "" ||
		strings.HasSuffix(s, "…") || strings.HasSuffix(s, "...")
}

const (
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
)

// name reports whether s could be the name of a variable, or a description. A random secret hardly ever looks like a
// name.
func name(s string) bool { return strings.Trim(s, upper+lower+digits+" _-.:") == "" }

// refusedKey returns an error if package hmac would panic for the key on each delivery. With GODEBUG=fips140=only, hmac
// panics for keys shorter than 14 bytes.
func refusedKey(key []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the secret cannot be used in this program: %v: have the gateway make a longer one", p)
		}
	}()
	hmac.New(sha256.New, key)
	return nil
}
