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
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// certificate returns a self-signed certificate that expires after some time.
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

// trusting returns the SDK's own transport, which trusts the certificate and resolves every host to address.
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

// ways not to reach a gateway at pay.example, each with its transport and its error.
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

// proxied returns the SDK's own transport behind a proxy that does not connect.
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

// The error names each kind of failure between this machine and the gateway, as net/http reports it. No request was
// sent, so no session was created.
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

// serveTLS returns the address of a server with the configuration.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	server := httptest.NewUnstartedServer(answer(200, sessionJSON))
	server.TLS, server.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// speak returns the address of a server that reads something and then always sends the same bytes.
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

// A response that is not HTTP, and an HTTP/2 connection that the gateway ends with an error, are named too. The session
// request may have been read.
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

// If the transport does not decode a body's coding, the error names the coding instead of calling the body broken.
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
		plain        bool // the transport requests no compression
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
		assert.Equal(t, name == "a mess", refused.FromProxy, "the outcome of an unreadable body is unknown")
	}
}
