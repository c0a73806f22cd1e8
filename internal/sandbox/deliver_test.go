package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// merchant is an endpoint that keeps what it receives. It responds with the statuses in answers, then with 200.
type merchant struct {
	mu      sync.Mutex
	answers []int
	headers []http.Header
	bodies  []string
	times   []time.Time
}

func (m *merchant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.headers, m.bodies, m.times = append(m.headers, r.Header), append(m.bodies, string(body)), append(m.times, time.Now())
	status := http.StatusOK
	if len(m.answers) > 0 {
		status, m.answers = m.answers[0], m.answers[1:]
	}
	if status >= 300 && status < 400 {
		w.Header().Set("Location", "/elsewhere") // the gateway must not follow this redirect
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "thanks")
}

// withShop returns a gateway and the shop's endpoint, which responds to the gateway's webhooks with the statuses in
// answers.
func withShop(tb testing.TB, c sandbox.Config, answers ...int) (*sandbox.Gateway, *merchant) {
	tb.Helper()
	g, m := start(tb, c), &merchant{answers: answers}
	g.DeliverToHandler(m, "/hook")
	return g, m
}

// sent returns a function that fails the test on an error and otherwise waits for a webhook: sent(t)(g.SendTest()).
func sent(tb testing.TB) func(wait func(), err error) {
	tb.Helper()
	return func(wait func(), err error) {
		tb.Helper()
		require.NoError(tb, err)
		wait()
	}
}

func verifier(tb testing.TB, secret string) *webhook.Verifier {
	tb.Helper()
	v, err := webhook.NewVerifier(secret)
	require.NoError(tb, err)
	return v
}

// payment returns a payment for an order.
func payment(order string) ecomtrade24.Payment {
	return ecomtrade24.Payment{
		SessionID: "12345", OrderID: order, Status: ecomtrade24.StatusPaid, Amount: "49.95", Currency: "USD", TxID: "tx_1",
		Domain: "shop.example",
	}
}

// send sends the webhook of an order's payment and waits for its deliveries.
func send(tb testing.TB, g *sandbox.Gateway, order string) {
	tb.Helper()
	sent(tb)(g.Send(payment(order)))
}

// The signature has the configured header and format.
func TestGateway_signature(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	for _, name := range webhook.SignatureHeaders() {
		for prefix, form := range map[bool]string{false: `^[0-9a-f]{64}$`, true: `^sha256=[0-9a-f]{64}$`} {
			g, m := withShop(t, sandbox.Config{SignatureHeader: name, SignaturePrefix: prefix})
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

// Pauses between attempts double, each attempt has a new sent_at, and a redirect does not acknowledge the webhook.
func TestGateway_backOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, m := withShop(t, sandbox.Config{Attempts: 5, Backoff: time.Second}, 500, 302, 404, 204)
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
		assert.Len(t, m.bodies, 9, "the gateway gives up after five attempts")
		assert.Equal(t, 2, g.Deliveries()[8].Webhook)
	})
}

func TestGateway_noResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Attempts: 1})
		g.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // net/http detects a disconnect only after the body is read
			<-r.Context().Done()
		}), "/")
		begin := time.Now()
		send(t, g, "A")
		assert.Equal(t, 10*time.Second, time.Since(begin), "the gateway waits ten seconds for a response")
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
	send(t, g, "A") // the gateway has no webhook URL yet
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

// A domain can have its own URL, for a merchant with several shops.
func TestGateway_DeliverDomainTo(t *testing.T) {
	t.Parallel()
	g, all, own := start(t, sandbox.Config{}), &merchant{}, &merchant{}
	server := httptest.NewServer(own)
	t.Cleanup(server.Close)
	require.NoError(t, g.DeliverDomainTo("own.example", server.URL+"/hook"))
	send(t, g, "A")
	assert.Empty(t, g.Deliveries(), "other domains have no webhook URL")
	g.DeliverToHandler(all, "/")
	assert.Equal(t, []string{"https://merchant.example/", "own.example=" + server.URL + "/hook"}, g.Targets())
	g.SpoilWebhooks(sandbox.FaultReorder, 2)
	send(t, g, "B")
	p := payment("C")
	p.Domain = "own.example"
	sent(t)(g.Send(p))
	require.Len(t, all.bodies, 1)
	require.Len(t, own.bodies, 1)
	assert.Contains(t, all.bodies[0], `"order_id":"B"`)
	assert.Contains(t, own.bodies[0], `"order_id":"C"`)
}

// A webhook is sent again without its faults, and with a new sent_at.
func TestGateway_Redeliver(t *testing.T) {
	t.Parallel()
	g, m := withShop(t, sandbox.Config{Attempts: 1})
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

// Close reports a handler that never returns.
func TestGateway_Close_leftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, release := start(t, sandbox.Config{Attempts: 1}), make(chan struct{})
		g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), "/")
		send(t, g, "A")
		require.ErrorContains(t, g.Close(), "some handlers do not return")
		close(release)
	})
}

func pay(tb testing.TB, g *sandbox.Gateway, id string) {
	tb.Helper()
	sent(tb)(g.Move(id, ecomtrade24.StatusPaid, ""))
}

func TestDelivery_body(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, m := withShop(t, sandbox.Config{Seed: 7})
		create(t, g, `{"meta":{"cart":"7"}}`)
		pay(t, g, "12345")
		assert.Equal(t, []string{`{"event":"payment.session","session_id":12345,"order_id":"ORDER-10001","status":"paid",` +
			`"amount":"49.95","currency":"USD","email":null,"txid":"` + g.Sessions()[0].TxID + `","meta":{"cart":"7"},` +
			`"merchant_id":175,"shop_domain":"shop.example","sent_at":"2000-01-01T00:00:00+00:00",` +
			`"provider":"ecomtrade24","test":false}`}, m.bodies)
		assert.Equal(t, "application/json", m.headers[0].Get("Content-Type"))
		d := g.Deliveries()[0]
		assert.Equal(t, "https://merchant.example/hook", d.URL)
		assert.Equal(t, "thanks", string(d.ResponseBody))
		assert.NoError(t, d.Err)
		sent(t)(g.SendTest())
		assert.Contains(t, m.bodies[1], `"session_id":0,"order_id":"TEST-WEBHOOK-`)
		assert.Contains(t, m.bodies[1], `"status":"test","amount":"0.00"`)
		assert.Contains(t, m.bodies[1], `"test":true}`)
	})
}
