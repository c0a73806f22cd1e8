package model

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// Payment has the fields of a message that describe a payment.
type Payment struct{ Session, TxID, Amount, Currency string }

// Message is a message from the gateway. It has some fields of a payment, or a session's status.
type Message struct {
	kind   ecomtrade24.EventType // "" for a status lookup
	status ecomtrade24.PaymentStatus
	Payment
}

// Event returns the message as an event about an order.
func (m Message) Event(order string) *ecomtrade24.Event {
	return &ecomtrade24.Event{Type: m.kind, Payment: ecomtrade24.Payment{
		OrderID: order, SessionID: m.Session, Status: m.status, TxID: m.TxID,
		Amount: ecomtrade24.Amount(m.Amount), Currency: m.Currency,
	}}
}

// String shows every field of the message.
func (m Message) String() string {
	return fmt.Sprintf("%s %q session %q txid %q amount %q %q", m.status, m.kind, m.Session, m.TxID, m.Amount, m.Currency)
}

func (m Message) paid() bool { return m.status == "paid" }

func (m Message) complete() bool {
	return m.paid() && m.Session != "" && m.Amount != "" && m.Currency != ""
}

func (m Message) rank() int { return m.status.Rank() }

// Invent makes up messages about an order, mostly payments, with partly overlapping sessions, amounts and transactions,
// in several spellings and with some fields missing.
func Invent(random *rand.Rand, size int) []Message {
	var unpaid []string // the statuses that a session can have without a payment
	for _, s := range wire.Statuses {
		if s.Rank > 0 && s.Rank < wire.RankPaid {
			unpaid = append(unpaid, s.Name)
		}
	}
	messages := make([]Message, size)
	for i := range messages {
		m := &messages[i]
		m.kind = ecomtrade24.EventType(pick(random, "", "payment.session", "payment.completed"))
		m.Session = pick(random, "S1", "S1", "S2", "S3")
		if random.IntN(3) == 0 {
			m.status = ecomtrade24.PaymentStatus(pick(random, unpaid...))
			continue
		}
		m.status, m.TxID = "paid", pick(random, "T1", "T2", "T3", "")
		m.Amount, m.Currency = pick(random, "49.95", "49.950", "10", "10.0", "010"), pick(random, "USD", "usd", "USD", "EUR")
		for _, member := range []*string{&m.Session, &m.Amount, &m.Currency} {
			if random.IntN(8) == 0 {
				*member = ""
			}
		}
	}
	return messages
}

func pick(random *rand.Rand, of ...string) string { return of[random.IntN(len(of))] }

// plain returns the payment in canonical form, for comparison: without leading and trailing zeros, and in capitals.
func (p Payment) plain() Payment {
	if strings.Contains(p.Amount, ".") {
		p.Amount = strings.TrimRight(strings.TrimRight(p.Amount, "0"), ".")
	}
	p.Amount, p.Currency = strings.TrimLeft(p.Amount, "0"), strings.ToUpper(p.Currency)
	return p
}
