// Package delivery posts webhooks to an endpoint, and says in words what came of it.
package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
)

const maxResponse = 64 << 10 // of the response's body, as much as is read

// Sender posts deliveries. It follows no redirect and uses no proxy, as the gateway does not.
type Sender struct{ client *http.Client }

// NewSender returns one that waits at most timeout for each response.
func NewSender(timeout time.Duration) *Sender {
	return &Sender{&http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, TLSHandshakeTimeout: timeout, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       timeout,
	}}
}

// Close gives up idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Response is what the merchant's endpoint said.
type Response struct {
	Status   int // 0 means that none came: see Err
	Took     time.Duration
	Location string // of a redirect
	Err      error
}

// OK tells whether the gateway would take the delivery as received.
func (r Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Redirect tells whether the response sends the gateway elsewhere, which it would not follow.
func (r Response) Redirect() bool { return r.Status >= 300 && r.Status <= 399 }

// Late tells whether no response came in time.
func (r Response) Late() bool {
	var timeout net.Error
	return errors.As(r.Err, &timeout) && timeout.Timeout()
}

// Closed tells whether the connection was closed before a response came.
func (r Response) Closed() bool {
	return errors.Is(r.Err, syscall.ECONNRESET) || errors.Is(r.Err, syscall.EPIPE) || errors.Is(r.Err, io.EOF)
}

// String is the status with its name, or why there is none, in words that quote no URL.
func (r Response) String() string {
	switch {
	case r.Status != 0:
		return strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status)))
	case r.Late():
		return "no response in time"
	case errors.Is(r.Err, context.Canceled):
		return "interrupted"
	case errors.Is(r.Err, syscall.ECONNREFUSED):
		return "connection refused"
	case r.Closed():
		return "connection closed"
	}
	return fmt.Sprint("no response: ", neterr.WithoutURL(r.Err))
}

// Post delivers body once. A chunked body does not tell its length beforehand.
func (s *Sender) Post(ctx context.Context, to string, header http.Header, body []byte, chunked bool) Response {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return Response{Err: err}
	}
	if chunked {
		req.ContentLength = -1
	}
	req.Header = header
	start := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return Response{Took: time.Since(start), Err: err}
	}
	defer resp.Body.Close()
	r := Response{Status: resp.StatusCode, Location: resp.Header.Get("Location")}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxResponse)) // only the status counts
	r.Took = time.Since(start)
	return r
}

// Header returns the headers of a delivery, without a signature.
func Header() http.Header {
	return http.Header{"Content-Type": {"application/json"}, "User-Agent": {"EcomTrade24-CLI/1"}}
}

// InMS writes a time in milliseconds, with a digit behind the point where it is short.
func InMS(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
