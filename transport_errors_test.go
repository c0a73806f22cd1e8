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
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// certificate returns a self-signed certificate for a host and 127.0.0.1, and a pool that trusts it.
func certificate(host string, expires time.Time) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: expires, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// valid returns a certificate for example.com that has not expired, even by the clock of a synctest bubble.
var valid = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	return certificate("example.com", time.Now().AddDate(100, 0, 0))
})

// trusting returns the SDK's own transport, changed to trust the certificates in roots and to resolve every host to
// address.
func trusting(t *testing.T, roots *x509.CertPool, address string) *http.Transport {
	t.Helper()
	transport := ecomtrade24.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return transport
}

// ways holds the reasons why a gateway at example.com cannot be reached, each with its transport and its error.
var ways = map[string]struct {
	server func(t *testing.T) *http.Transport
	want   string
}{
	"an expired certificate":     {presenting("example.com", -time.Hour), "has expired"},
	"another host's certificate": {presenting("other.example", time.Hour), "for another host"},
	"an unknown authority": {func(t *testing.T) *http.Transport {
		t.Helper()
		transport := presenting("example.com", time.Hour)(t)
		_, transport.TLSClientConfig.RootCAs = valid()
		return transport
	}, "authority that this machine does not know"},
	"an alert": {func(t *testing.T) *http.Transport {
		t.Helper()
		good, roots := valid()
		config := &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}
		transport := trusting(t, roots, serveTLS(t, config))
		transport.TLSClientConfig.MinVersion = tls.VersionTLS13
		return transport
	}, "tls: protocol version not supported"},
	"http at an https URL": {func(t *testing.T) *http.Transport {
		t.Helper()
		return trusting(t, nil, strings.TrimPrefix(serve(t, answer(200, sessionJSON)), "http://"))
	}, "speaks http at an https URL"},
	"a server that speaks neither TLS nor http": {func(t *testing.T) *http.Transport {
		t.Helper()
		return trusting(t, nil, speak(t, "220 mail.example ESMTP MARKER\r\n"))
	}, "does not speak TLS"},
	"a handshake that does not end": {func(t *testing.T) *http.Transport {
		t.Helper()
		transport := trusting(t, nil, speak(t, ""))
		transport.TLSHandshakeTimeout = 20 * time.Millisecond
		return transport
	}, "the TLS handshake did not end in time: context deadline exceeded"},
	"a proxy that requires a password": {
		proxied(407), "the proxy answered 407 Proxy Authentication Required: check the user name and password in HTTPS_PROXY",
	},
	"a proxy that fails": {proxied(502), "the proxy answered 502 Bad Gateway"},
}

// presenting returns a transport to a server that presents a certificate for host; the transport trusts this
// certificate.
func presenting(host string, expires time.Duration) func(t *testing.T) *http.Transport {
	return func(t *testing.T) *http.Transport {
		t.Helper()
		presented, roots := certificate(host, time.Now().Add(expires))
		return trusting(t, roots, serveTLS(t, &tls.Config{Certificates: []tls.Certificate{presented}}))
	}
}

// proxied returns the SDK's own transport behind a proxy that rejects the CONNECT request with status.
func proxied(status int) func(t *testing.T) *http.Transport {
	return func(t *testing.T) *http.Transport {
		t.Helper()
		at, err := url.Parse(serve(t, answer(status, "MARKER")))
		require.NoError(t, err)
		transport := ecomtrade24.NewTransport()
		transport.Proxy = http.ProxyURL(at)
		return transport
	}
}

// If net/http cannot reach the gateway, the error says what happened, for each kind of failure. No request was sent, so
// no session was created.
func TestTransport_errorsByKind(t *testing.T) {
	t.Parallel()
	for name, row := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, "https://example.com", over(row.server(t)), withoutRetries())
			_, err := c.CreateSession(t.Context(), params())
			require.ErrorContains(t, err, row.want)
			require.NotErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
			assert.NotContains(t, err.Error(), "MARKER")
			assert.Equal(t, name == "a handshake that does not end", errors.Is(err, context.DeadlineExceeded))
		})
	}
}

// serveTLS starts a TLS server with this configuration and returns its address.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	server := httptest.NewUnstartedServer(answer(200, sessionJSON))
	server.TLS, server.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// speak starts a server that reads some bytes and then sends the text word, and returns the server's address.
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

// If a response is not HTTP, or if the gateway ended the HTTP/2 connection with an error code, the client's error says
// so. In both cases the gateway may have read the session request.
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
	require.ErrorContains(t, err, "the server's response is not HTTP")
	assert.NotContains(t, err.Error(), "MARKER")

	const enhanceYourCalm, protocolError = 11, 1
	for want, f := range map[string]*fault{
		"the server refused the HTTP/2 connection (GOAWAY)":            {read: all, end: goesAway(false, enhanceYourCalm, staysSilent)},
		"the server closed the HTTP/2 connection (GOAWAY)":             {read: all, end: goesAway(true, enhanceYourCalm, closes)},
		"the server ended the request's HTTP/2 stream: PROTOCOL_ERROR": {read: all, end: resetsStream(protocolError)},
	} {
		s := newFaultServer(t, http2, sessionJSON, f)
		c := newClient(t, s.url(), over(s.transport(t)), withoutRetries())
		_, err := c.CreateSession(t.Context(), params())
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
		require.ErrorContains(t, err, want)
	}
}

// If the transport does not decode a body's Content-Encoding, the error names the encoding instead of calling the body
// broken.
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
		plain        bool // true if the transport requests no compression
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
		c := newClient(t, url, over(transport), withoutRetries())
		_, err := c.Status(t.Context(), "12345")
		if row.want == "" {
			require.NoError(t, err, name)
			continue
		}
		decode := as[*ecomtrade24.DecodeError](t, err, name)
		require.ErrorContains(t, err, row.want, name)
		assert.Equal(t, row.coding, decode.Header.Get("Content-Encoding"))
		_, err = c.CreateSession(t.Context(), params())
		refused := as[*ecomtrade24.APIError](t, err, name)
		assert.Equal(t, row.coding, refused.Header.Get("Content-Encoding"))
		assert.Equal(t, name == "a mess", refused.FromProxy, "the outcome of an unreadable body is unknown")
	}
}
