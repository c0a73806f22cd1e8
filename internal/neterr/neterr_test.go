package neterr_test

import (
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
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
)

const goAway = "http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] " +
	"after Request.Body was written; define Request.GetBody to avoid this error"

// reset is net/http's error for a stream that the server reset after the request's body was sent.
func reset(code string) error {
	return fmt.Errorf("http2: Transport: cannot retry err [stream error: stream ID 5; %s; received from peer] "+
		"after Request.Body was written; define Request.GetBody to avoid this error", code)
}

type custom struct{}

func (custom) Error() string { return "MARKER" }

// late is a timeout error that is recognizable only by its Timeout method.
type late struct{ error }

func (late) Timeout() bool   { return true }
func (late) Temporary() bool { return true }

func TestDescribe(t *testing.T) {
	t.Parallel()
	rows := []struct {
		err  error
		want string
	}{
		{neterr.Plain("the proxy answered 407"), "the proxy answered 407"},
		{fmt.Errorf("wrapped: %w", neterr.Plain("as it is")), "as it is"},
		{context.Canceled, "the caller gave up: context canceled"},
		{fmt.Errorf("%w: %w", context.DeadlineExceeded, io.EOF), "no response in time: context deadline exceeded"},
		{late{errors.New("MARKER")}, "no response in time: context deadline exceeded"},
		{late{errors.New("net/http: TLS handshake timeout")}, "the TLS handshake did not end in time: context deadline exceeded"},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, "no connection in time: context deadline exceeded"},
		{errors.New("http2: client connection lost"), "the connection stopped answering: context deadline exceeded"},
		{&net.DNSError{Err: "no such host", Name: "pay.example"}, "lookup pay.example: no such host"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "dial: connection refused"},
		{syscall.ECONNRESET, "connection reset by peer"},
		{&net.OpError{Op: "read", Err: errors.New("MARKER")}, "read failed"},
		{&net.OpError{Op: "readfrom", Err: net.ErrClosed}, "the connection was closed while it was in use"},
		{tls.AlertError(40), "tls: handshake failure"},
		{&net.OpError{Op: "remote error", Err: tls.AlertError(42)}, "the server ended the TLS connection: tls: bad certificate"},
		{errors.New("tls: server selected unsupported protocol version 301"), "tls: server selected unsupported protocol version 301"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, "the server's certificate has expired or is not valid yet: check this machine's clock too"},
		{
			&tls.CertificateVerificationError{Err: errors.New("MARKER")},
			"the server's certificate cannot be trusted: check the base URL and this machine's root certificates",
		},
		{http.ErrSchemeMismatch, "the server speaks http at an https URL: check the base URL and its port"},
		{io.EOF, "the connection was closed before the response was complete"},
		{fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", io.ErrUnexpectedEOF), "the connection was closed before the response was complete"},
		{
			fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", errors.New(`malformed HTTP response "MARKER"`)),
			"the server's response is not HTTP: check the base URL and its port",
		},
		{errors.New("http: server closed idle connection"), "the server closed the connection as the request was sent"},
		{errors.New("net/http: cannot rewind body after connection loss"), "the connection was lost before the request was sent"},
		{errors.New("net/http: server response headers exceeded 1 bytes; aborted"), "the response's headers are too large"},
		{errors.New(`failed to parse Location header "MARKER": x`), "a redirect to an invalid URL: redirects are not followed"},
		{errors.New("Proxy Authentication Required"), "the proxy asks for a user name and password: check HTTPS_PROXY"},
		{errors.New("http: RoundTripper implementation (x) returned a nil *Response with a nil error"), "the transport returned neither a response nor an error"},
		{errors.New(goAway), "the server closed the HTTP/2 connection before it took the request (GOAWAY)"},
		{
			errors.New(`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="MARKER"`),
			"the server closed the HTTP/2 connection (GOAWAY)",
		},
		{errors.New("http2: Transport received GOAWAY from server ErrCode:PROTOCOL_ERROR"), "the server refused the HTTP/2 connection (GOAWAY)"},
		{reset("REFUSED_STREAM"), "the server ended the request's HTTP/2 stream: REFUSED_STREAM"},
		{errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer"), "the server ended the request's HTTP/2 stream: INTERNAL_ERROR"},
		{errors.New("ecomtrade24: not paid"), "ecomtrade24: not paid"}, // the SDK's own error texts contain no secrets
		{errors.New("http2: MARKER"), "the HTTP/2 connection failed"},
		{errors.New("MARKER"), "it failed for a reason that is not shown, since its text may quote the request; the error wraps the cause"},
		{fmt.Errorf("MARKER: %w", errors.New("MARKER")), "it failed for a reason that is not shown, since its text may quote the request; the error wraps the cause"},
		{
			fmt.Errorf("MARKER: %w", custom{}),
			"it failed with a neterr_test.custom, whose text is not shown, since it may quote the request; the error wraps it",
		},
	}
	for _, row := range rows {
		assert.Equal(t, row.want, neterr.Describe(row.err), "%v", row.err)
		assert.Equal(t, row.want, neterr.Describe(fmt.Errorf("MARKER: %w", row.err)), "wrapped: %v", row.err)
	}
}

func TestUnprocessed(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New(goAway), &url.Error{Err: reset("REFUSED_STREAM")}} {
		assert.True(t, neterr.Unprocessed(err), "%v", err)
	}
	for _, err := range []error{
		io.EOF,
		reset("PROTOCOL_ERROR"), // net/http would repeat the request after this error
		reset("INTERNAL_ERROR"),
		reset("PROTOCOL_ERROR; REFUSED_STREAM"),
		// net/http itself repeats a request after this reset, so an error that reaches the SDK has another cause.
		errors.New("stream error: stream ID 5; REFUSED_STREAM; received from peer"),
		errors.New("http2: Transport received Server's graceful shutdown GOAWAY"),
		errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=\"\""),
	} {
		assert.False(t, neterr.Unprocessed(err), "%v", err)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		context.DeadlineExceeded, os.ErrDeadlineExceeded, syscall.ETIMEDOUT, fmt.Errorf("x: %w", late{io.EOF}),
		&net.DNSError{IsTimeout: true}, fmt.Errorf("x: %w", errors.New("http2: client connection lost")),
	} {
		assert.True(t, neterr.Timeout(err), "%v", err)
	}
	for _, err := range []error{io.EOF, context.Canceled, syscall.ECONNREFUSED, &net.DNSError{}} {
		assert.False(t, neterr.Timeout(err), "%v", err)
	}
}

func TestWithoutURL(t *testing.T) {
	t.Parallel()
	inner := &url.Error{Op: "Get", URL: "https://pay.example/?MARKER", Err: io.EOF}
	assert.Equal(t, io.EOF, neterr.WithoutURL(&url.Error{Op: "Get", URL: inner.URL, Err: inner}))
	assert.Equal(t, io.EOF, neterr.WithoutURL(io.EOF))
}
