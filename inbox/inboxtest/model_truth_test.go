package inboxtest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// payment is one true payment of an order.
type payment struct{ session, txID, amount, currency string }

// truth is what really happened to an order, and everything that is said about it.
type truth struct {
	payments []payment
	messages []message
	mixed    bool // a session can have two currencies; then every message names its own
}

// message is what the gateway says: of a payment, some of its members, or the status of a session.
type message struct {
	kind   ecomtrade24.EventType // "" as Reconcile has it
	status ecomtrade24.PaymentStatus
	payment
	of int // which payment, -1 for none
}

func (m message) event(order string) *ecomtrade24.Event {
	return &ecomtrade24.Event{Type: m.kind, Payment: ecomtrade24.Payment{
		OrderID: order, SessionID: m.session, Status: m.status, TxID: m.txID,
		Amount: ecomtrade24.Amount(m.amount), Currency: m.currency,
	}}
}

func (m message) String() string {
	return fmt.Sprintf("%s %q session %q txid %q amount %q %q (payment %d)",
		m.status, m.kind, m.session, m.txID, m.amount, m.currency, m.of)
}

// newTruth invents 1 to 3 sessions with 0 to 3 payments, and about size messages. Each payment has a full message
// among them, which is what Reconcile is sure to supply.
func newTruth(random *rand.Rand, size int) truth {
	t := truth{mixed: random.IntN(6) == 0}
	currencies := [...]string{"USD", "USD", pick(random, "USD", "EUR")}
	sessions := 1 + random.IntN(3)
	for range random.IntN(4) {
		n := random.IntN(sessions)
		currency := currencies[n]
		if t.mixed {
			currency = pick(random, "USD", "EUR")
		}
		amount := pick(random, "49.95", "49.95", "10", "0.5")
		t.add(random, payment{fmt.Sprintf("S%d", n+1), fmt.Sprintf("T%d", len(t.payments)+1), amount, currency})
	}
	for i, p := range t.payments {
		if random.IntN(4) == 0 && len(t.of(p.session)) == 1 {
			t.payments[i].txID = "" // it has none, and nobody can mistake it for another one of its session
		}
	}
	for i := range t.payments {
		t.messages = append(t.messages, t.paid(random, i, false))
	}
	for len(t.messages) < size {
		if len(t.payments) > 0 && random.IntN(4) > 0 {
			t.messages = append(t.messages, t.paid(random, random.IntN(len(t.payments)), true))
			continue
		}
		status := ecomtrade24.PaymentStatus(pick(random, "pending", "processing", "review", "expired", "failed", "cancelled"))
		session := fmt.Sprintf("S%d", random.IntN(sessions)+1)
		move := message{kind: kind(random), status: status, payment: payment{session: session}, of: -1}
		t.messages = append(t.messages, move)
	}
	return t
}

// add adds a payment, now and then one that is told apart from the one before by one member only.
func (t *truth) add(random *rand.Rand, p payment) {
	if n := len(t.payments); n > 0 && random.IntN(4) == 0 {
		last := t.payments[n-1]
		switch random.IntN(3) {
		case 0:
			p.session, p.txID, p.currency = last.session, last.txID, last.currency // another amount
		case 1:
			p.session, p.amount, p.currency = last.session, last.amount, last.currency // another transaction
		default:
			p.txID, p.amount, p.currency = last.txID, last.amount, last.currency // another session
		}
	}
	for _, q := range t.payments {
		// Nothing is there twice, a session has one currency unless it is mixed, and a transaction of two sessions one sum.
		if q == p || !t.mixed && q.session == p.session && q.currency != p.currency ||
			q.txID == p.txID && q.session != p.session && (q.amount != p.amount || q.currency != p.currency) {
			return
		}
	}
	t.payments = append(t.payments, p)
}

// paid is a message about payment i, full or with any of its members missing.
func (t *truth) paid(random *rand.Rand, i int, lacking bool) message {
	p := t.payments[i]
	m := message{kind: kind(random), status: "paid", payment: p, of: i}
	if random.IntN(4) == 0 {
		m.amount += map[bool]string{true: "0", false: ".0"}[strings.Contains(m.amount, ".")]
		m.currency = strings.ToLower(m.currency)
	}
	for _, member := range []*string{&m.session, &m.txID, &m.amount, &m.currency} {
		kept := t.mixed && member == &m.currency
		if lacking && !kept && random.IntN(3) == 0 {
			*member = ""
		}
	}
	return m
}

func kind(random *rand.Rand) ecomtrade24.EventType {
	return ecomtrade24.EventType(pick(random, "", "payment.session", "payment.completed"))
}

func pick(random *rand.Rand, of ...string) string { return of[random.IntN(len(of))] }
