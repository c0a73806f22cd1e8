package database

import (
	"fmt"
	"net"
	"sync"
)

// Proxy forwards connections to a server, as a load balancer does, until a test breaks the proxy.
type Proxy struct {
	server   *Server
	listener net.Listener

	mu    sync.Mutex    // guards the fields below
	thaw  chan struct{} // nil unless frozen
	links []*link
}

// link is a client's connection and the matching connection to the server.
type link struct {
	client, backend net.Conn
	cut             bool
}

// StartProxy starts a proxy in front of the server. Close ends it.
func (s *Server) StartProxy() (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{server: s, listener: listener}
	go p.accept()
	return p, nil
}

// DSN returns the data source name of one of the server's databases, through the proxy.
func (p *Proxy) DSN(database string) string {
	at := p.listener.Addr().(*net.TCPAddr)
	if p.server.Driver == "mysql" {
		return fmt.Sprintf("root@tcp(%s)/%s", at, database)
	}
	return fmt.Sprintf("host=%s port=%d user=postgres dbname=%s sslmode=disable", at.IP, at.Port, database)
}

// Freeze makes the proxy stop forwarding, like a network that fails silently. Connections stay open.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.thaw = make(chan struct{})
}

// Cut closes all connections to the server. A client notices only when it sends something.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		l.cut = true
		_ = l.backend.Close()
	}
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	if p.thaw != nil {
		close(p.thaw)
		p.thaw = nil
	}
	for _, l := range p.links {
		_ = l.client.Close()
	}
	p.mu.Unlock()
	p.Cut()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		backend, err := net.Dial("unix", p.server.socket)
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{client: client, backend: backend}
		p.mu.Lock()
		p.links = append(p.links, l)
		p.mu.Unlock()
		go func() {
			p.pass(client, backend) // returns on the client's first write after a Cut
			_ = client.Close()
			_ = backend.Close()
		}()
		go func() {
			p.pass(backend, client)
			p.mu.Lock()
			defer p.mu.Unlock()
			if !l.cut {
				_ = client.Close()
			}
		}()
	}
}

// pass copies from one connection to the other. It leaves both open at the end.
func (p *Proxy) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		thaw := p.thaw
		p.mu.Unlock()
		if thaw != nil {
			<-thaw
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
