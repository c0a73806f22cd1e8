package ecomtrade24

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// Payment is what the gateway says about one session's payment, in a webhook or in a response to Status. Do not ship
// because of one until Settles agrees.
//
// An empty field was not set: it was absent, null, false or "", or 0 for an id. A character that PostgreSQL cannot
// store, such as NUL, is U+FFFD, in Raw of the SessionStatus or Event too.
//
// A SessionID with white space around it or with a control character is kept as it came, but Status takes none. Package
// inbox treats it as not set, so such a payment is Incomplete: it ships nothing and goes to manual review.
type Payment struct {
	SessionID     string
	OrderID       string
	Status        PaymentStatus
	Amount        Amount // in major units
	Currency      string
	CustomerEmail string
	TxID          string            // the transaction that paid, as the gateway names it
	Domain        string            // the shop's, as the gateway knows it: shop_domain on the wire
	Test          bool              // a test, by its flag or its status: never a payment
	Metadata      map[string]string // as sent in SessionParams
}

// Paid reports whether the status is exactly "paid" and the payment is not a test. That is not enough to ship: Settles
// also compares the order, the amount and the currency.
func (p *Payment) Paid() bool { return p.Status == StatusPaid && !p.isTest() }

// isTest also covers a Payment built by hand, in which the status and the flag may differ.
func (p *Payment) isTest() bool { return p.Test || p.Status == StatusTest }

// Order is what the merchant's own records say is due. ID, Amount and Currency are required.
type Order struct {
	ID        string
	Amount    Amount
	Currency  string
	SessionID string // optional: the session that must have paid
	Domain    string // optional: the shop that must have been paid, for accounts with several; the payment has to name it
}

// Settles decides whether to ship: it returns nil only if the payment is paid and its order ID, amount and currency
// (and session ID and domain, if due has them) all agree with due. If not, it returns ErrTestPayment, ErrNotPaid or a
// *MismatchError. An order without an ID, a currency or an amount above zero never matches.
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

// payable reports whether a is a sum that can be due: more than zero.
func payable(a Amount) bool { return a.Valid() && !a.Equal("0") }

// notPaid names the status where it is one of the gateway's own words.
func (p *Payment) notPaid() error {
	if p.Status.Rank() == 0 {
		return fmt.Errorf("%w: the status is unknown", ErrNotPaid)
	}
	return fmt.Errorf("%w: the status is %s", ErrNotPaid, p.Status)
}

// equalFold compares currencies and host names, whose case in ASCII means nothing.
func equalFold(a, b string) bool { return lowerASCII(a) == lowerASCII(b) }

// word returns a word of the protocol in lower case and without white space around it.
func word(s string) string { return lowerASCII(strings.Trim(s, " \t\r\n")) }

// lowerASCII leaves every letter beyond ASCII alone: strings.ToLower makes "PAİD" paid.
func lowerASCII(s string) string {
	var lower []byte // nil while s is in lower case
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

// paymentFields reads the members that statuses and webhooks share. A member that decides about money must be readable.
// One that only describes is left empty if it cannot be read, since a payment must not be lost over it.
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
	case "email", "customer_email": // whichever is filled in; email if both are
		if address, _ := v.Text(); address != "" && (key == "email" || p.CustomerEmail == "") {
			p.CustomerEmail = address
		}
	case "meta":
		p.Metadata = v.Map()
	}
}

// transaction returns a txid. One that is no text keeps its JSON: two of them must not look like one.
func transaction(v wire.Value) string {
	if id, ok := v.ID(); ok || !tells(v) {
		return id
	}
	return v.JSON()
}

// finish checks and completes what depends on several members.
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
