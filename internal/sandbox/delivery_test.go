package sandbox_test

import (
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

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

func pay(tb testing.TB, g *sandbox.Gateway, id string) {
	tb.Helper()
	wait, err := g.Move(id, ecomtrade24.StatusPaid, "")
	require.NoError(tb, err)
	wait()
}

func TestDelivery_body(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, m := start(t, sandbox.Config{Seed: 7}), &merchant{}
		g.DeliverToHandler(m, "/hook")
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
		wait, err := g.SendTest()
		require.NoError(t, err)
		wait()
		assert.Contains(t, m.bodies[1], `"session_id":0,"order_id":"TEST-WEBHOOK-`)
		assert.Contains(t, m.bodies[1], `"status":"test","amount":"0.00"`)
		assert.Contains(t, m.bodies[1], `"test":true}`)
	})
}
