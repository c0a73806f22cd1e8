// Package neterr explains why a request failed, without quoting the request or the response. Some of net/http's errors
// contain the URL, and others contain text that the server sent.
package neterr

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// Plain is an error whose text is safe to show.
type Plain string //nolint:errname // the value is the error's text

func (e Plain) Error() string { return string(e) }

// These are error texts of net/http and its HTTP/2 code, which export no error values for them.
const (
	gracefulGoAway = "http2: Transport received Server's graceful shutdown GOAWAY"
	refusedStream  = "REFUSED_STREAM; received from peer"
	resetStream    = "stream error: stream ID "
	lostPing       = "http2: client connection lost"
	slowHandshake  = "net/http: TLS handshake timeout"
)

const notHTTP = "the server's response is not HTTP: check the base URL and its port"

// Unprocessed reports whether the server says over HTTP/2 that it did not process the request: it reset the stream with
// REFUSED_STREAM, or its GOAWAY names an earlier stream as the last (RFC 9113, section 8.7). If a version of net/http
// changes the text of these errors, Unprocessed returns false.
func Unprocessed(err error) bool {
	reason, found := unrepeatable(err)
	if !found {
		return false
	}
	_, code, _ := strings.Cut(reason, "; ")
	wasReset := strings.HasPrefix(reason, resetStream)
	return reason == gracefulGoAway || wasReset && code == refusedStream
}

// unrepeatable returns the reason for repeating a request, if err says that net/http had such a reason but could not
// read the body again. The text of err contains the reason in brackets.
func unrepeatable(err error) (reason string, found bool) {
	_, rest, _ := strings.Cut(err.Error(), "http2: Transport: cannot retry err [")
	reason, _, found = strings.Cut(rest, "] after Request.Body was written")
	return reason, found
}

// Timeout reports whether err is a timeout, whether or not it wraps the context's own error.
func Timeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout() || innermost(err).Error() == lostPing
}

// WithoutURL removes the url.Errors around err.
func WithoutURL(err error) error {
	var withURL *url.Error
	for errors.As(err, &withURL) {
		err = withURL.Err
	}
	return err
}

// Describe explains err in words, the most specific cause first.
func Describe(err error) string {
	return cmp.Or(plain(err), handshake(err), ended(err), network(err), text(err), unknown(err))
}

func plain(err error) string {
	var p Plain
	errors.As(err, &p)
	return string(p)
}

// handshake explains errors of TLS.
func handshake(err error) string {
	var (
		expired   x509.CertificateInvalidError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		cert      *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		remote    *net.OpError
	)
	switch {
	case errors.As(err, &expired) && expired.Reason == x509.Expired:
		return "the server's certificate has expired or is not valid yet: check this machine's clock too"
	case errors.As(err, &host):
		return "the server's certificate is for another host: check the base URL"
	case errors.As(err, &authority):
		return "the server's certificate is signed by an authority that this machine does not know: install its root " +
			"certificates (ca-certificates)"
	case errors.As(err, &cert):
		return "the server's certificate cannot be trusted: check the base URL and this machine's root certificates"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server speaks http at an https URL: check the base URL and its port"
	case errors.As(err, &record):
		return "the server does not speak TLS: check the base URL and its port"
	case errors.As(err, &remote) && remote.Op == "remote error": // an alert; its text comes from crypto/tls
		return "the server ended the TLS connection: " + remote.Err.Error()
	case innermost(err).Error() == slowHandshake:
		return "the TLS handshake did not end in time: " + context.DeadlineExceeded.Error()
	default:
		return ""
	}
}

// ended explains who ended the wait and at which step.
func ended(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return "the caller gave up: " + context.Canceled.Error()
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return "no connection in time: " + context.DeadlineExceeded.Error()
	case innermost(err).Error() == lostPing:
		return "the connection stopped answering: " + context.DeadlineExceeded.Error()
	case Timeout(err):
		return "no response in time: " + context.DeadlineExceeded.Error()
	default:
		return ""
	}
}

// network explains errors of net and io.
func network(err error) string {
	var (
		dns   *net.DNSError
		op    *net.OpError
		code  errno
		alert tls.AlertError
	)
	switch {
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &op) && errors.As(op.Err, &code):
		return op.Op + ": " + code.Error()
	case errors.As(err, &code):
		return code.Error()
	case errors.As(err, &alert):
		return alert.Error()
	case errors.Is(err, net.ErrClosed):
		return "the connection was closed while it was in use"
	case errors.As(err, &op):
		return op.Op + " failed"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was closed before the response was complete"
	default:
		return ""
	}
}

// texts explains errors for which net/http exports no error value, and recognizes them by the beginning of their text.
//
//nolint:gochecknoglobals // a constant in all but name
var texts = [...]struct{ begins, words string }{
	{gracefulGoAway, "the server closed the HTTP/2 connection before it took the request (GOAWAY)"},
	{"http2: server sent GOAWAY and closed the connection", "the server closed the HTTP/2 connection (GOAWAY)"},
	{"http2: Transport received GOAWAY from server", "the server refused the HTTP/2 connection (GOAWAY)"},
	{"http2: client connection force closed", "the HTTP/2 connection was closed"},
	{"http2: client conn", "the HTTP/2 connection was closed before the request was sent"},
	{"net/http: cannot rewind body after connection loss", "the connection was lost before the request was sent"},
	{"http: server closed idle connection", "the server closed the connection as the request was sent"},
	{"net/http: HTTP/1.x transport connection broken", notHTTP},
	{"malformed HTTP", notHTTP},
	{"net/http: server response headers exceeded", "the response's headers are too large"},
	{"http2: response header list larger", "the response's headers are too large"},
	{"failed to parse Location header", "a redirect to an invalid URL: redirects are not followed"},
	{"http: RoundTripper implementation", "the transport returned neither a response nor an error"},
	{http.StatusText(http.StatusProxyAuthRequired), "the proxy asks for a user name and password: check HTTPS_PROXY"},
	{"connection error: ", "the server broke the rules of HTTP/2"},
	{"http2: ", "the HTTP/2 connection failed"},
}

// text explains errors of net/http, crypto/tls and the SDK for which there is no exported variable or type.
func text(err error) string {
	if reason, found := unrepeatable(err); found {
		err = errors.New(reason)
	}
	whole, inner := err.Error(), innermost(err).Error()
	return cmp.Or(reset(inner), meaning(whole), meaning(inner), harmless(inner))
}

// reset returns an explanation with the code of an HTTP/2 stream reset, if text reports one.
func reset(text string) string {
	rest, found := strings.CutPrefix(text, resetStream)
	_, code, _ := strings.Cut(rest, "; ") // the text before the semicolon is the stream's number
	code, _, _ = strings.Cut(code, ";")
	if !found || !capitals(code) {
		return ""
	}
	return "the server ended the request's HTTP/2 stream: " + code
}

// meaning returns the explanation from texts for text, or "".
func meaning(text string) string {
	for _, t := range texts {
		if strings.HasPrefix(text, t.begins) {
			return t.words
		}
	}
	return ""
}

// harmless returns the beginning of text if text comes from an error of the SDK or of crypto/tls: their errors do not
// quote the request. Otherwise it returns "".
func harmless(text string) string {
	if strings.HasPrefix(text, "ecomtrade24") || strings.HasPrefix(text, "tls: ") {
		return text[:min(len(text), 200)]
	}
	return ""
}

// capitals reports whether s looks like the name of an HTTP/2 error code.
func capitals(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_01") == ""
}

// unknown explains any other error: it names the error's type if the type is informative, and hides the text, which may
// quote the request.
func unknown(err error) string {
	kind := fmt.Sprintf("%T", innermost(err))
	if strings.HasPrefix(kind, "*errors.") || strings.HasPrefix(kind, "*fmt.") {
		return "it failed for a reason that is not shown, since its text may quote the request; the error wraps the cause"
	}
	return "it failed with a " + kind + ", whose text is not shown, since it may quote the request; the error wraps it"
}

// innermost returns the error at the end of the chain, which wraps no other error.
func innermost(err error) error {
	for {
		inner := unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// unwrap returns the error that err wraps, or nil. If err wraps several, it returns the last, which is the cause.
func unwrap(err error) error {
	switch wraps := err.(type) { //nolint:errorlint // errors.As would also look at the errors that err wraps
	case interface{ Unwrap() error }:
		return wraps.Unwrap()
	case interface{ Unwrap() []error }:
		if all := wraps.Unwrap(); len(all) > 0 {
			return all[len(all)-1]
		}
	}
	return nil
}
