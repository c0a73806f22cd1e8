package shoptest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// message is the JSON of a webhook or a lookup response, decoded without the SDK.
type message map[string]any

// decodeJSON reads exactly one JSON object.
func decodeJSON(_ *http.Request, body []byte) (message, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var m message
	if err := d.Decode(&m); err != nil {
		return nil, errMalformed
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || m == nil {
		return nil, errMalformed
	}
	return m, nil
}

// formMessage reads a form or a query string.
func formMessage(text string) (message, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, errMalformed
	}
	m := message{}
	for name := range values {
		m[name] = values.Get(name)
	}
	return m, nil
}

// text returns the named member as text if it is a string or a number, and "" otherwise.
func (m message) text(name string) string {
	switch v := m[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// session returns the message's session ID, or "" if it is 0.
func (m message) session() string {
	if id := m.text("session_id"); id != "0" {
		return id
	}
	return ""
}

func (m message) payment() payment { return payment{m.session(), m.text("txid")} }

// yes reports whether a member is true in any form that PHP may write.
func (m message) yes(name string) bool {
	v, ok := m[name].(bool)
	return ok && v || m.text(name) == "1" || m.text(name) == "true"
}

// with returns a copy of the message with one member replaced.
func (m message) with(name string, value any) message {
	changed := message{}
	for k, v := range m {
		changed[k] = v
	}
	changed[name] = value
	return changed
}

var decimal = regexp.MustCompile(`^[0-9]{1,40}(\.[0-9]{1,40})?$`)

// number parses a decimal amount, or returns nil.
func number(amount string) *big.Rat {
	if !decimal.MatchString(amount) {
		return nil
	}
	n, _ := new(big.Rat).SetString(amount)
	return n
}

func sameAmount(a, b string) bool {
	x, y := number(a), number(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}

// sameWord compares two words, ignoring the case of ASCII letters only.
func sameWord(a, b string) bool { return upper(a) == upper(b) }

func upper(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}
