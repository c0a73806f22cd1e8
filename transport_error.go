package ecomtrade24

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
)

// transportError is a request that got no answer. It wraps the cause, and its text shows only causes whose words are known
// to be harmless: net/http quotes the URL in some of its errors and the answer's bytes in others.
type transportError struct {
	what  string // what was being done
	cause error
}

func newTransportError(what string, err error) error {
	for {
		var withURL *url.Error
		if !errors.As(err, &withURL) {
			return &transportError{what: what, cause: err}
		}
		err = withURL.Err
	}
}

func (e *transportError) Error() string {
	return e.what + ": " + describe(e.cause)
}

func (e *transportError) GoString() string { return e.Error() }

func (e *transportError) Unwrap() error { return e.cause }

// describe says what went wrong in words that carry no URL, key or body.
func describe(err error) string {
	var (
		dns     *net.DNSError
		op      *net.OpError
		cert    *tls.CertificateVerificationError
		alert   tls.AlertError
		errno   syscall.Errno
		timeout net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "the caller gave up: " + context.Canceled.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time: " + context.DeadlineExceeded.Error()
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &cert):
		return "the gateway's certificate cannot be trusted: check the base URL and this machine's root certificates"
	case errors.As(err, &alert):
		return alert.Error()
	case errors.As(err, &op) && errors.As(op.Err, &errno):
		return op.Op + ": " + errno.Error()
	case errors.As(err, &op):
		return op.Op + " failed"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was closed before the answer was complete"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	default:
		return fmt.Sprintf("the request failed with %T; its words may quote the request, errors.Unwrap has them", err)
	}
}

// connWatch learns from net/http whether a request ever got a connection.
type connWatch struct {
	wanted, got atomic.Bool
	trace       httptrace.ClientTrace
}

func (w *connWatch) watch(ctx context.Context) context.Context {
	w.trace.GetConn = func(string) { w.wanted.Store(true) }
	w.trace.GotConn = func(httptrace.GotConnInfo) { w.got.Store(true) }
	return httptrace.WithClientTrace(ctx, &w.trace)
}

// neverOpened is true only on evidence: the transport reported that it looked for a connection and never that it got one.
// A transport that reports nothing may have sent the request.
func (w *connWatch) neverOpened() bool { return w.wanted.Load() && !w.got.Load() }

// dialFailed tells whether err is that of a connection, to the gateway or the proxy before it, that was never established.
func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}
