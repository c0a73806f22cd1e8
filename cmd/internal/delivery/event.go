// Package delivery writes, signs and posts webhooks the way the gateway does.
package delivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Event is what a webhook says. Fields are in the order in which the gateway writes them.
type Event struct {
	Type       string    `json:"event"`
	SessionID  ID        `json:"session_id"`
	OrderID    string    `json:"order_id"`
	Status     string    `json:"status"`
	Amount     string    `json:"amount"`
	Currency   string    `json:"currency"`
	Email      *string   `json:"email"`
	TxID       *string   `json:"txid"`
	MerchantID int       `json:"merchant_id"`
	ShopDomain string    `json:"shop_domain"`
	SentAt     Timestamp `json:"sent_at"`
	Provider   string    `json:"provider"`
	Test       bool      `json:"test"`
}

// ID is written as a number where it is one, as the gateway does.
type ID string

// MarshalJSON writes up to 18 digits bare, and anything else in quotes.
func (id ID) MarshalJSON() ([]byte, error) {
	if len(id) > 18 || len(id) > 1 && id[0] == '0' || id == "" {
		return json.Marshal(string(id))
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return json.Marshal(string(id))
		}
	}
	return []byte(id), nil
}

// Timestamp is written as PHP's DATE_ATOM, in UTC.
type Timestamp time.Time

// MarshalJSON never fails.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, `"2006-01-02T15:04:05-07:00"`), nil
}

// Test is the webhook that a merchant's dashboard sends to try an endpoint out: it can never pay for anything.
func Test(orderID, domain string, sentAt time.Time) Event {
	return Event{
		Type: "payment.session", SessionID: "0", OrderID: orderID, Status: "test", Amount: "0.00", Currency: "USD",
		MerchantID: 175, ShopDomain: domain, SentAt: Timestamp(sentAt), Provider: "ecomtrade24", Test: true,
	}
}

// Body is the event as PHP's json_encode writes it: slashes and everything beyond ASCII are escaped.
func (e Event) Body() []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		panic(fmt.Sprintf("delivery: an event is always JSON: %v", err))
	}
	return phpEscapes(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// phpEscapes relies on valid JSON, which has slashes and letters beyond ASCII inside strings only.
func phpEscapes(compact []byte) []byte {
	var b []byte
	for _, r := range string(compact) {
		switch {
		case r == '/':
			b = append(b, `\/`...)
		case r < utf8.RuneSelf:
			b = utf8.AppendRune(b, r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				b = fmt.Appendf(b, `\u%04x`, unit)
			}
		}
	}
	return b
}
