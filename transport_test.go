package ecomtrade24_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// network connects a client to a server without sockets, so that its connections can die and time is the bubble's.
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

// die swallows from now on what the connections so far carry, and closes none of them.
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

// dyingConn is a connection of which the network may lose all that is sent.
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

// serveOver serves handle over TLS on n, and returns the SDK's own transport to it.
func serveOver(t *testing.T, n *network, http2 bool, handle http.HandlerFunc) *http.Transport {
	t.Helper()
	certified := httptest.NewUnstartedServer(nil)
	certified.EnableHTTP2 = http2
	certified.StartTLS() // for its certificate
	certified.Close()
	server := &http.Server{Handler: handle, TLSConfig: certified.TLS, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.ServeTLS(n, "", "") }()
	transport := ecomtrade24.NewTransport()
	transport.DialContext = n.dial
	trusted := certified.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	transport.TLSClientConfig = &tls.Config{RootCAs: trusted}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	return transport
}

// A connection that dies in silence fails calls, but not for long: with new ones calls work again within 15 seconds.
func TestNewTransport_givesUpADeadConnection(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		for _, timeout := range []time.Duration{time.Second, 15 * time.Second, time.Hour} {
			if !http2 && timeout > 15*time.Second {
				continue // over HTTP/1 only the timeout tells a dead connection from a slow gateway
			}
			synctest.Test(t, func(t *testing.T) {
				n := &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
				transport := serveOver(t, n, http2, answer(200, paidJSON))
				c := newClient(t, "https://example.com", ecomtrade24.WithHTTPClient(&http.Client{Transport: transport}),
					ecomtrade24.WithTimeout(timeout), withoutRetries())
				_, err := c.Status(t.Context(), "12345")
				require.NoError(t, err)
				n.die()
				start := time.Now()
				for err = errors.New("not yet"); err != nil && time.Since(start) < time.Hour; {
					if _, err = c.Status(t.Context(), "12345"); err != nil {
						require.ErrorIs(t, err, context.DeadlineExceeded, "a time-out, as any other")
					}
				}
				assert.LessOrEqual(t, time.Since(start), 15*time.Second, "HTTP/2 is %t, the timeout %s", http2, timeout)
				assert.Equal(t, 2, n.connections())
			})
		}
	}
}

// A gateway that takes its time is not dead: it answers the pings.
func TestNewTransport_waitsForASlowGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
		transport := serveOver(t, n, true, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute) //nolint:forbidigo // inside the bubble: a slow gateway
			answer(200, paidJSON)(w, r)
		})
		c := newClient(t, "https://example.com", ecomtrade24.WithHTTPClient(&http.Client{Transport: transport}),
			ecomtrade24.WithTimeout(2*time.Minute), withoutRetries())
		_, err := c.Status(t.Context(), "12345")
		require.NoError(t, err)
	})
}

// An idle connection is closed before a usual server closes it, on HTTP/1 and HTTP/2.
func TestNewTransport_keepsNoConnectionLongerThanServersDo(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		for pause, want := range map[time.Duration]int{3 * time.Second: 1, 5 * time.Second: 2} {
			synctest.Test(t, func(t *testing.T) {
				n := &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
				transport := serveOver(t, n, http2, answer(200, paidJSON))
				c := newClient(t, "https://example.com", ecomtrade24.WithHTTPClient(&http.Client{Transport: transport}))
				for range 2 {
					_, err := c.Status(t.Context(), "12345")
					require.NoError(t, err)
					time.Sleep(pause) //nolint:forbidigo // the bubble's clock
				}
				assert.Equal(t, want, n.connections(), "HTTP/2 is %t, a pause of %s", http2, pause)
			})
		}
	}
}

func TestClient_CloseIdleConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
		transport := serveOver(t, n, false, answer(200, paidJSON))
		c := newClient(t, "https://example.com", ecomtrade24.WithHTTPClient(&http.Client{Transport: transport}))
		for range 2 {
			_, err := c.Status(t.Context(), "12345")
			require.NoError(t, err)
			c.CloseIdleConnections()
		}
		assert.Equal(t, 2, n.connections())
	})
}

// certificate is one that its own key has signed, and that expires in so long.
func certificate(t *testing.T, host string, expires time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(expires),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trusting is the SDK's own transport, which trusts the certificate and finds every host at address.
func trusting(t *testing.T, cert tls.Certificate, address string) *http.Transport {
	t.Helper()
	transport := ecomtrade24.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	require.NoError(t, err)
	transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	transport.TLSClientConfig.RootCAs.AddCert(leaf)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return transport
}

// ways not to reach a gateway at pay.example, each with a transport that meets it and what the error says.
var ways = map[string]struct {
	server func(t *testing.T) *http.Transport
	want   string
}{
	"an expired certificate": {func(t *testing.T) *http.Transport {
		t.Helper()
		old := certificate(t, "pay.example", -time.Hour)
		return trusting(t, old, serveTLS(t, &tls.Config{Certificates: []tls.Certificate{old}}))
	}, "has expired"},
	"another host's certificate": {func(t *testing.T) *http.Transport {
		t.Helper()
		other := certificate(t, "other.example", time.Hour)
		return trusting(t, other, serveTLS(t, &tls.Config{Certificates: []tls.Certificate{other}}))
	}, "for another host"},
	"an unknown authority": {func(t *testing.T) *http.Transport {
		t.Helper()
		good := certificate(t, "pay.example", time.Hour)
		other := certificate(t, "pay.example", time.Hour)
		return trusting(t, good, serveTLS(t, &tls.Config{Certificates: []tls.Certificate{other}}))
	}, "authority that this machine does not know"},
	"an alert": {func(t *testing.T) *http.Transport {
		t.Helper()
		good := certificate(t, "pay.example", time.Hour)
		config := &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}
		transport := trusting(t, good, serveTLS(t, config))
		transport.TLSClientConfig.MinVersion = tls.VersionTLS13
		return transport
	}, "tls: protocol version not supported"},
	"http at an https URL": {func(t *testing.T) *http.Transport {
		t.Helper()
		good := certificate(t, "pay.example", time.Hour)
		server := httptest.NewServer(answer(200, sessionJSON))
		t.Cleanup(server.Close)
		return trusting(t, good, server.Listener.Addr().String())
	}, "speaks http at an https URL"},
	"neither TLS nor http": {func(t *testing.T) *http.Transport {
		t.Helper()
		good := certificate(t, "pay.example", time.Hour)
		return trusting(t, good, speak(t, "220 mail.example ESMTP MARKER\r\n"))
	}, "does not speak TLS"},
	"a handshake that does not end": {func(t *testing.T) *http.Transport {
		t.Helper()
		good := certificate(t, "pay.example", time.Hour)
		transport := trusting(t, good, speak(t, ""))
		transport.TLSHandshakeTimeout = 20 * time.Millisecond
		return transport
	}, "the TLS handshake did not end in time: context deadline exceeded"},
	"a proxy that wants a password": {
		proxied(407), "the proxy answered 407 Proxy Authentication Required: check the user name and password in HTTPS_PROXY",
	},
	"a proxy that fails": {proxied(502), "the proxy answered 502 Bad Gateway"},
}

// proxied is the SDK's own transport behind a proxy that does not connect.
func proxied(status int) func(t *testing.T) *http.Transport {
	return func(t *testing.T) *http.Transport {
		t.Helper()
		proxy := httptest.NewServer(answer(status, "MARKER"))
		t.Cleanup(proxy.Close)
		at, err := url.Parse(proxy.URL)
		require.NoError(t, err)
		transport := ecomtrade24.NewTransport()
		transport.Proxy = http.ProxyURL(at)
		return transport
	}
}

// What goes wrong between this machine and the gateway, as net/http tells it, is what the error says, by kind; and as
// no request was sent, no session was made.
func TestTransport_errorsByKind(t *testing.T) {
	t.Parallel()
	for name, row := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hc := &http.Client{Transport: row.server(t)}
			c := newClient(t, "https://pay.example", ecomtrade24.WithHTTPClient(hc), withoutRetries())
			_, err := c.CreateSession(t.Context(), params())
			require.ErrorContains(t, err, row.want)
			require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
			assert.NotContains(t, err.Error(), "MARKER")
			assert.Equal(t, name == "a handshake that does not end", errors.Is(err, context.DeadlineExceeded))
		})
	}
}

// serveTLS is the address of a server with the configuration.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	server := httptest.NewUnstartedServer(answer(200, sessionJSON))
	server.TLS, server.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// talk is the address of a server that says one thing to everybody, after it has heard something.
func speak(t *testing.T, word string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = bufio.NewReader(conn).ReadByte()
				_, _ = io.WriteString(conn, word)
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// What is not HTTP, and an HTTP/2 connection that the gateway ends with an error, are named too. The session request
// may have been read.
func TestTransport_errorsAfterSending(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			_, _ = io.WriteString(conn, "220 mail.example ESMTP MARKER\r\n")
			_ = conn.Close()
		}
	})
	_, err := newClient(t, url, withoutRetries()).CreateSession(t.Context(), params())
	require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "what the server sent is not HTTP")
	assert.NotContains(t, err.Error(), "MARKER")

	const enhanceYourCalm, protocolError = 11, 1
	for want, f := range map[string]*fault{
		"the server refused the HTTP/2 connection (GOAWAY)": {read: all, end: goesAway(false, enhanceYourCalm, staysSilent)},
		"the server closed the HTTP/2 connection (GOAWAY)":  {read: all, end: goesAway(true, enhanceYourCalm, closes)},
		"the server ended the request's HTTP/2 stream: PROTOCOL_ERROR": {
			read: all, end: resetsStream(protocolError),
		},
	} {
		s := newFaultServer(t, http2, sessionJSON, f)
		c := newClient(t, s.url(), ecomtrade24.WithHTTPClient(&http.Client{Transport: s.transport(t)}), withoutRetries())
		_, err := c.CreateSession(t.Context(), params())
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
		require.ErrorContains(t, err, want)
	}
}

// A body in a coding that the transport does not undo is named as that, and not as broken.
func TestDecodeError_coding(t *testing.T) {
	t.Parallel()
	zip := func(s string) string {
		var b strings.Builder
		w := gzip.NewWriter(&b)
		_, err := io.WriteString(w, s)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
	for name, row := range map[string]struct {
		coding, body string
		plain        bool // the transport asks for no compression
		want         string
	}{
		"br":          {"br", "\x1b\x03", false, "Content-Encoding br,"},
		"gzip, twice": {"gzip, gzip", zip(zip(paidJSON)), false, "Content-Encoding gzip, gzip,"},
		"unasked":     {"gzip", zip(paidJSON), true, "Content-Encoding gzip,"},
		"a mess":      {"<b>", "<b>", false, "not JSON"},
		"undone":      {"gzip", zip(paidJSON), false, ""},
		"none":        {"identity", paidJSON, false, ""},
		"a mistake":   {"UTF-8", paidJSON, false, ""},
		"not undone":  {"gzip", paidJSON, true, ""},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", row.coding)
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusForbidden)
			}
			_, _ = io.WriteString(w, row.body)
		})
		transport := ecomtrade24.NewTransport()
		transport.DisableCompression = row.plain
		c := newClient(t, url, ecomtrade24.WithHTTPClient(&http.Client{Transport: transport}), withoutRetries())
		_, err := c.Status(t.Context(), "12345")
		if row.want == "" {
			require.NoError(t, err, name)
			continue
		}
		var decode *ecomtrade24.DecodeError
		require.ErrorAs(t, err, &decode, name)
		require.ErrorContains(t, err, row.want, name)
		assert.Equal(t, row.coding, decode.Header.Get("Content-Encoding"))
		_, err = c.CreateSession(t.Context(), params())
		var refused *ecomtrade24.APIError
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, row.coding, refused.Header.Get("Content-Encoding"))
		assert.Equal(t, name == "a mess", refused.FromProxy, "nothing is known of a body that cannot be read")
	}
}
