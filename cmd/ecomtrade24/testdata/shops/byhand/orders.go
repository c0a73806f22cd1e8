package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

type order struct {
	State, Email, Session, TxID          string
	Review                               bool
	Shipments, Receipts, Points, Invoice int
	Sessions                             map[string]string // the status of each
}

// shop is everything that is stored, in one JSON file.
type shop struct {
	Orders          map[string]*order
	Stock, Invoices int
}

const price, currency = "49.95", "USD"

var (
	file   = os.Getenv("SHOP_DIR") + "/shop.json"
	mu     sync.Mutex // held by change, and never while the gateway is called
	number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	noTest = regexp.MustCompile(`^(null|false|0|""|"0"|"false")?$`)
	rank   = map[string]int{
		"pending": 1, "processing": 2, "review": 3, "failed": 4, "declined": 4, "expired": 4, "cancelled": 4,
		"canceled": 4, "paid": 5,
	}
)

func load() (s shop, err error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return shop{Orders: map[string]*order{}, Stock: 100_000}, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &s)
	}
	return s, err
}

// change stores what becomes of the shop: in full or, if that fails, not at all.
func change(what func(s *shop)) error {
	mu.Lock()
	defer mu.Unlock()
	s, err := load()
	if err != nil {
		return err
	}
	what(&s)
	if _, err := os.Stat(os.Getenv("SHOP_DIR") + "/broken"); err == nil {
		return errors.New("the disk fails")
	}
	content, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(file+".new", content, 0o600)
	}
	if err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// object is a JSON object. Unlike a struct it takes no "Status" for "status".
type object map[string]json.RawMessage

// text returns a text or the digits of a number: an amount is no float, and a session ID may exceed an int64.
func (o object) text(name string) (s string) {
	raw := string(o[name])
	if json.Unmarshal(o[name], &s) != nil && raw != "" && strings.Contains("-0123456789", raw[:1]) {
		return raw
	}
	return s
}

// id is text, except for 0: the gateway writes it for an ID that is not set.
func (o object) id(name string) string {
	if s := o.text(name); s != "0" {
		return s
	}
	return ""
}

// settles reports whether the payment is what the order costs.
func settles(amount, in string) bool {
	if f, err := strconv.ParseFloat(amount, 64); fault("round") && err == nil {
		return strconv.FormatFloat(f, 'f', 2, 64) == price
	}
	same := len(in) == len(currency) && strings.EqualFold(in, currency)
	if !number.MatchString(amount) || !same || fault("letters") && in != currency {
		return false // the length differs if a letter beyond ASCII, such as 'ſ', folds into one of the currency's
	}
	paid, _ := new(big.Rat).SetString(amount)
	due, _ := new(big.Rat).SetString(price)
	return paid.Cmp(due) == 0
}

// same reports whether two IDs may be the same: one that is not set contradicts nothing.
func same(a, b string) bool { return a == "" || b == "" || a == b }

// moves sets the status of a session, which only moves forward.
func (o *order) moves(session, status string) {
	if session != "" && rank[status] > rank[o.Sessions[session]] {
		o.Sessions[session] = status
	}
}

// payable reports whether the buyer may pay: not if the order is paid or a payment is under way.
func (o *order) payable() bool {
	for _, status := range o.Sessions {
		if status == "processing" || status == "review" {
			return false
		}
	}
	return o.State != "paid"
}

// apply does what a verified webhook, or a status lookup, says. The fault named race passes true for open.
func (s *shop) apply(event object, open bool) {
	session, txid, status := event.id("session_id"), event.id("txid"), event.text("status")
	o := s.Orders[event.text("order_id")]
	if o == nil || status == "test" || !noTest.Match(event["test"]) {
		return
	}
	o.moves(session, status)
	repeated := same(o.Session, session) && same(o.TxID, txid)
	switch {
	case rank[status] == 0:
		o.Review = true // an unknown status is for a person
	case status != "paid":
	case !settles(event.text("amount"), event.text("currency")):
		o.Review = true
	case o.State != "paid", open, fault("payments") && !repeated:
		s.Stock--
		s.Invoices++
		o.State, o.Session, o.TxID, o.Invoice = "paid", session, txid, s.Invoices
		o.Shipments++
		o.Receipts++
		o.Points++
	case repeated:
		o.Session, o.TxID = cmp.Or(o.Session, session), cmp.Or(o.TxID, txid)
	default:
		o.Review = true // paid twice: refund one
	}
}
