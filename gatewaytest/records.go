package gatewaytest

import (
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Request is an API call that the gateway received, and its result.
type Request struct {
	Method   string
	Path     string
	Query    string // the query string without the question mark
	Header   http.Header
	Body     []byte
	Status   int       // status of the response; 0 if the connection was dropped
	Rejected string    // why the call was rejected and what to do; "" if it was not
	Warnings []string  // what the gateway accepted although a request should avoid it; see WithStrict
	Time     time.Time // when the call arrived
}

// Delivery is one attempt to deliver a webhook, and the shop's response.
type Delivery struct {
	Webhook   int // the webhook's number, from 1; copies and retries have the same number
	Attempt   int // the attempt's number, from 1
	SessionID string
	OrderID   string
	Status    ecomtrade24.PaymentStatus // the payment's status in this delivery
	URL       string
	Header    http.Header
	Body      []byte
	SentAt    time.Time // when the attempt was made
	// Response is the HTTP status of the shop's response, or 0 if there is no response yet.
	Response     int
	ResponseBody []byte // body of the response, truncated to 64 KiB
	Err          error  // the reason if there is no response
}

// Requests returns the API calls so far, including rejected ones, up to the newest 10,000. Do not modify their headers
// and bodies.
func (g *Gateway) Requests() []Request {
	var requests []Request
	for _, r := range g.sandbox.Requests() {
		requests = append(requests, Request(r.Record))
	}
	return requests
}

// Deliveries returns the deliveries so far in the sequence in which they were sent, up to the newest 10,000. Do not
// modify their headers and bodies.
func (g *Gateway) Deliveries() []Delivery {
	var deliveries []Delivery
	for _, d := range g.sandbox.Deliveries() {
		deliveries = append(deliveries, Delivery(d.DeliveryRecord))
	}
	return deliveries
}

// ReturnURLs returns the URLs to which the gateway sends a session's buyer after paying and after canceling. A URL is
// empty if the shop did not set it.
func (g *Gateway) ReturnURLs(sessionID string) (paid, canceled string) {
	return g.sandbox.ReturnURL(sessionID), g.sandbox.CancelURL(sessionID)
}

// Sessions returns the payment of every session, oldest first. Use it to find the session that the shop under test
// created.
func (g *Gateway) Sessions() []ecomtrade24.Payment { return g.sandbox.Sessions() }
