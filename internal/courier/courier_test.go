package courier_test

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
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const secret = "secret-0123456789"

// start returns a courier that must have left nothing behind when it closes.
func start(tb testing.TB, c courier.Config) *courier.Courier {
	tb.Helper()
	c.Secret, c.Header = func(string) string { return secret }, "X-Signature"
	k := courier.New(c)
	tb.Cleanup(func() { assert.NoError(tb, k.Close()) })
	return k
}

// payment is that of an order.
func payment(order string) ecomtrade24.Payment {
	return ecomtrade24.Payment{
		SessionID: "12345", OrderID: order, Status: ecomtrade24.StatusPaid, Amount: "49.95", Currency: "USD", TxID: "tx_1",
		Domain: "shop.example",
	}
}

// send sends the webhook of an order's payment, and waits as Send says.
func send(tb testing.TB, k *courier.Courier, order string) {
	tb.Helper()
	wait, err := k.Send(payment(order))
	require.NoError(tb, err)
	wait()
}

// merchant is an endpoint that keeps what it receives. It answers with the statuses in answers, in turn, and then with
// 200.
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
		w.Header().Set("Location", "/elsewhere") // not to be followed
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "thanks")
}

// The signature is in the header and has the form that was asked for.
func TestCourier_signature(t *testing.T) {
	t.Parallel()
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	for _, name := range webhook.SignatureHeaders() {
		for prefix, form := range map[bool]string{false: `^[0-9a-f]{64}$`, true: `^sha256=[0-9a-f]{64}$`} {
			m := &merchant{}
			k := courier.New(courier.Config{
				Secret: func(string) string { return secret }, Header: name, Prefix: prefix,
			})
			k.DeliverToHandler(m, "/hook")
			send(t, k, "A")
			require.NoError(t, v.Verify(m.headers[0], []byte(m.bodies[0])), name)
			assert.Regexp(t, form, m.headers[0].Get(name))
			assert.Equal(t, "application/json", m.headers[0].Get("Content-Type"))
			d := k.Deliveries()[0]
			assert.Equal(t, "https://merchant.example/hook", d.URL)
			assert.Equal(t, "thanks", string(d.ResponseBody))
			require.NoError(t, d.Err)
			require.NoError(t, k.Close())
		}
	}
}

// Each pause is twice the one before, each attempt has a new sent_at, and a redirect is not an acceptance.
func TestCourier_backOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := start(t, courier.Config{Attempts: 5, Backoff: time.Second})
		m := &merchant{answers: []int{500, 302, 404, 204}}
		k.DeliverToHandler(m, "/")
		begin := time.Now()
		send(t, k, "A")
		var after []time.Duration
		for _, at := range m.times {
			after = append(after, at.Sub(begin))
		}
		assert.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}, after)
		assert.Contains(t, m.bodies[3], "2000-01-01T00:00:07+00:00")
		assert.Equal(t, 4, k.Deliveries()[3].Attempt)

		m.answers = []int{500, 500, 500, 500, 500, 500}
		send(t, k, "A")
		assert.Len(t, m.bodies, 9, "given up after five attempts")
		assert.Equal(t, 2, k.Deliveries()[8].Webhook)
	})
}

func TestCourier_noAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := start(t, courier.Config{Attempts: 1})
		k.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // until then, net/http does not look whether the client has gone
			<-r.Context().Done()
		}), "/")
		begin := time.Now()
		send(t, k, "A")
		assert.Equal(t, 10*time.Second, time.Since(begin), "an endpoint has ten seconds")
		require.Error(t, k.Deliveries()[0].Err)
		k.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "/")
		send(t, k, "A")
		require.ErrorIs(t, k.Deliveries()[1].Err, io.EOF)
		assert.Zero(t, k.Deliveries()[1].Response)
	})
}

func TestCourier_DeliverTo(t *testing.T) {
	t.Parallel()
	k, m := start(t, courier.Config{Attempts: 2, Backoff: time.Nanosecond}), &merchant{answers: []int{503}}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	send(t, k, "A") // nowhere yet
	assert.Empty(t, k.Target())
	require.NoError(t, k.DeliverTo(server.URL+"/hook"))
	assert.Equal(t, server.URL+"/hook", k.Target())
	send(t, k, "A")
	assert.Len(t, m.bodies, 2)
	assert.Len(t, k.Deliveries(), 2)
	for _, bad := range []string{"", "/hook", "ftp://shop.example/", "javascript:alert(1)", "http://", ":"} {
		require.Error(t, k.DeliverTo(bad), bad)
	}
}

// What was sent is sent again as it was before any fault, with a new date.
func TestCourier_Redeliver(t *testing.T) {
	t.Parallel()
	k, m := start(t, courier.Config{Attempts: 1}), &merchant{}
	k.DeliverToHandler(m, "/")
	k.Spoil(courier.FaultTamper, 1)
	send(t, k, "A")
	require.NoError(t, k.Redeliver(1))
	k.Flush()
	assert.Contains(t, m.bodies[0], "tx_forged")
	assert.Contains(t, m.bodies[1], "tx_1")
	for _, number := range []int{-1, 0, 3} {
		require.ErrorContains(t, k.Redeliver(number), "no delivery")
	}
	require.NoError(t, k.Close())
	require.NoError(t, k.Close())
	require.ErrorIs(t, k.Redeliver(1), courier.ErrClosed)
	_, err := k.Send(payment("A"))
	require.ErrorIs(t, err, courier.ErrClosed)
}

// A handler that never returns is named when the courier closes.
func TestCourier_Close_leftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := courier.New(courier.Config{
			Secret: func(string) string { return secret }, Header: "X-Signature", Attempts: 1,
		})
		release := make(chan struct{})
		k.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), "/")
		send(t, k, "A")
		require.ErrorContains(t, k.Close(), "some handlers do not return")
		close(release)
	})
}
