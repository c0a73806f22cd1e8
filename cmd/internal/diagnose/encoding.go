package diagnose

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// spacing removes white space between the tokens of the JSON, or adds it as the usual printers do.
func spacing(body []byte) []bodyVariant {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return nil
	}
	if !bytes.Equal(compact.Bytes(), bytes.TrimSpace(body)) {
		return []bodyVariant{was(compact.Bytes(), spacesAdded)}
	}
	variants := []bodyVariant{was(Spaced(compact.Bytes()), spacesLost)}
	for _, indent := range []string{"  ", "    ", "\t"} {
		var pretty bytes.Buffer
		_ = json.Indent(&pretty, compact.Bytes(), "", indent) // cannot fail: Compact has accepted the JSON
		variants = append(variants, was(pretty.Bytes(), spacesLost))
	}
	return variants
}

// In valid JSON, slashes and non-ASCII characters occur only inside strings, so no parsing is needed.

func slashes(body []byte) []bodyVariant {
	if !json.Valid(body) {
		return nil
	}
	plain, escaped := []byte{}, []byte{}
	for i, c := range body {
		if c == '/' && !Escaped(body, i) {
			escaped = append(escaped, '\\')
		}
		if c == '/' && Escaped(body, i) {
			plain = plain[:len(plain)-1]
		}
		plain, escaped = append(plain, c), append(escaped, c)
	}
	return changed(body, was(escaped, slashUnescaped), was(plain, slashEscaped))
}

func letters(body []byte) []bodyVariant {
	if !json.Valid(body) || !utf8.Valid(body) {
		return nil
	}
	return changed(body, was(escapeLetters(body), lettersUnescaped), was(unescapeLetters(body), lettersEscaped))
}

func changed(body []byte, variants ...bodyVariant) []bodyVariant {
	return slices.DeleteFunc(variants, func(v bodyVariant) bool { return bytes.Equal(v.text, body) })
}

// escapeLetters escapes non-ASCII characters as PHP does.
func escapeLetters(body []byte) []byte {
	var b []byte
	for _, r := range string(body) {
		switch {
		case r < utf8.RuneSelf:
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = appendEscape(appendEscape(b, high), low)
		default:
			b = appendEscape(b, r)
		}
	}
	return b
}

func appendEscape(b []byte, r rune) []byte {
	digits := strconv.FormatInt(int64(r)+0x10000, 16) // the digit 1, then the four digits of r
	return append(append(b, `\u`...), digits[1:]...)
}

// unescapeLetters undoes the escapes that JSON does not require.
func unescapeLetters(body []byte) []byte {
	var b []byte
	for i := 0; i < len(body); i++ {
		r, size := escapeAt(body, i)
		if size == 0 || r < ' ' || r == '"' || r == '\\' || utf16.IsSurrogate(r) {
			b = append(b, body[i])
			continue
		}
		b = utf8.AppendRune(b, r)
		i += size - 1
	}
	return b
}

// escapeAt decodes the \uXXXX or surrogate pair at i. If body has no escape at i, size is 0.
func escapeAt(body []byte, i int) (r rune, size int) {
	unit := func(i int) rune {
		if i+6 > len(body) || body[i] != '\\' || body[i+1] != 'u' || Escaped(body, i) {
			return -1
		}
		n, err := strconv.ParseUint(string(body[i+2:i+6]), 16, 16)
		if err != nil {
			return -1
		}
		return rune(n)
	}
	first := unit(i)
	if first < 0 {
		return 0, 0
	}
	if second := unit(i + 6); second >= 0 && utf16.IsSurrogate(first) {
		return utf16.DecodeRune(first, second), 12
	}
	return first, 6
}

// order undoes sorting: it puts the members in the gateway's sequence.
func order(body []byte) []bodyVariant {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	type member struct {
		name  string
		value json.RawMessage
	}
	var members []member
	for d.More() {
		name, err := d.Token()
		var m member
		if err != nil || d.Decode(&m.value) != nil {
			return nil
		}
		m.name, _ = name.(string)
		members = append(members, m)
	}
	place := func(m member) int { // unknown members come last and keep their sequence
		if at := slices.Index(gatewayOrder(), m.name); at >= 0 {
			return at
		}
		return len(gatewayOrder())
	}
	slices.SortStableFunc(members, func(a, b member) int { return place(a) - place(b) })
	b := []byte("{")
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, m.name), ':')
		b = append(b, m.value...)
	}
	return changed(body, was(append(b, '}'), reordered))
}

// gatewayOrder returns the names of a webhook's members in the gateway's sequence.
func gatewayOrder() []string {
	return []string{
		"event", "session_id", "order_id", "status", "amount", "currency", "email", "txid", "meta", "merchant_id",
		"shop_domain", "sent_at", "provider", "test",
	}
}
