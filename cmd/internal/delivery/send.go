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
	"net/url"
	"strings"
	"syscall"
	"time"
)

const maxAnswer = 64 << 10 // of the answer's body, as much as is read

// Sender posts deliveries. It follows no redirect and uses no proxy, as the gateway does not.
type Sender struct{ client *http.Client }

// NewSender returns one that waits at most timeout for each answer.
func NewSender(timeout time.Duration) *Sender {
	return &Sender{&http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, TLSHandshakeTimeout: timeout, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       timeout,
	}}
}

// Close gives up idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Answer is what the merchant's endpoint said.
type Answer struct {
	Status   int // 0 means that none came: see Err
	Took     time.Duration
	Location string // of a redirect
	Err      error
}

// OK tells whether the gateway would take the delivery as received.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// Redirect tells whether the answer sends the gateway elsewhere, which it would not follow.
func (a Answer) Redirect() bool { return a.Status >= 300 && a.Status <= 399 }

// Late tells whether no answer came in time.
func (a Answer) Late() bool {
	var timeout net.Error
	return errors.As(a.Err, &timeout) && timeout.Timeout()
}

// Closed tells whether the connection was closed before an answer came.
func (a Answer) Closed() bool {
	return errors.Is(a.Err, syscall.ECONNRESET) || errors.Is(a.Err, syscall.EPIPE) || errors.Is(a.Err, io.EOF)
}

// String is the status with its name, or why there is none, in words that quote no URL.
func (a Answer) String() string {
	switch {
	case a.Status != 0:
		return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)))
	case a.Late():
		return "no answer in time"
	case errors.Is(a.Err, context.Canceled):
		return "interrupted"
	case errors.Is(a.Err, syscall.ECONNREFUSED):
		return "connection refused"
	case a.Closed():
		return "connection closed"
	}
	var withURL *url.Error
	if errors.As(a.Err, &withURL) {
		return "no answer: " + withURL.Err.Error()
	}
	return fmt.Sprint("no answer: ", a.Err)
}

// Post delivers body once. A chunked body does not tell its length beforehand.
func (s *Sender) Post(ctx context.Context, to string, header http.Header, body []byte, chunked bool) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return Answer{Err: err}
	}
	if chunked {
		req.ContentLength = -1
	}
	req.Header = header
	start := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return Answer{Took: time.Since(start), Err: err}
	}
	defer resp.Body.Close()
	a := Answer{Status: resp.StatusCode, Location: resp.Header.Get("Location")}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // the status is the answer
	a.Took = time.Since(start)
	return a
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
