package gatewaytest

import (
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Request is one call of the merchant's API and its answer.
type Request struct {
	Method string
	Path   string
	Query  string
	Header http.Header
	Body   []byte
	Status int // of the answer; 0 means that the connection was dropped
	Time   time.Time
}

// Delivery is one attempt to deliver a webhook, and the merchant's answer.
type Delivery struct {
	Webhook    int // counts webhooks from 1; copies and further attempts of one share it
	Attempt    int // counts from 1
	SessionID  string
	OrderID    string
	Status     ecomtrade24.PaymentStatus // as sent
	URL        string
	Header     http.Header
	Body       []byte
	SentAt     time.Time
	Answer     int // the answer's status; 0 means that none came, yet or at all
	AnswerBody []byte
	Err        error // why none came
}

// Requests returns every call of the API so far, the refused ones included. Do not change what it holds.
func (g *Gateway) Requests() []Request {
	var requests []Request
	for _, r := range g.sandbox.Requests() {
		requests = append(requests, Request(r))
	}
	return requests
}

// Deliveries returns every attempt to deliver a webhook so far, in the order of sending. Do not change what it holds.
func (g *Gateway) Deliveries() []Delivery {
	var deliveries []Delivery
	for _, d := range g.sandbox.Deliveries() {
		deliveries = append(deliveries, Delivery(d))
	}
	return deliveries
}

// Sessions returns the payment of every session, in the order in which they were made: how a test finds the session
// that the shop under test made.
func (g *Gateway) Sessions() []ecomtrade24.Payment { return g.sandbox.Sessions() }
