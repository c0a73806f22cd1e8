package sandbox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Grace is how long Server.Close should wait for handlers at the end of a test.
const Grace = time.Second

// Server serves a handler with net/http over pipes instead of sockets, so that the handler behaves as on a network. A
// Server works in a synctest bubble. Create it with ServeInMemory.
type Server struct {
	server    http.Server
	transport http.Transport
	conns     chan net.Conn // passes connections from dial to Accept
	closing   sync.Once
	closed    chan struct{}
}

// ServeInMemory starts serving h. Call Close at the end.
func ServeInMemory(h http.Handler) *Server {
	s := &Server{conns: make(chan net.Conn), closed: make(chan struct{})}
	s.server.Handler = h
	s.transport = http.Transport{
		DialContext: s.dial, DialTLSContext: s.dial, DisableKeepAlives: true, DisableCompression: true,
	}
	go func() { _ = s.server.Serve(listener{s}) }() // runs until Close
	return s
}

// Transport returns a transport that reaches the handler with any host in the request.
func (s *Server) Transport() *http.Transport { return &s.transport }

// Close waits for running handlers, up to the given time. It returns an error if some handlers did not return.
func (s *Server) Close(wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if s.server.Shutdown(ctx) == nil {
		return nil
	}
	return errors.Join(errors.New("some handlers do not return"), s.server.Close())
}

func (s *Server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case s.conns <- server:
		return client, nil
	case <-s.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listener is the net.Listener of a Server.
type listener struct{ *Server }

func (l listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

func (l listener) Addr() net.Addr { return &net.UnixAddr{Name: "in memory", Net: "pipe"} }
