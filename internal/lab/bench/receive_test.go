package bench_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// receivers are the server's paths: a handler that does nothing, one that reads the body, which is the least that a
// receiver must do, and the SDK's with a function that does nothing.
var receivers = []struct{ name, path string }{{"empty", "/empty"}, {"reads", "/reads"}, {"ecomtrade24", "/webhook"}}

// request is one delivery as it goes over the wire, so that the sender's own work is a write and a read.
func request(host, path string, body []byte, signature string) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: EcomTrade24-Gateway\r\nAccept: */*\r\n"+
		"Content-Type: application/json\r\nX-Signature: %s\r\nContent-Length: %d\r\n\r\n",
		path, host, signature, len(body))
	return append([]byte(head), body...)
}

// exchange sends a request and reads the answer, whose body must be empty.
func exchange(conn net.Conn, answers *bufio.Reader, request []byte) (status string, err error) {
	if _, err := conn.Write(request); err != nil {
		return "", err
	}
	empty := false
	for {
		line, err := answers.ReadSlice('\n')
		switch {
		case err != nil:
			return "", err
		case status == "" && len(line) > len("HTTP/1.1 200"):
			status = codes[string(line[len("HTTP/1.1 "):len("HTTP/1.1 200")])]
		case bytes.Equal(line, []byte("Content-Length: 0\r\n")):
			empty = true
		case bytes.Equal(line, []byte("\r\n")) && empty:
			return status, nil
		case bytes.Equal(line, []byte("\r\n")):
			return "", errors.New("the answer has a body")
		}
	}
}

// codes spares exchange an allocation.
var codes = map[string]string{"200": "200", "400": "400", "401": "401"}

// TestReceivers proves that the SDK's handler really looks: it refuses a forged body with 401, the floors do not.
func TestReceivers(t *testing.T) {
	t.Parallel()
	addr := server.use(t)
	body := fill(t, gatewayEvent, sizes[0])
	signature := webhook.Sign(secret, body)
	forged := bytes.Replace(body, []byte("49.95"), []byte("00.01"), 1)
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, row := range []struct {
		path, want string
		body       []byte
	}{
		{"/empty", "200", body},
		{"/empty", "200", forged},
		{"/reads", "200", forged},
		{"/webhook", "200", body},
		{"/webhook", "401", forged},
	} {
		got, err := exchange(conn, answers, request(addr, row.path, row.body, signature))
		require.NoError(t, err)
		assert.Equal(t, row.want, got, row.path)
	}
}

// BenchmarkReceive is the whole receiving path over loopback: 64 connections kept open, each sending its next
// delivery when the last one is answered. The server is another process; server-cpu-ns/op is what it used.
// via=net-http sends as a Go program would, via=socket with as little work as can be, so that the server's share of
// the machine is the larger.
func BenchmarkReceive(b *testing.B) {
	addr := server.use(b)
	for _, size := range sizes {
		body := fill(b, gatewayEvent, size)
		signature := webhook.Sign(secret, body)
		for _, via := range vias {
			for _, r := range receivers {
				b.Run("size="+strconv.Itoa(size)+"/via="+via.name+"/lib="+r.name, func(b *testing.B) {
					benchmarkReceive(b, via.connect(b, addr, r.path, body, signature))
				})
			}
		}
	}
}

// vias open 64 connections and return a function for each that sends one delivery over it.
var vias = []struct {
	name    string
	connect func(b *testing.B, addr, path string, body []byte, signature string) []func() (status string, err error)
}{{"net-http", viaHTTP}, {"socket", viaSocket}}

const connections = 64

func viaSocket(b *testing.B, addr, path string, body []byte, signature string) []func() (string, error) {
	b.Helper()
	request := request(addr, path, body, signature)
	var senders []func() (string, error)
	for range connections {
		conn, err := net.Dial("tcp", addr)
		require.NoError(b, err)
		b.Cleanup(func() { conn.Close() })
		answers := bufio.NewReader(conn)
		senders = append(senders, func() (string, error) { return exchange(conn, answers, request) })
	}
	return senders
}

func viaHTTP(b *testing.B, addr, path string, body []byte, signature string) []func() (string, error) {
	b.Helper()
	client := pooledClient()
	b.Cleanup(client.CloseIdleConnections)
	send := func() (string, error) {
		r, err := http.NewRequest(http.MethodPost, "http://"+addr+path, bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Signature", signature)
		resp, err := client.Do(r)
		if err != nil {
			return "", err
		}
		return codes[strconv.Itoa(resp.StatusCode)], resp.Body.Close()
	}
	return slices.Repeat([]func() (string, error){send}, connections)
}

func benchmarkReceive(b *testing.B, senders []func() (status string, err error)) {
	b.Helper()
	var taken, failed atomic.Int64
	var done sync.WaitGroup
	before := server.cpu(b)
	b.ResetTimer()
	for _, send := range senders {
		done.Go(func() {
			for taken.Add(1) <= int64(b.N) {
				if status, err := send(); err != nil || status != "200" {
					failed.Add(1)
				}
			}
		})
	}
	done.Wait()
	b.StopTimer()
	require.Zero(b, failed.Load(), "deliveries failed")
	b.ReportMetric(float64(server.cpu(b)-before)/float64(b.N), "server-cpu-ns/op")
}
