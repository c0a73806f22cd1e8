package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// payment returns the payment of an order.
func payment(order string) ecomtrade24.Payment {
	return ecomtrade24.Payment{
		SessionID: "12345", OrderID: order, Status: ecomtrade24.StatusPaid, Amount: "49.95", Currency: "USD", TxID: "tx_1",
		Domain: "shop.example",
	}
}

// send sends the webhook of an order's payment, and waits as Send says.
func send(tb testing.TB, g *sandbox.Gateway, order string) {
	tb.Helper()
	wait, err := g.Send(payment(order))
	require.NoError(tb, err)
	wait()
}

// The signature has the configured header and format.
func TestGateway_signature(t *testing.T) {
	t.Parallel()
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	for _, name := range webhook.SignatureHeaders() {
		for prefix, form := range map[bool]string{false: `^[0-9a-f]{64}$`, true: `^sha256=[0-9a-f]{64}$`} {
			m := &merchant{}
			g := start(t, sandbox.Config{SignatureHeader: name, SignaturePrefix: prefix})
			g.DeliverToHandler(m, "/hook")
			send(t, g, "A")
			require.NoError(t, v.Verify(m.headers[0], []byte(m.bodies[0])), name)
			assert.Regexp(t, form, m.headers[0].Get(name))
			assert.Equal(t, "application/json", m.headers[0].Get("Content-Type"))
			d := g.Deliveries()[0]
			assert.Equal(t, "https://merchant.example/hook", d.URL)
			assert.Equal(t, "thanks", string(d.ResponseBody))
			require.NoError(t, d.Err)
		}
	}
}

// Each pause is twice the one before, each attempt has a new sent_at, and a redirect is not an acceptance.
func TestGateway_backOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Attempts: 5, Backoff: time.Second})
		m := &merchant{answers: []int{500, 302, 404, 204}}
		g.DeliverToHandler(m, "/")
		begin := time.Now()
		send(t, g, "A")
		var after []time.Duration
		for _, at := range m.times {
			after = append(after, at.Sub(begin))
		}
		assert.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}, after)
		assert.Contains(t, m.bodies[3], "2000-01-01T00:00:07+00:00")
		assert.Equal(t, 4, g.Deliveries()[3].Attempt)

		m.answers = []int{500, 500, 500, 500, 500, 500}
		send(t, g, "A")
		assert.Len(t, m.bodies, 9, "given up after five attempts")
		assert.Equal(t, 2, g.Deliveries()[8].Webhook)
	})
}

func TestGateway_noAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Attempts: 1})
		g.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // until then, net/http does not look whether the client has gone
			<-r.Context().Done()
		}), "/")
		begin := time.Now()
		send(t, g, "A")
		assert.Equal(t, 10*time.Second, time.Since(begin), "an endpoint has ten seconds")
		require.Error(t, g.Deliveries()[0].Err)
		g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "/")
		send(t, g, "A")
		require.ErrorIs(t, g.Deliveries()[1].Err, io.EOF)
		assert.Zero(t, g.Deliveries()[1].Response)
	})
}

func TestGateway_DeliverTo(t *testing.T) {
	t.Parallel()
	g, m := start(t, sandbox.Config{Attempts: 2, Backoff: time.Nanosecond}), &merchant{answers: []int{503}}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	send(t, g, "A") // nowhere yet
	assert.Empty(t, g.Targets())
	require.NoError(t, g.DeliverTo(server.URL+"/hook"))
	assert.Equal(t, []string{server.URL + "/hook"}, g.Targets())
	send(t, g, "A")
	assert.Len(t, m.bodies, 2)
	assert.Len(t, g.Deliveries(), 2)
	for _, bad := range []string{"", "/hook", "ftp://shop.example/", "javascript:alert(1)", "http://", ":"} {
		require.Error(t, g.DeliverTo(bad), bad)
	}
}

// A domain can have a URL of its own, for several shops of one merchant.
func TestGateway_DeliverDomainTo(t *testing.T) {
	t.Parallel()
	g, all, own := start(t, sandbox.Config{}), &merchant{}, &merchant{}
	server := httptest.NewServer(own)
	t.Cleanup(server.Close)
	require.NoError(t, g.DeliverDomainTo("own.example", server.URL+"/hook"))
	send(t, g, "A")
	assert.Empty(t, g.Deliveries(), "nowhere, for any other domain")
	g.DeliverToHandler(all, "/")
	assert.Equal(t, []string{"https://merchant.example/", "own.example=" + server.URL + "/hook"}, g.Targets())
	g.SpoilWebhooks(sandbox.FaultReorder, 2)
	send(t, g, "B")
	p := payment("C")
	p.Domain = "own.example"
	wait, err := g.Send(p)
	require.NoError(t, err)
	wait()
	require.Len(t, all.bodies, 1)
	require.Len(t, own.bodies, 1)
	assert.Contains(t, all.bodies[0], `"order_id":"B"`)
	assert.Contains(t, own.bodies[0], `"order_id":"C"`)
}

// What was sent is sent again as it was before any fault, with a new date.
func TestGateway_Redeliver(t *testing.T) {
	t.Parallel()
	g, m := start(t, sandbox.Config{Attempts: 1}), &merchant{}
	g.DeliverToHandler(m, "/")
	g.SpoilWebhooks(sandbox.FaultTamper, 1)
	send(t, g, "A")
	require.NoError(t, g.RedeliverAttempt(1))
	g.Flush()
	assert.Contains(t, m.bodies[0], "tx_forged")
	assert.Contains(t, m.bodies[1], "tx_1")
	for _, number := range []int{-1, 0, 3} {
		require.ErrorContains(t, g.RedeliverAttempt(number), "no delivery")
	}
	require.NoError(t, g.Close())
	require.NoError(t, g.Close())
	require.ErrorIs(t, g.RedeliverAttempt(1), sandbox.ErrClosed)
	_, err := g.Send(payment("A"))
	require.ErrorIs(t, err, sandbox.ErrClosed)
}

// A handler that never returns is named when the gateway closes.
func TestGateway_Close_leftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, err := sandbox.New(sandbox.Config{
			BaseURL: "https://pay.example", APIKey: apiKey, WebhookSecret: secret, Attempts: 1,
		})
		require.NoError(t, err)
		release := make(chan struct{})
		g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), "/")
		send(t, g, "A")
		require.ErrorContains(t, g.Close(), "some handlers do not return")
		close(release)
	})
}
