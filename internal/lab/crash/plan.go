package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// order is one of the shop's orders and its expected state.
type order struct {
	id       string
	amount   ecomtrade24.Amount
	pays     bool  // the deliveries include a payment that settles the order
	twice    bool  // a second payment arrives through another session
	payments int   // number of payments
	expires  []int // sessions that expire without a payment
	expected []int // sessions whose payment only a lookup finds, since no webhook reports it
}

// delivery is one webhook. Its sent_at is the time of its arrival, so a redelivery has a new sent_at.
type delivery struct {
	event, order string
	session      int // 0 means not set
	status       string
	amount       ecomtrade24.Amount
	currency     string
	txID         string
	test         bool
	at           float64 // time of arrival; orders begin one unit apart
}

// body returns the webhook's JSON, with null for fields that are not set.
func (d *delivery) body(sentAt time.Time) []byte {
	session := ""
	if d.session != 0 {
		session = strconv.Itoa(d.session)
	}
	return fmt.Appendf(nil, `{"event":%q,"session_id":%s,"order_id":%q,"status":%q,"amount":%s,"currency":%s,"txid":%s,`+
		`"merchant_id":175,"shop_domain":"shop.example","sent_at":%q,"test":%t}`,
		d.event, orNull(session), d.order, d.status, orNull(string(d.amount)), orNull(d.currency), orNull(d.txID),
		sentAt.Format(time.RFC3339), d.test)
}

func orNull(text string) string {
	if text == "" {
		return "null"
	}
	return strconv.Quote(text)
}

// plan is a shop's orders and everything that the gateway delivers about them, in the sequence of arrival.
type plan struct {
	orders     []order
	deliveries []delivery
}

// newPlan invents n orders, with about four deliveries each. If lost is set, it adds a few orders whose payment only a
// lookup can find.
func newPlan(n int, lost bool) *plan {
	p := &plan{}
	random := rand.New(rand.NewPCG(24, uint64(n)))
	for i := range n {
		p.add(i, random)
	}
	for i := range n / 25 {
		if lost {
			p.addLost(n+i, 25*float64(i), random)
		}
	}
	slices.SortFunc(p.deliveries, func(a, b delivery) int { return cmp.Compare(a.at, b.at) })
	return p
}

// add invents one order and its deliveries.
func (p *plan) add(i int, random *rand.Rand) {
	amount, _ := ecomtrade24.AmountFromMinor(int64(100+random.IntN(100000)), "USD")
	o := order{id: fmt.Sprintf("ORDER-%d", 10001+i), amount: amount}
	s := story{order: &o, first: 2*i + 1, second: 2*i + 2, start: float64(i), random: random}
	switch share := random.IntN(100); {
	case share < 40: // the buyer pays in the only session
		s.tell(0, s.first, "pending")
		s.pay(1, s.first)
	case share < 55: // the session expires, and then the money arrives
		s.tell(0, s.first, "expired")
		s.pay(4, s.first)
	case share < 70: // a second session pays, and the first expires later
		s.tell(0, s.first, "pending")
		s.pay(3, s.second)
		s.tell(8, s.first, "expired")
		o.expires = []int{s.first}
	case share < 80: // both sessions pay
		s.pay(1, s.first)
		s.pay(3, s.second)
		o.twice = true
	case share < 86: // the buyer pays too little
		s.payWrong(1, s.first)
	case share < 90: // the buyer pays too little in one session and, at the same time, the right amount in another
		s.payWrong(1, s.first)
		s.pay(1, s.second)
	case share < 93: // the buyer never pays
		s.tell(0, s.first, "processing")
		s.tell(2, s.first, "declined")
	case share < 96: // both sessions expire
		s.tell(0, s.first, "expired")
		s.tell(1, s.second, "pending")
		s.tell(3, s.second, "expired")
		o.expires = []int{s.first, s.second}
	default: // a test webhook looks like a payment
		s.tell(0, s.first, "pending")
		s.deliver(1, delivery{
			event: "payment.completed", session: s.first, status: "paid", amount: amount, currency: "USD", test: true,
		})
	}
	p.orders = append(p.orders, o)
	p.deliveries = append(p.deliveries, s.deliveries...)
}

// addLost invents an order whose payment no webhook reports. For every second order, the session expires before the
// payment.
func (p *plan) addLost(i int, start float64, random *rand.Rand) {
	o := order{id: fmt.Sprintf("ORDER-%d", 10001+i), amount: "49.95", pays: true, payments: 1, expected: []int{2*i + 1}}
	s := story{order: &o, first: 2*i + 1, start: start, random: random}
	if i%2 == 0 {
		s.tell(0, s.first, "expired")
	}
	p.orders = append(p.orders, o)
	p.deliveries = append(p.deliveries, s.deliveries...)
}

// story collects the deliveries about one order.
type story struct {
	order         *order
	first, second int // the order's sessions
	start         float64
	random        *rand.Rand
	deliveries    []delivery
}

// deliver adds a delivery that arrives after the given time plus a random delay, so that deliveries can overtake each
// other. A third of the deliveries are repeated: half of them at the same time, the others much later.
func (s *story) deliver(after float64, d delivery) {
	d.order = s.order.id
	d.at = s.start + after + 4*s.random.Float64()
	s.deliveries = append(s.deliveries, d)
	switch s.random.IntN(6) {
	case 0:
		s.deliveries = append(s.deliveries, d, d)
	case 1:
		d.at += 5 + 50*s.random.Float64()
		s.deliveries = append(s.deliveries, d)
	}
}

func (s *story) tell(after float64, session int, status string) {
	s.deliver(after, delivery{
		event: "payment.session", session: session, status: status, amount: s.order.amount, currency: "USD",
	})
}

// pay adds the deliveries of a payment, under one event type or both. Deliveries with event type payment.session lack
// the transaction ID. Up to two more deliveries lack other fields.
func (s *story) pay(after float64, session int) {
	s.order.pays = true
	s.order.payments++
	d := delivery{session: session, status: "paid", amount: s.order.amount, currency: "USD"}
	for range s.random.IntN(3) {
		s.lacking(after, d)
	}
	kind := s.random.IntN(3)
	if kind != 0 {
		d.event = "payment.session"
		s.deliver(after, d)
	}
	if kind != 1 {
		d.event, d.txID = "payment.completed", fmt.Sprintf("tx-%d", session)
		s.deliver(after, d)
	}
}

// The method lacking adds an incomplete delivery: it lacks either the session, the amount or the currency, or all of
// amount, currency and transaction ID.
func (s *story) lacking(after float64, d delivery) {
	d.event, d.txID = "payment.session", fmt.Sprintf("tx-%d", d.session)
	switch s.random.IntN(4) {
	case 0:
		d.session = 0
	case 1:
		d.amount = ""
	case 2:
		d.currency = ""
	default:
		d.amount, d.currency, d.txID = "", "", ""
	}
	s.deliver(after, d)
}

func (s *story) payWrong(after float64, session int) {
	s.order.payments++
	s.deliver(after, delivery{
		event: "payment.completed", session: session, status: "paid", amount: "0.50", currency: "USD",
		txID: fmt.Sprintf("tx-%d", session),
	})
}
