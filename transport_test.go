package ecomtrade24_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// network connects a client to a server without sockets, so that a test can kill connections and a synctest bubble
// controls the time.
type network struct {
	accepted chan net.Conn
	closed   chan struct{}

	mu    sync.Mutex
	conns []*dyingConn
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.accepted:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { close(n.closed); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	dying := &dyingConn{Conn: client, dead: make(chan struct{}), closed: make(chan struct{})}
	n.mu.Lock()
	n.conns = append(n.conns, dying)
	n.mu.Unlock()
	n.accepted <- server
	return dying, nil
}

// die makes the existing connections drop all data from now on, without closing them.
func (n *network) die() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.conns {
		close(conn.dead)
	}
}

func (n *network) connections() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

// dyingConn is a connection whose data the network may drop.
type dyingConn struct {
	net.Conn

	dead, closed chan struct{}
	once         sync.Once
}

func (c *dyingConn) Write(p []byte) (int, error) {
	select {
	case <-c.dead:
		return len(p), nil
	default:
		return c.Conn.Write(p)
	}
}

func (c *dyingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	select {
	case <-c.dead:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (c *dyingConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// serveOver serves handle over TLS, and returns the network and the SDK's own transport to it.
func serveOver(t *testing.T, http2 bool, handle http.HandlerFunc) (*network, *http.Transport) {
	t.Helper()
	n := &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
	certificate, roots := valid()
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}}
	if http2 {
		config.NextProtos = []string{"h2"}
	}
	server := &http.Server{Handler: handle, TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.ServeTLS(n, "", "") }()
	transport := ecomtrade24.NewTransport()
	transport.DialContext = n.dial
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	return n, transport
}

// If a connection dies silently, calls fail for at most 15 seconds. Then they use new connections and work again.
func TestNewTransport_givesUpADeadConnection(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		for _, timeout := range []time.Duration{time.Second, 15 * time.Second, time.Hour} {
			if !http2 && timeout > 15*time.Second {
				continue // over HTTP/1 only the timeout distinguishes a dead connection from a slow gateway
			}
			synctest.Test(t, func(t *testing.T) {
				n, transport := serveOver(t, http2, answer(200, paidJSON))
				c := newClient(t, "https://example.com", over(transport),
					ecomtrade24.WithTimeout(timeout), withoutRetries())
				_, err := c.Status(t.Context(), "12345")
				require.NoError(t, err)
				n.die()
				start := time.Now()
				for err = errors.New("not yet"); err != nil && time.Since(start) < time.Hour; {
					if _, err = c.Status(t.Context(), "12345"); err != nil {
						require.ErrorIs(t, err, context.DeadlineExceeded, "expected a timeout")
					}
				}
				assert.LessOrEqual(t, time.Since(start), 15*time.Second, "HTTP/2: %t, timeout: %s", http2, timeout)
				assert.Equal(t, 2, n.connections())
			})
		}
	}
}

// A slow gateway still responds to pings, so its connection is kept.
func TestNewTransport_waitsForASlowGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, transport := serveOver(t, true, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute) //nolint:forbidigo // a slow gateway, on the bubble's clock
			answer(200, paidJSON)(w, r)
		})
		c := newClient(t, "https://example.com", over(transport),
			ecomtrade24.WithTimeout(2*time.Minute), withoutRetries())
		_, err := c.Status(t.Context(), "12345")
		require.NoError(t, err)
	})
}

// The client closes an idle connection before most servers would, over HTTP/1 and HTTP/2.
func TestNewTransport_keepsNoConnectionLongerThanServersDo(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		for pause, want := range map[time.Duration]int{3 * time.Second: 1, 5 * time.Second: 2} {
			synctest.Test(t, func(t *testing.T) {
				n, transport := serveOver(t, http2, answer(200, paidJSON))
				c := newClient(t, "https://example.com", over(transport))
				for range 2 {
					_, err := c.Status(t.Context(), "12345")
					require.NoError(t, err)
					time.Sleep(pause) //nolint:forbidigo // the bubble's clock
				}
				assert.Equal(t, want, n.connections(), "HTTP/2: %t, pause: %s", http2, pause)
			})
		}
	}
}

func TestClient_CloseIdleConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, transport := serveOver(t, false, answer(200, paidJSON))
		c := newClient(t, "https://example.com", over(transport))
		for range 2 {
			_, err := c.Status(t.Context(), "12345")
			require.NoError(t, err)
			c.CloseIdleConnections()
		}
		assert.Equal(t, 2, n.connections())
	})
}
