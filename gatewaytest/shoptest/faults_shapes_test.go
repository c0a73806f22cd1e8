package shoptest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// shapeFaults are bugs in reading bodies that have an unexpected format.
var shapeFaults = []fault{
	bug("the shop requires the content type to be exactly application/json",
		"a charset in the content type is accepted", malformed(func(r *http.Request, _ message) bool {
			return r.Header.Get("Content-Type") != "application/json"
		})).reported("https://github.com/adnanh/webhook/pull/21"),
	bug("the shop sees an empty body if the content type has a parameter",
		"a charset in the content type is accepted", decodes(func(r *http.Request, m message) (message, error) {
			if strings.Contains(r.Header.Get("Content-Type"), ";") {
				return message{}, nil
			}
			return m, nil
		})).reported("https://github.com/expressjs/body-parser/issues/474"),
	bug("the shop responds 200 but drops a webhook with a null email address",
		"a null email address is accepted", decodes(func(_ *http.Request, m message) (message, error) {
			if email, ok := m["email"]; ok && email == nil {
				return nil, errTest
			}
			return m, nil
		})).reported("https://github.com/theexperiencecompany/gaia/pull/1084"),
	bug("a webhook without a provider crashes the handler",
		"a webhook without optional members is accepted", crashesUnless[string]("provider")).
		reported("https://github.com/solana-labs/solana-payments-app/issues/517"),
	bug("a webhook without metadata crashes the handler",
		"the dashboard's test webhook is acknowledged", func(s *smallShop) {
			s.sends(func(o *order, p *ecomtrade24.SessionParams) { p.Metadata = map[string]string{"order": o.id} })
			crashesUnless[map[string]any]("meta")(s)
		}).reported("https://github.com/duncanmcclean/simple-commerce/issues/1176"),
	bug("the shop rejects metadata sent as an empty JSON list",
		"metadata sent as an empty JSON list is accepted",
		mustBe("meta", func(v any) bool { _, list := v.([]any); return !list })),
	bug("a webhook without a transaction ID crashes the handler",
		"a webhook with any status is acknowledged", crashesUnless[string]("txid")).
		reported("https://github.com/mozilla/fxa/issues/5363").also("a transaction ID sent as a JSON number is accepted"),
	bug("the shop reads long order IDs as floats",
		"paying nine of ten orders marks only those nine paid", func(s *smallShop) {
			s.newID = numbered("90071992547409930%02d") // above 2^53
			s.find = matching(func(id, asked string) bool { return rounded(id) == rounded(asked) })
		}).reported("https://github.com/sieblyio/binance/issues/662").
		also("an order ID written as a decimal number does not match", "eight buyers can all pay at the same time"),
	bug("the shop rejects an amount sent as a JSON number",
		"an amount sent as a JSON number is accepted", func(s *smallShop) {
			s.settles = func(o *order, m message) bool {
				_, text := m["amount"].(string)
				return text && settlesExactly(o, m)
			}
		}).reported("https://github.com/Adyen/adyen-commercetools/issues/807"),
	bug("the shop rejects unknown JSON members",
		"unknown JSON members are accepted", malformed(func(_ *http.Request, m message) bool {
			for name := range m {
				if !strings.Contains(knownMembers, " "+name+" ") {
					return true
				}
			}
			return false
		})),
	bug("the shop's validation rejects an empty email address",
		"an empty email address is accepted", mustBe("email", func(v any) bool { return v != "" })),
	bug("the shop stores at most 100 characters of an email address",
		"an email address of 254 characters is accepted", columnOf("email", 100)),
	bug("the shop stores at most 64 characters of a transaction ID",
		"a transaction ID of 100 characters is accepted", columnOf("txid", 64)),
	bug("the shop's validation rejects a null transaction ID",
		"a null transaction ID is accepted", malformed(func(_ *http.Request, m message) bool {
			return m["txid"] == nil && m.text("status") == "paid"
		})),
	bug("the shop requires a JSON number as the session ID in session.php's response",
		"every variant of session.php's response is accepted",
		strictSession(func(r sessionResponse) bool { return bytes.HasPrefix(r.ID, []byte(`"`)) })),
	bug("the shop requires expires_at in session.php's response",
		"every variant of session.php's response is accepted",
		strictSession(func(r sessionResponse) bool { return r.Expires == nil })),
	bug("the shop requires expires_at in MySQL's format",
		"every variant of session.php's response is accepted", strictSession(func(r sessionResponse) bool {
			_, err := time.Parse(time.DateTime, *cmp.Or(r.Expires, new(string)))
			return r.Expires != nil && err != nil
		})),
	bug("the shop reads me.php's methods only as a list of names",
		"every variant of me.php's methods is accepted",
		strictPlan(func(methods json.RawMessage) error { return json.Unmarshal(methods, new([]string)) })),
	bug("the shop reads me.php's methods only as a map of objects or a list of names",
		"every variant of me.php's methods is accepted", strictPlan(func(methods json.RawMessage) error {
			if json.Unmarshal(methods, new([]string)) == nil || json.Unmarshal(methods, new(map[string]string)) == nil {
				return nil
			}
			return json.Unmarshal(methods, new(map[string]struct{ Available bool }))
		})),
	bug("the shop's validation rejects a session ID sent as a JSON string",
		"a session ID sent as a JSON string is accepted",
		mustBe("session_id", func(v any) bool { _, text := v.(string); return !text })),
	bug("the shop's validation rejects an order ID sent as a JSON number",
		"an order ID sent as a JSON number is accepted", func(s *smallShop) {
			s.newID = numbered("%d")
			mustBe("order_id", func(v any) bool { _, text := v.(string); return text })(s)
		}),
	bug("the shop treats every test flag except JSON false as true",
		"a test flag of 0 marks a live payment", func(s *smallShop) {
			s.isTest = func(m message) bool { return m["test"] != nil && m["test"] != false || m.text("status") == "test" }
		}),
	bug("the shop treats any non-empty string in the test flag as true",
		"a test flag that is the string 0 marks a live payment", func(s *smallShop) {
			s.isTest = func(m message) bool {
				text, _ := m["test"].(string)
				return text != "" || m.yes("test") || m.text("status") == "test"
			}
		}),
	bug("the shop treats a webhook without a test flag as a test webhook",
		"a webhook without a test flag is a live payment", func(s *smallShop) {
			s.isTest = func(m message) bool { return m["test"] == nil || m.yes("test") || m.text("status") == "test" }
		}),
	bug("the shop uses the second JSON object in a body instead of the first",
		"a second JSON object in the body is ignored", func(s *smallShop) {
			s.decode = func(_ *http.Request, body []byte) (m message, err error) {
				d := json.NewDecoder(bytes.NewReader(body))
				d.UseNumber()
				for err == nil {
					err = d.Decode(&m)
				}
				if m == nil {
					return nil, errMalformed
				}
				return m, nil
			}
		}),
	bug("the shop removes white space from the body before verifying it",
		"JSON with line breaks is accepted", verifiesCopy(func(body []byte) []byte {
			var compact bytes.Buffer
			_ = json.Compact(&compact, body)
			return compact.Bytes()
		})).reported("https://github.com/amio-io/amio-sdk-js/issues/67"),
	bug("the shop verifies a copy of the body with escaped characters",
		"unescaped non-ASCII characters are accepted", verifiesCopy(func(body []byte) (escaped []byte) {
			for _, letter := range string(body) {
				if letter > '~' {
					escaped = fmt.Appendf(escaped, `\u%04x`, letter)
				} else {
					escaped = append(escaped, byte(letter))
				}
			}
			return escaped
		})).reported("https://github.com/box/box-python-sdk-gen/issues/596"),
}

const knownMembers = " event type ok session_id order_id status amount currency email txid meta merchant_id " +
	"shop_domain sent_at provider test expires_at "

// decodes makes the shop apply the function change to each decoded message.
func decodes(change func(r *http.Request, m message) (message, error)) func(*smallShop) {
	return func(s *smallShop) {
		s.decode = func(r *http.Request, body []byte) (message, error) {
			m, err := decodeJSON(r, body)
			if err != nil {
				return nil, err
			}
			return change(r, m)
		}
	}
}

// malformed makes the shop's decoder also reject a message if the function wrong returns true for it.
func malformed(wrong func(r *http.Request, m message) bool) func(*smallShop) {
	return decodes(func(r *http.Request, m message) (message, error) {
		if wrong(r, m) {
			return nil, errMalformed
		}
		return m, nil
	})
}

// columnOf makes the shop fail if a member is longer than size, like a database column.
func columnOf(name string, size int) func(*smallShop) {
	return fails(errors.New("value too long"), func(_ *smallShop, _ *tables, m message) bool {
		return len(m.text(name)) > size
	})
}

// mustBe makes the shop reject webhooks if the function right returns false for a member.
func mustBe(name string, right func(value any) bool) func(*smallShop) {
	return malformed(func(_ *http.Request, m message) bool { return !right(m[name]) })
}

// crashesUnless makes the handler panic if a webhook's member does not have the type T.
func crashesUnless[T any](name string) func(*smallShop) {
	return decodes(func(_ *http.Request, m message) (message, error) {
		_ = m[name].(T)
		return m, nil
	})
}

// sessionResponse is session.php's response, decoded without the SDK.
type sessionResponse struct {
	ID      json.RawMessage `json:"session_id"`
	Expires *string         `json:"expires_at"`
}

// strictSession makes a purchase fail if the function wrong returns true for the gateway's response.
func strictSession(wrong func(r sessionResponse) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.create = func(ctx context.Context, p ecomtrade24.SessionParams) (*ecomtrade24.Session, error) {
			session, err := s.client.Checkout(ctx, p)
			if err != nil {
				return nil, err
			}
			var r sessionResponse
			if err := json.Unmarshal(session.Raw, &r); err != nil || wrong(r) {
				return nil, errors.New("the gateway's response has an unexpected format")
			}
			return session, nil
		}
	}
}

// strictPlan makes a purchase fail if me.php's methods cannot be read.
func strictPlan(read func(methods json.RawMessage) error) func(*smallShop) {
	return func(s *smallShop) {
		s.create = func(ctx context.Context, p ecomtrade24.SessionParams) (*ecomtrade24.Session, error) {
			plan, err := s.client.Me(ctx)
			if err != nil {
				return nil, err
			}
			var r struct {
				Methods json.RawMessage `json:"methods"`
			}
			if err := json.Unmarshal(plan.Raw, &r); err != nil {
				return nil, err
			}
			if !plan.SmartRouting() {
				return s.client.Checkout(ctx, p)
			}
			if err := read(r.Methods); err != nil {
				return nil, err
			}
			p.Method = "card"
			return s.client.CreateSession(ctx, p)
		}
	}
}

// rounded returns a number rounded to a float64, as in JavaScript.
func rounded(number string) string {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return number
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
