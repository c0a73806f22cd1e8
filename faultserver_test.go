package ecomtrade24_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// fault describes how the server treats one request: how much of the request it reads, how much of the response it
// sends, and how it ends the exchange.
type fault struct {
	name   string
	read   part // how much of the request is read
	answer part // how much of the response is sent
	end    func(*peer)
	word   word // whether the server reports the request as not processed
}

// word says what the server reports about an unprocessed request: nothing, a report that may get lost, or a report that
// arrives (RFC 9113, section 8.7).
type word int

const (
	silent  word = iota // not reported
	mayTell             // reported, but the client may not receive the report
	tells               // reported, and the client receives the report
)

// part says how much of a message is transferred.
type part int

const (
	noTLS part = iota - 1 // nothing of the request, not even the TLS handshake
	none
	headers
	half // half of a response's body
	all
)

// protocol is the protocol that a faultServer speaks.
type protocol int

const (
	http1 protocol = iota // over TLS
	http2                 // over TLS
	h2c                   // HTTP/2 without TLS
)

func (p protocol) String() string { return [...]string{"HTTP1", "HTTP2", "h2c"}[p] }

// faultServer implements a protocol without net/http, so that it can stop at any point. It counts the requests and
// connections that it receives.
type faultServer struct {
	protocol protocol
	answer   string // the body of every response
	tls      *tls.Config
	roots    *x509.CertPool
	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex
	plan  []*fault // one fault for each request, in sequence; the last one applies to all later requests
	saw   seen
	conns []net.Conn
}

// seen counts requests: the field began counts all that started to arrive, refused counts those that the server
// reported as not processed, and whole counts the others that arrived completely.
type seen struct{ began, whole, refused, connections int }

// peer is one connection to the server.
type peer struct {
	*faultServer
	conn   net.Conn
	tcp    *net.TCPConn
	in     *bufio.Reader
	body   io.Reader // HTTP/1: the newest request's body
	stream uint32    // HTTP/2: the newest request
	ended  bool      // HTTP/2: the newest request arrived completely

	unprocessed uint32 // HTTP/2: the last rejected stream
}

func newFaultServer(t *testing.T, p protocol, answer string, plan ...*fault) *faultServer {
	t.Helper()
	certificate, roots := valid()
	name := "http/1.1"
	if p == http2 {
		name = "h2"
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &faultServer{
		protocol: p, answer: answer, plan: plan, listener: listener, roots: roots,
		tls: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{name}},
	}
	s.wg.Go(s.accept)
	t.Cleanup(func() { s.finish() })
	return s
}

// transport returns the SDK's default transport, changed to trust the server and, if the server uses h2c, to speak
// HTTP/2 without TLS.
func (s *faultServer) transport(t *testing.T) *http.Transport {
	t.Helper()
	transport := ecomtrade24.NewTransport()
	if s.protocol == h2c {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: s.roots}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func (s *faultServer) url() string {
	if s.protocol == h2c {
		return "http://" + s.listener.Addr().String()
	}
	return "https://" + s.listener.Addr().String()
}

// finish waits until all connections are closed and returns what the server saw. Invoke finish only after all client
// calls have returned.
func (s *faultServer) finish() seen {
	_ = s.listener.Close()
	s.mu.Lock()
	for _, conn := range s.conns {
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // ends the wait if the client never closes the connection
	}
	s.mu.Unlock()
	s.wg.Wait()
	return s.saw
}

func (s *faultServer) accept() {
	for {
		tcp, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, tcp)
		s.saw.connections++
		s.mu.Unlock()
		s.wg.Go(func() {
			defer tcp.Close()
			s.serve(tcp.(*net.TCPConn))
		})
	}
}

// due returns the fault for the next request. If take is set, it also removes the fault from the plan.
func (s *faultServer) due(take bool) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.plan[0]
	if take && len(s.plan) > 1 {
		s.plan = s.plan[1:]
	}
	return f
}

func (s *faultServer) count(began, whole int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saw.began += began
	s.saw.whole += whole
}

// refuse records that the newest request was not processed, even if the rest of the request still arrives.
func (p *peer) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saw.refused++
	p.unprocessed = p.stream
	if p.ended {
		p.saw.whole--
	}
}

func (s *faultServer) serve(tcp *net.TCPConn) {
	if s.due(false).read == noTLS {
		s.due(true).end(&peer{conn: tcp, tcp: tcp})
		return
	}
	var conn net.Conn = tcp
	if s.protocol != h2c {
		conn = tls.Server(tcp, s.tls) // the first Read performs the TLS handshake
	}
	p := &peer{faultServer: s, conn: conn, tcp: tcp, in: bufio.NewReader(conn)}
	if _, err := p.in.Peek(1); err != nil || !p.greet() {
		return
	}
	for p.treat() { // until either side closes the connection
	}
}

// treat applies the next fault to the next request, and reports whether the connection is still usable.
func (p *peer) treat() bool {
	if p.due(false).read >= headers && !p.begins() {
		return false
	}
	f := p.due(true)
	if f.read == all && !p.arrives() {
		return false
	}
	p.send(f.answer)
	f.end(p)
	if f.word != silent && f.read >= headers {
		p.refuse()
	}
	return f.read >= headers
}

// begins reads the headers of the next request, and reports whether there is one.
func (p *peer) begins() bool {
	if p.protocol != http1 {
		for kind := byte(frameSettings); kind != frameHeaders; {
			var ok bool
			if kind, ok = p.readFrame(); !ok {
				return false
			}
		}
		return true
	}
	req, err := http.ReadRequest(p.in)
	if err != nil {
		return false
	}
	p.count(1, 0)
	p.body = req.Body
	return true
}

// arrives reads the rest of the newest request, and reports whether all of it arrived.
func (p *peer) arrives() bool {
	if p.protocol != http1 {
		for !p.ended {
			if _, ok := p.readFrame(); !ok {
				return false
			}
		}
		return true
	}
	_, err := io.Copy(io.Discard, p.body)
	if err == nil {
		p.count(0, 1)
	}
	return err == nil
}

func (p *peer) send(upTo part) {
	if p.protocol != http1 {
		p.sendHTTP2(upTo)
		return
	}
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(p.answer))
	switch upTo {
	case noTLS, none:
	case headers:
		_, _ = io.WriteString(p.conn, head)
	case half:
		_, _ = io.WriteString(p.conn, head+p.answer[:len(p.answer)/2])
	case all:
		_, _ = io.WriteString(p.conn, head+p.answer)
	}
}

// The types and flags of HTTP/2 frames (RFC 9113).
const (
	frameData      = 0x0
	frameHeaders   = 0x1
	frameRSTStream = 0x3
	frameSettings  = 0x4
	frameGoAway    = 0x7

	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
)

// greet responds to the client's preface with empty settings.
func (p *peer) greet() bool {
	if p.protocol == http1 {
		return true
	}
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	got := make([]byte, len(preface))
	_, err := io.ReadFull(p.in, got)
	p.frame(frameSettings, 0, 0, nil)
	return err == nil && string(got) == preface
}

func (p *peer) frame(kind, flags byte, stream uint32, payload []byte) {
	b := make([]byte, 4, 9+len(payload))
	binary.BigEndian.PutUint32(b, uint32(len(payload))<<8|uint32(kind))
	b = append(b, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	_, _ = p.conn.Write(append(b, payload...))
}

// readFrame reads a frame, and counts the requests that start or end with it.
func (p *peer) readFrame() (kind byte, ok bool) {
	var head [9]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return 0, false
	}
	size := int64(binary.BigEndian.Uint32(head[:4]) >> 8)
	if _, err := io.CopyN(io.Discard, p.in, size); err != nil {
		return 0, false
	}
	kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
	if kind == frameSettings && flags&flagAck == 0 {
		p.frame(frameSettings, flagAck, 0, nil)
	}
	if kind == frameHeaders {
		p.count(1, 0)
		p.stream, p.ended = stream, false
	}
	if (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0 && stream != p.unprocessed {
		p.count(0, 1)
		p.ended = p.ended || stream == p.stream
	}
	return kind, true
}

func (p *peer) sendHTTP2(upTo part) {
	if upTo >= headers {
		const status200 = 0x88 // ":status: 200" in HPACK's static table
		p.frame(frameHeaders, flagEndHeaders, p.stream, []byte{status200})
	}
	switch upTo {
	case half:
		p.frame(frameData, 0, p.stream, []byte(p.answer[:len(p.answer)/2]))
	case all:
		p.frame(frameData, flagEndStream, p.stream, []byte(p.answer))
	case noTLS, none, headers:
	}
}

// good means no fault: the server sends a complete response.
var good = &fault{"a good response", all, all, staysSilent, silent}

// These functions end an exchange: closes and resets end the connection (cleanly or abruptly), and staysSilent leaves
// it open.
func closes(p *peer) { _ = p.conn.Close() }

func resets(p *peer) {
	_ = p.tcp.SetLinger(0)
	_ = p.tcp.Close()
}

func staysSilent(*peer) {}

// resetsStream ends only the request's stream, with an error code.
func resetsStream(code uint32) func(*peer) {
	return func(p *peer) { p.frame(frameRSTStream, 0, p.stream, binary.BigEndian.AppendUint32(nil, code)) }
}

// goesAway sends a GOAWAY. If withStream is set, the GOAWAY names the newest stream as the last one; otherwise it says
// that no stream was processed.
func goesAway(withStream bool, code uint32, end func(*peer)) func(*peer) {
	return func(p *peer) {
		var last uint32
		if withStream {
			last = p.stream
		}
		payload := binary.BigEndian.AppendUint32(nil, last)
		p.frame(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(payload, code))
		end(p)
	}
}
