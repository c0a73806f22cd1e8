package ecomtrade24

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// Payment is the gateway's record of one session's payment, from a webhook or a response to Status. Do not ship until
// Settles returns nil.
//
// An empty field was not set: it was absent, null, false or "", or 0 for an id. A character that PostgreSQL cannot
// store, such as NUL, becomes U+FFFD, including in Raw of the SessionStatus or Event.
//
// A SessionID with surrounding white space or a control character stays as received, but Status rejects it. Package
// inbox treats it as not set, so the payment is Incomplete: ship nothing and leave it to manual review.
type Payment struct {
	SessionID     string
	OrderID       string
	Status        PaymentStatus
	Amount        Amount // in major units
	Currency      string
	CustomerEmail string
	TxID          string            // the gateway's ID of the transaction that paid
	Domain        string            // the shop's domain at the gateway: shop_domain on the wire
	Test          bool              // true for a test, by its flag or its status; a test never pays for an order
	Metadata      map[string]string // as sent in SessionParams
}

// Paid reports whether the status is exactly "paid" and the payment is not a test. That is not enough to ship: Settles
// also compares the order ID, amount and currency.
func (p *Payment) Paid() bool { return p.Status == StatusPaid && !p.isTest() }

// isTest checks both the flag and the status, since they may differ in a Payment that was built by hand.
func (p *Payment) isTest() bool { return p.Test || p.Status == StatusTest }

// Order is your own record of an order and the amount due. ID, Amount and Currency are required.
type Order struct {
	ID        string
	Amount    Amount
	Currency  string
	SessionID string // optional: the session that must be paid
	Domain    string // optional: the shop that must have been paid, if the account has several; the payment must name it
}

// Settles decides whether to ship. It returns nil only if the payment is paid and has the same order ID, amount and
// currency as the order due (and the same session ID and domain, if the order has them). Otherwise it returns
// ErrTestPayment, ErrNotPaid or a *MismatchError. An order without an ID, a currency or an amount above zero never
// matches.
func (p *Payment) Settles(due Order) error {
	switch {
	case p.isTest():
		return ErrTestPayment
	case !p.Paid():
		return p.notPaid()
	}
	var e MismatchError
	e.compare("OrderID", due.ID, p.OrderID, due.ID != "" && p.OrderID == due.ID)
	e.compare("Amount", string(due.Amount), string(p.Amount), payable(due.Amount) && p.Amount.Equal(due.Amount))
	e.compare("Currency", due.Currency, p.Currency, due.Currency != "" && equalFold(p.Currency, due.Currency))
	e.compare("SessionID", due.SessionID, p.SessionID, due.SessionID == "" || p.SessionID == due.SessionID)
	e.compare("Domain", due.Domain, p.Domain, due.Domain == "" || equalFold(p.Domain, due.Domain))
	if e.Fields == nil {
		return nil
	}
	return &e
}

// payable reports whether a is valid and more than zero.
func payable(a Amount) bool { return a.Valid() && !a.Equal("0") }

// notPaid returns ErrNotPaid, and names the status if it is known.
func (p *Payment) notPaid() error {
	if p.Status.Rank() == 0 {
		return fmt.Errorf("%w: the status is unknown", ErrNotPaid)
	}
	return fmt.Errorf("%w: the status is %s", ErrNotPaid, p.Status)
}

// equalFold reports whether two currencies or host names are equal, ignoring ASCII case.
func equalFold(a, b string) bool { return lowerASCII(a) == lowerASCII(b) }

// word normalizes a protocol word such as a status: lower case, no surrounding white space.
func word(s string) string { return lowerASCII(strings.Trim(s, " \t\r\n")) }

// lowerASCII leaves letters beyond ASCII alone: strings.ToLower would turn "PAİD" into paid.
func lowerASCII(s string) string {
	var lower []byte // nil until an upper-case letter is found
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			if lower == nil {
				lower = []byte(s)
			}
			lower[i] = s[i] + 'a' - 'A'
		}
	}
	if lower == nil {
		return s
	}
	return string(lower)
}

// paymentFields reads the members that status responses and webhooks share. A member that affects money must be
// readable. An unreadable descriptive member is left empty, so that it does not cause the loss of a payment.
type paymentFields struct{ wire.Fields }

func (f *paymentFields) set(p *Payment, key string, v wire.Value) {
	switch key {
	case "session_id":
		f.ID(&p.SessionID, key, v)
	case "order_id":
		f.ID(&p.OrderID, key, v)
	case "status":
		f.Text((*string)(&p.Status), key, v)
	case "amount":
		f.Text((*string)(&p.Amount), key, v)
	case "currency":
		f.Text(&p.Currency, key, v)
	case "txid":
		p.TxID = transaction(v)
	case "test":
		f.Bool(&p.Test, key, v)
	case "shop_domain":
		p.Domain, _ = v.Text()
	case "email", "customer_email": // either name may be set; email wins if both are
		if address, _ := v.Text(); address != "" && (key == "email" || p.CustomerEmail == "") {
			p.CustomerEmail = address
		}
	case "meta":
		p.Metadata = v.Map()
	}
}

// transaction returns a txid. A txid that is not text keeps its JSON, so different txids stay different.
func transaction(v wire.Value) string {
	if id, ok := v.ID(); ok || !tells(v) {
		return id
	}
	return v.JSON()
}

// finish checks and completes fields that depend on several members.
func (f *paymentFields) finish(p *Payment) error {
	if err := f.Err(); err != nil {
		return err
	}
	p.Status = paymentStatus(string(p.Status))
	p.Test = p.isTest()
	if p.Status == "" {
		return errors.New("no status in it")
	}
	return nil
}
