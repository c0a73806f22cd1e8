package sandbox

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"strconv"
)

// answerWriter is the http.ResponseWriter of a handler in this process.
type answerWriter struct {
	header http.Header // what the handler sets
	sent   http.Header // a copy of it, made when the status was written
	status int
	body   bytes.Buffer
}

func (a *answerWriter) Header() http.Header { return a.header }

// WriteHeader keeps the first final status. Informational ones are not passed on.
func (a *answerWriter) WriteHeader(status int) {
	if a.status != 0 || status < 200 {
		return
	}
	a.status, a.sent = status, a.header.Clone()
}

func (a *answerWriter) Write(p []byte) (int, error) {
	if a.status == 0 && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", http.DetectContentType(p))
	}
	a.WriteHeader(http.StatusOK)
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	return a.body.Write(p)
}

// Flush fixes the status and the header, as sending them would.
func (a *answerWriter) Flush() { a.WriteHeader(http.StatusOK) }

// response returns the answer as a client gets it.
func (a *answerWriter) response(req *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	length := int64(a.body.Len())
	if a.sent.Get("Content-Length") == "" && length > 0 {
		a.sent.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	body := a.body.Bytes()
	if req.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: maps.Clone(a.sent), ContentLength: length, Request: req,
		Body: &answerBody{req: req, unread: bytes.NewReader(body)},
	}
}

// answerBody is the body of an answer. It can be read until it is closed or its request's context ends.
type answerBody struct {
	req    *http.Request
	unread *bytes.Reader
	closed bool
}

func (b *answerBody) Read(p []byte) (int, error) {
	switch ctx := b.req.Context(); {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case ctx.Err() != nil && b.unread.Len() > 0:
		return 0, context.Cause(ctx)
	default:
		return b.unread.Read(p)
	}
}

func (b *answerBody) Close() error {
	b.closed = true
	return nil
}
