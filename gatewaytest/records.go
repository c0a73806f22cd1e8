package gatewaytest

import (
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Request is one call of the merchant's API and what the gateway made of it.
type Request struct {
	Method   string
	Path     string
	Query    string // without the question mark
	Header   http.Header
	Body     []byte
	Status   int       // of the response; 0 means that the connection was dropped
	Rejected string    // why, and what to do; empty if it was not
	Warnings []string  // what the gateway took although a shop should not send it, as WithStrict says
	Time     time.Time // when the call arrived
}

// Delivery is one attempt to deliver a webhook, and the shop's response.
type Delivery struct {
	Webhook   int // the webhook's number, from 1; its copies and further attempts have the same
	Attempt   int // the attempt's number, from 1
	SessionID string
	OrderID   string
	Status    ecomtrade24.PaymentStatus // as sent
	URL       string
	Header    http.Header
	Body      []byte
	SentAt    time.Time // when the attempt was made
	// Response is the HTTP status of the shop's response, 0 if there is none, or none yet.
	Response     int
	ResponseBody []byte // at most 64 KiB of it
	Err          error  // why there is no response
}

// Requests returns the calls of the API so far, the newest 10,000 of them, including the refused ones. Do not change
// the headers and bodies in it.
func (g *Gateway) Requests() []Request {
	var requests []Request
	for _, r := range g.sandbox.Requests() {
		requests = append(requests, Request(r.Record))
	}
	return requests
}

// Deliveries returns the attempts to deliver a webhook so far, the newest 10,000 of them, in the order of sending. Do
// not change the headers and bodies in it.
func (g *Gateway) Deliveries() []Delivery {
	var deliveries []Delivery
	for _, d := range g.sandbox.Deliveries() {
		deliveries = append(deliveries, Delivery(d.DeliveryRecord))
	}
	return deliveries
}

// ReturnURLs returns where the gateway sends the buyer of a session who has paid, and who has canceled. Each is empty
// if the shop has not sent it.
func (g *Gateway) ReturnURLs(sessionID string) (paid, canceled string) {
	return g.sandbox.ReturnURL(sessionID), g.sandbox.CancelURL(sessionID)
}

// Sessions returns the payment of every session, in the order in which they were made. A test can find here the session
// that the shop under test has made.
func (g *Gateway) Sessions() []ecomtrade24.Payment { return g.sandbox.Sessions() }
