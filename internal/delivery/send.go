// Package delivery writes, signs and sends webhooks like the gateway. The fake gateway, the command line and package
// exam all use it.
package delivery

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
)

const maxResponse = 64 << 10 // the maximum number of bytes read from a response body

// Sender sends webhooks. Like the gateway, it follows no redirect and uses no proxy.
type Sender struct{ client *http.Client }

// NewSender returns a sender that waits at most timeout for each response.
func NewSender(timeout time.Duration) *Sender {
	return NewSenderOver(&http.Transport{
		MaxIdleConnsPerHost: 64, TLSHandshakeTimeout: timeout, DisableCompression: true,
	}, timeout)
}

// NewSenderOver is like NewSender with the caller's transport. If timeout is 0, only the context limits the wait.
func NewSenderOver(transport http.RoundTripper, timeout time.Duration) *Sender {
	return &Sender{&http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       timeout,
	}}
}

// Close closes idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Request is one delivery, or any other request to the endpoint.
type Request struct {
	URL     string
	Method  string // "" means POST
	Header  http.Header
	Body    []byte
	Slow    io.Reader // if set, sent instead of Body, whose length remains the Content-Length
	Chunked bool      // sends no Content-Length
}

// Post sends one delivery.
func (s *Sender) Post(ctx context.Context, url string, header http.Header, body []byte) Response {
	return s.Send(ctx, Request{URL: url, Header: header, Body: body})
}

// Send sends one request and reads the response.
func (s *Sender) Send(ctx context.Context, q Request) Response {
	var body io.Reader = bytes.NewReader(q.Body)
	if q.Slow != nil {
		body = q.Slow
	}
	req, err := http.NewRequestWithContext(ctx, cmp.Or(q.Method, http.MethodPost), q.URL, body)
	if err != nil {
		return Response{Err: neterr.WithoutURL(err)}
	}
	req.Header, req.ContentLength = q.Header, int64(len(q.Body))
	if q.Chunked {
		req.ContentLength = -1
	}
	start := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return Response{Took: time.Since(start), Err: neterr.WithoutURL(err)}
	}
	defer resp.Body.Close()
	r := Response{Status: resp.StatusCode, Location: resp.Header.Get("Location")}
	r.Body, _ = io.ReadAll(io.LimitReader(resp.Body, maxResponse)) // only the status matters; the body is informational
	r.Took = time.Since(start)
	return r
}

// Response is the response of the merchant's endpoint.
type Response struct {
	Status   int // 0 if there is no response: see Err
	Body     []byte
	Took     time.Duration
	Location string // the target of a redirect
	Err      error  // the error's text contains no URL
}

// OK reports whether the status is 2xx. The gateway delivers again after any other status.
func (r Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Redirect reports whether the response is a redirect, which the gateway does not follow.
func (r Response) Redirect() bool { return r.Status >= 300 && r.Status <= 399 }

// Late reports whether no response came in time.
func (r Response) Late() bool {
	var timeout net.Error
	return errors.As(r.Err, &timeout) && timeout.Timeout()
}

// Closed reports whether the connection was closed before a response came.
func (r Response) Closed() bool {
	return r.Err != nil && neterr.HungUp(r.Err)
}

// String returns the status with its name, or the reason why there is no response. It contains no URL.
func (r Response) String() string {
	switch {
	case r.Status != 0:
		return strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status)))
	case r.Late():
		return "no response in time"
	case errors.Is(r.Err, context.Canceled):
		return "interrupted"
	case neterr.Refused(r.Err):
		return "connection refused"
	case r.Closed():
		return "connection closed"
	}
	return fmt.Sprint("no response: ", r.Err)
}

// Header returns the headers of a delivery, without a signature.
func Header() http.Header {
	return http.Header{"Content-Type": {"application/json"}, "User-Agent": {"EcomTrade24-CLI/1"}}
}

// InMS formats a duration in milliseconds, with one decimal if it is short.
func InMS(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
