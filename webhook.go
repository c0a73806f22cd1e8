package ecomtrade24

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// EventType is the type of a webhook's event. Unknown values pass through.
type EventType string

// The event types seen so far. The payment's status says what happened to the payment; the event type does not.
const (
	EventPaymentSession   EventType = "payment.session"
	EventPaymentCompleted EventType = "payment.completed"
)

// Event is a decoded webhook. Package webhook creates it after verifying the signature.
//
// An Event marshals to the JSON that it was decoded from and unmarshals from that JSON, so you can store it in a queue.
// An Event built by hand, without Raw, marshals to the gateway's JSON format.
//
// PostgreSQL's text and jsonb can store every text in an Event, including Raw. PostgreSQL would reject a NUL, half a
// surrogate pair and invalid UTF-8, so each of these becomes U+FFFD: a payment must not be lost because of one
// character.
type Event struct {
	Type EventType
	Payment
	MerchantID string
	SentAt     time.Time       // in UTC; may be later in a redelivery; the zero time means not set
	Raw        json.RawMessage // the body as received, except for characters replaced by U+FFFD
}

// Confirm looks up the event's session, and returns the response only if its payment settles the order due. Call it
// before you ship. Its errors come from Status and Payment.Settles. For a test event it returns ErrTestPayment without
// a lookup.
func (c *Client) Confirm(ctx context.Context, ev *Event, due Order) (*SessionStatus, error) {
	switch {
	case ev == nil:
		return nil, errors.New("ecomtrade24: confirm: the event is nil")
	case ev.isTest():
		return nil, ErrTestPayment
	}
	s, err := c.Status(ctx, ev.SessionID)
	if err != nil {
		return nil, err
	}
	if err := s.Settles(due); err != nil {
		return nil, err
	}
	return s, nil
}

// Key identifies the fact that the event reports, so that you can recognize repetitions: the gateway sends no event ID.
// It is a hash, 64 hex characters, of type, session, order, status, transaction, amount and currency. Every redelivery
// of a fact has the same key, even if the sending time, the sequence of the fields, the spelling of the amount or the
// spelling of "not set" differs.
func (e *Event) Key() string {
	status := e.Status
	if e.isTest() { // a test with status paid is a different fact from a payment
		status = StatusTest
	}
	var scratch [256]byte
	facts := scratch[:0]
	for _, fact := range [...]string{
		string(e.Type), e.SessionID, e.OrderID, string(status), e.TxID, string(e.Amount.Canonical()), lowerASCII(e.Currency),
	} {
		facts = binary.BigEndian.AppendUint64(facts, uint64(len(fact)))
		facts = append(facts, fact...)
	}
	sum := sha256.Sum256(facts)
	return hex.EncodeToString(sum[:])
}

// MarshalJSON returns Raw. If Raw is empty, it encodes the fields in the gateway's JSON format.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Raw != nil {
		return e.Raw, nil
	}
	sentAt := ""
	if !e.SentAt.IsZero() {
		sentAt = e.SentAt.UTC().Format(time.RFC3339Nano)
	}
	return json.Marshal(eventJSON{
		Type: e.Type, SessionID: e.SessionID, OrderID: e.OrderID, Status: e.Status, Amount: e.Amount, Currency: e.Currency,
		Email: e.CustomerEmail, TxID: e.TxID, MerchantID: e.MerchantID, ShopDomain: e.Domain, SentAt: sentAt,
		Test: e.Test, Metadata: e.Metadata,
	})
}

// eventJSON is a webhook's body with the gateway's names.
type eventJSON struct {
	Type       EventType         `json:"event"`
	SessionID  string            `json:"session_id"`
	OrderID    string            `json:"order_id"`
	Status     PaymentStatus     `json:"status"`
	Amount     Amount            `json:"amount"`
	Currency   string            `json:"currency"`
	Email      string            `json:"email"`
	TxID       string            `json:"txid"`
	MerchantID string            `json:"merchant_id"`
	ShopDomain string            `json:"shop_domain"`
	SentAt     string            `json:"sent_at,omitempty"`
	Test       bool              `json:"test,omitempty"`
	Metadata   map[string]string `json:"meta,omitempty"`
}

// UnmarshalJSON reads a webhook's body: one JSON object with a status and a session or order ID. It does not check a
// signature: pass bytes from the network to webhook.Verifier.Parse instead. It copies the body. If UnmarshalJSON
// returns an error, e is unchanged.
func (e *Event) UnmarshalJSON(body []byte) error {
	o, storable, err := wire.ParseStorable(make(wire.Object, 0, 16), body)
	if err != nil {
		return fmt.Errorf("ecomtrade24: event: %w", err)
	}
	read := Event{Raw: bytes.Clone(storable)}
	if err := read.decode(o); err != nil {
		return fmt.Errorf("ecomtrade24: event: %w", err)
	}
	*e = read
	return nil
}

func (e *Event) decode(o wire.Object) error {
	var f paymentFields
	var event, oldType string
	for key, v := range o.Members() {
		switch key {
		case "event":
			event, _ = v.Text()
		case "type": // an older name for the "event" member
			oldType, _ = v.Text()
		case "merchant_id":
			e.MerchantID, _ = v.ID()
		case "sent_at":
			e.SentAt = v.Time()
		default:
			f.set(&e.Payment, key, v)
		}
	}
	e.Type = EventType(cmp.Or(event, oldType))
	if err := f.finish(&e.Payment); err != nil {
		return err
	}
	if e.SessionID == "" && e.OrderID == "" {
		return errors.New("neither session_id nor order_id in it")
	}
	return nil
}
