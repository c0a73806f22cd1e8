package bench_test

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// receivers lists the server's handlers: one does nothing, one only reads the body, as every receiver must, and one is
// the SDK's handler with an empty function.
var receivers = []struct{ name, path string }{{"empty", "/empty"}, {"reads", "/reads"}, {"ecomtrade24", "/webhook"}}

// TestReceivers checks that the SDK's handler really verifies: it rejects a forged body with 401, and the other
// handlers do not.
func TestReceivers(t *testing.T) {
	t.Parallel()
	addr := server.use(t)
	body := fill(t, gatewayEvent, sizes[0])
	signature := webhook.Sign(secret, body)
	forged := bytes.Replace(body, []byte("49.95"), []byte("00.01"), 1)
	for _, row := range []struct {
		path string
		want int
		body []byte
	}{
		{"/empty", 200, body},
		{"/empty", 200, forged},
		{"/reads", 200, forged},
		{"/webhook", 200, body},
		{"/webhook", 401, forged},
	} {
		got, err := deliverTo(t, addr+row.path, row.body, signature)()
		require.NoError(t, err)
		assert.Equal(t, row.want, got, row.path)
	}
}

// BenchmarkReceive measures the complete receiving path over loopback: 64 senders, each of which sends its next
// delivery after the response to the last one. The server is another process; server-cpu-ns/op is its CPU time.
func BenchmarkReceive(b *testing.B) {
	addr := server.use(b)
	for _, size := range sizes {
		body := fill(b, gatewayEvent, size)
		signature := webhook.Sign(secret, body)
		for _, r := range receivers {
			b.Run("size="+strconv.Itoa(size)+"/lib="+r.name, func(b *testing.B) {
				deliver := deliverTo(b, addr+r.path, body, signature)
				_, before := server.ask(b)
				loop(b, 64, func() bool {
					status, err := deliver()
					return err == nil && status == http.StatusOK
				})
				_, after := server.ask(b)
				b.ReportMetric(float64(after-before)/float64(b.N), "server-cpu-ns/op")
			})
		}
	}
}

// deliverTo returns a function that sends one delivery.
func deliverTo(tb testing.TB, url string, body []byte, signature string) func() (status int, err error) {
	tb.Helper()
	client := pooledClient()
	tb.Cleanup(client.CloseIdleConnections)
	return func() (int, error) {
		r, err := http.NewRequest(http.MethodPost, "http://"+url, bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Signature", signature)
		resp, err := client.Do(r)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
}
