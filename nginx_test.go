package ecomtrade24_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// nginx is Debian's nginx, with TLS and HTTP/2, in front of a gateway.
type nginx struct {
	url     string
	roots   *x509.CertPool
	process *os.Process
}

// startNginx runs nginx in front of the gateway at upstream. inServer is added to nginx's server block. If nginx is not
// installed, the test is skipped, or fails in CI.
func startNginx(t *testing.T, upstream, inServer string) *nginx {
	t.Helper()
	const program = "/usr/sbin/nginx"
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("nginx is not installed: apt-get install nginx")
		}
		t.Skip("nginx is not installed: apt-get install nginx")
	}
	dir, address := t.TempDir(), freeAddress(t)
	roots := writeCertificate(t, dir)
	config := strings.NewReplacer("DIR", dir, "ADDRESS", address, "UPSTREAM", upstream, "SERVER", inServer).
		Replace(nginxConfig)
	file := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	output, err := os.Create(filepath.Join(dir, "output"))
	require.NoError(t, err)
	process := exec.CommandContext(t.Context(), program, "-c", file, "-p", dir)
	process.Stdout, process.Stderr = output, output
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		_ = output.Close()
	})
	if !assert.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, time.Minute, 5*time.Millisecond) {
		said, _ := os.ReadFile(output.Name())
		t.Fatalf("nginx did not start: %s", said)
	}
	return &nginx{url: "https://" + address, roots: roots, process: process.Process}
}

const nginxConfig = `
daemon off;
master_process off;
pid DIR/pid;
error_log DIR/error.log info;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	server {
		listen ADDRESS ssl http2;
		ssl_certificate DIR/cert.pem;
		ssl_certificate_key DIR/key.pem;
		SERVER
		location / {
			proxy_pass UPSTREAM;
		}
	}
}
`

// writeCertificate gives nginx a certificate, and returns a pool that trusts it.
func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	certificate, roots := valid()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
	return roots
}

// transport returns the SDK's own transport, changed to trust the certificate of n.
func (n *nginx) transport(t *testing.T, http2 bool) *http.Transport {
	t.Helper()
	transport := ecomtrade24.NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: n.roots}
	if !http2 {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP1(true)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// tellOrders is a gateway that counts the session requests for each order.
type tellOrders struct {
	mu   sync.Mutex
	seen map[string]int
}

func (g *tellOrders) made(order string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[order]
}

func (g *tellOrders) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var p struct {
		OrderID string `json:"order_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&p); err == nil {
		g.mu.Lock()
		g.seen[p.OrderID]++
		g.mu.Unlock()
	}
	_, _ = io.WriteString(w, sessionJSON)
}

// patient is a retry policy with so many attempts that no call meets a closing connection in every one of them.
var patient = ecomtrade24.RetryPolicy{MaxAttempts: 8, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}

// nginxRows lists ways in which nginx ends connections.
var nginxRows = map[string]struct {
	server  string // added to nginx's server block
	http2   bool
	policy  ecomtrade24.RetryPolicy
	stops   syscall.Signal // the signal sent to nginx after half of the calls; 0 for none
	unknown bool           // some outcomes may be unknown
	fails   bool           // some calls may fail
}{
	"HTTP/1, 1,000 requests":      {"", false, ecomtrade24.RetryPolicy{MaxAttempts: 1}, 0, false, false},
	"HTTP/1, 100 requests":        {"keepalive_requests 100;", false, ecomtrade24.RetryPolicy{MaxAttempts: 1}, 0, false, false},
	"HTTP/2, 1,000 requests":      {"", true, patient, 0, false, false},
	"HTTP/2, 100 requests":        {"keepalive_requests 100;", true, patient, 0, false, false},
	"HTTP/2, no retries":          {"keepalive_requests 100;", true, ecomtrade24.RetryPolicy{MaxAttempts: 1}, 0, false, true},
	"HTTP/2, stopped gracefully":  {"", true, patient, syscall.SIGQUIT, true, true},
	"HTTP/2, stopped immediately": {"", true, patient, syscall.SIGTERM, true, true},
	"HTTP/1, stopped immediately": {"", false, patient, syscall.SIGTERM, true, true},
	"HTTP/2, killed":              {"", true, patient, syscall.SIGKILL, true, true},
}

// A proxy often ends connections: after a number of requests, when a connection is idle, and when the proxy stops. Over
// HTTP/2 the proxy says which requests it did not process, so the outcome of these requests is known. With either
// protocol no order gets two sessions, and CreateSession reports the correct outcome.
func TestNginx_endsConnections(t *testing.T) {
	t.Parallel()
	for name, row := range nginxRows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := &tellOrders{seen: map[string]int{}}
			upstream := httptest.NewServer(gateway)
			t.Cleanup(upstream.Close)
			n := startNginx(t, upstream.URL, row.server)
			c := newClient(t, n.url, over(n.transport(t, row.http2)),
				ecomtrade24.WithRetry(row.policy))
			calls := 400
			if row.server == "" && row.stops == 0 {
				calls = 1200 // more than nginx serves on one connection
			}
			errs := make([]error, calls)
			var next atomic.Int32
			var callers sync.WaitGroup
			for range 16 {
				callers.Go(func() {
					for i := int(next.Add(1)) - 1; i < calls; i = int(next.Add(1)) - 1 {
						if i == calls/2 && row.stops != 0 {
							assert.NoError(t, n.process.Signal(row.stops))
						}
						p := params()
						p.OrderID = "ORDER-" + strconv.Itoa(i)
						_, errs[i] = c.CreateSession(t.Context(), p)
					}
				})
			}
			callers.Wait()
			told := map[string]int{}
			for i, err := range errs {
				made := gateway.made("ORDER-" + strconv.Itoa(i))
				switch {
				case err == nil:
					told["made"]++
					assert.Equal(t, 1, made, "it was made")
				case errors.Is(err, ecomtrade24.ErrOutcomeUnknown):
					told["unknown: "+err.Error()]++
					assert.LessOrEqual(t, made, 1)
				default:
					told[err.Error()]++
					assert.Zero(t, made, "expected no session: %v", err)
				}
				assert.False(t, !row.unknown && errors.Is(err, ecomtrade24.ErrOutcomeUnknown), "%v", err)
				assert.False(t, !row.fails && err != nil, "%v", err)
			}
			t.Log(told)
		})
	}
}
