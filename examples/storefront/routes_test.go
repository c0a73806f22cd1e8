package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oneConn is a listener with one connection.
type oneConn chan net.Conn

func (l oneConn) Accept() (net.Conn, error) {
	conn, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns a connection to a server with the handler h.
func dial(t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	client, conn := net.Pipe()
	listener := make(oneConn, 1)
	listener <- conn
	close(listener)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client
}

// Only the shop's own pages may post, even if a proxy sends another Host than the one in the browser's address bar.
func TestSameOrigin(t *testing.T) {
	t.Parallel()
	s := &shop{settings: settings{publicURL: "https://shop.example"}}
	h := s.sameOrigin().Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for origin, want := range map[string]int{
		"https://shop.example": http.StatusOK, "http://shop.example": http.StatusForbidden,
		"https://evil.example": http.StatusForbidden, "https://shop.example.evil.example": http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://10.0.0.7:8080/orders", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, origin)
	}
}

// The shop stops waiting for a visitor who sends only half of a body.
func TestLimited_slowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		read := make(chan error, 1)
		conn := dial(t, limited(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			read <- err
		}), bodyLasts))
		begin := time.Now()
		_, err := io.WriteString(conn, "POST /api/webhook HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nhalf")
		require.NoError(t, err)
		require.ErrorIs(t, <-read, os.ErrDeadlineExceeded)
		assert.Equal(t, bodyLasts, time.Since(begin))
		_, err = io.ReadAll(conn)
		require.NoError(t, err, "the connection ends")
		assert.Equal(t, bodyLasts, time.Since(begin))
	})
}

// A handler may take longer than bodyLasts, with a body and without one.
func TestLimited_slowHandler(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]string{
		"with a body": "POST /api/webhook HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody",
		"chunked":     "POST /orders HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
		"without one": "GET /orders/ORDER-1/events HTTP/1.1\r\nHost: shop\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				conn := dial(t, limited(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, err := io.ReadAll(r.Body)
					assert.NoError(t, err)
					time.Sleep(10 * bodyLasts)
					ended <- r.Context().Err()
				}), bodyLasts))
				_, err := io.WriteString(conn, request)
				require.NoError(t, err)
				assert.NoError(t, <-ended)
			})
		})
	}
}
