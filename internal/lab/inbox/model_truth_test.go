package inbox_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// payment is what a message says of one.
type payment struct{ session, txID, amount, currency string }

// message is what the gateway says: of a payment, some of its members, or the status of a session.
type message struct {
	kind   ecomtrade24.EventType // "" as Reconcile has it
	status ecomtrade24.PaymentStatus
	payment
}

func (m message) event(order string) *ecomtrade24.Event {
	return &ecomtrade24.Event{Type: m.kind, Payment: ecomtrade24.Payment{
		OrderID: order, SessionID: m.session, Status: m.status, TxID: m.txID,
		Amount: ecomtrade24.Amount(m.amount), Currency: m.currency,
	}}
}

func (m message) String() string {
	return fmt.Sprintf("%s %q session %q txid %q amount %q %q", m.status, m.kind, m.session, m.txID, m.amount, m.currency)
}

func (m message) paid() bool { return m.status == "paid" }

func (m message) complete() bool {
	return m.paid() && m.session != "" && m.amount != "" && m.currency != ""
}

func (m message) rank() int { return m.status.Rank() }

// invent makes up what is said about an order: mostly payments of a few sessions, sums and transactions, so that they
// often agree in part, in several spellings and with gaps.
func invent(random *rand.Rand, size int) []message {
	messages := make([]message, size)
	for i := range messages {
		m := &messages[i]
		m.kind = ecomtrade24.EventType(pick(random, "", "payment.session", "payment.completed"))
		m.session = pick(random, "S1", "S1", "S2", "S3")
		if random.IntN(3) == 0 {
			m.status = ecomtrade24.PaymentStatus(
				pick(random, "pending", "processing", "review", "expired", "failed", "cancelled", "declined"))
			continue
		}
		m.status, m.txID = "paid", pick(random, "T1", "T2", "T3", "")
		m.amount, m.currency = pick(random, "49.95", "49.950", "10", "10.0", "010"), pick(random, "USD", "usd", "USD", "EUR")
		for _, member := range []*string{&m.session, &m.amount, &m.currency} {
			if random.IntN(8) == 0 {
				*member = ""
			}
		}
	}
	return messages
}

func pick(random *rand.Rand, of ...string) string { return of[random.IntN(len(of))] }

// plain is a payment as it compares: without zeros that carry no value, and with capitals.
func (p payment) plain() payment {
	if strings.Contains(p.amount, ".") {
		p.amount = strings.TrimRight(strings.TrimRight(p.amount, "0"), ".")
	}
	p.amount, p.currency = strings.TrimLeft(p.amount, "0"), strings.ToUpper(p.currency)
	return p
}
