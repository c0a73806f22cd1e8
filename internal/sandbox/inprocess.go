package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// inProcess is an http.RoundTripper that calls a handler instead of opening a connection. Timeouts, cancellation,
// bodies and aborted handlers behave as with http.Transport, so that a test sees the same with either.
type inProcess struct {
	handler http.Handler
	tasks   *tasks
}

// Transport returns a RoundTripper that reaches the gateway without a socket, whatever the request's host.
func (g *Gateway) Transport() http.RoundTripper { return g.inProcess(g) }

func (g *Gateway) inProcess(handler http.Handler) http.RoundTripper {
	return &inProcess{handler: handler, tasks: &g.tasks}
}

// RoundTrip returns when the handler has, or when the request's context ends.
//
//nolint:contextcheck // a server sees that the client has gone, but not its context
func (t *inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	served, err := t.arrive(req)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	inside, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, cancel)
	a := &answerWriter{header: http.Header{}}
	ended := make(chan error, 1)
	t.tasks.run(func() {
		defer cancel()
		defer stop()
		serve(t.handler, a, served.WithContext(inside), ended)
	})
	select {
	case err := <-ended:
		if err != nil {
			return nil, err
		}
		return a.response(req), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// arrive returns the request as a server gets it.
func (t *inProcess) arrive(req *http.Request) (*http.Request, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if closeErr := req.Body.Close(); err != nil || closeErr != nil {
			return nil, errors.Join(err, closeErr)
		}
	}
	target, err := url.ParseRequestURI(req.URL.RequestURI())
	if err != nil {
		return nil, err
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	header := req.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "Go-http-client/1.1")
	}
	if len(body) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return &http.Request{
		Method: method(req), URL: target, RequestURI: req.URL.RequestURI(), Host: host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "127.0.0.1:1",
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func method(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// serve runs the handler and sends how it ended: nil, or io.EOF, as for a closed connection, after a panic or a FailNow
// inside the handler.
func serve(handler http.Handler, w http.ResponseWriter, r *http.Request, ended chan<- error) {
	err := io.EOF
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, not a wrapped error
			err = fmt.Errorf("the handler panicked: %v: %w", p, io.EOF)
		}
		ended <- err
	}()
	handler.ServeHTTP(w, r)
	err = nil
}
