package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
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
		assert.Equal(t, "thanks", string(d.AnswerBody))
		assert.NoError(t, d.Err)
		wait, err := g.SendTest()
		require.NoError(t, err)
		wait()
		assert.Contains(t, m.bodies[1], `"session_id":0,"order_id":"TEST-WEBHOOK-`)
		assert.Contains(t, m.bodies[1], `"status":"test","amount":"0.00"`)
		assert.Contains(t, m.bodies[1], `"test":true}`)
	})
}

func TestDelivery_headers(t *testing.T) {
	t.Parallel()
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	for _, name := range append(sandbox.SignatureHeaders(), "x-signature") {
		g, m := start(t, sandbox.Config{SignatureHeader: name, Deployment: ecomtrade24.EcomTrade24Pay}), &merchant{}
		g.DeliverToHandler(m, "/")
		create(t, g, `{}`)
		pay(t, g, "12345")
		require.NoError(t, v.Verify(m.headers[0], []byte(m.bodies[0])), name)
		assert.NotEmpty(t, m.headers[0].Get(name))
		assert.Contains(t, m.bodies[0], `"session_id":12345,`, "as in the captured webhook")
		assert.Contains(t, m.bodies[0], `"merchant_id":175,`)
	}
}

// The signature has the form that was asked for, and is bare lower-case hex by default.
func TestDelivery_signatureForm(t *testing.T) {
	t.Parallel()
	for prefix, form := range map[bool]string{false: `^[0-9a-f]{64}$`, true: `^sha256=[0-9a-f]{64}$`} {
		g, m := start(t, sandbox.Config{SignaturePrefix: prefix}), &merchant{}
		g.DeliverToHandler(m, "/")
		create(t, g, `{}`)
		pay(t, g, "12345")
		assert.Regexp(t, form, m.headers[0].Get("X-Signature"))
	}
}

// Each pause is twice the one before, each attempt has a new sent_at, and a redirect is not an acceptance.
func TestDelivery_backOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Attempts: 5, Backoff: time.Second})
		m := &merchant{answers: []int{500, 302, 404, 204}}
		g.DeliverToHandler(m, "/")
		create(t, g, `{}`)
		begin := time.Now()
		pay(t, g, "12345")
		var after []time.Duration
		for _, at := range m.times {
			after = append(after, at.Sub(begin))
		}
		assert.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}, after)
		assert.Contains(t, m.bodies[3], "2000-01-01T00:00:07+00:00")
		assert.Equal(t, 4, g.Deliveries()[3].Attempt)

		m.answers = []int{500, 500, 500, 500, 500, 500}
		wait, err := g.Redeliver("12345")
		require.NoError(t, err)
		wait()
		assert.Len(t, m.bodies, 9, "given up after five attempts")
		assert.Equal(t, 2, g.Deliveries()[8].Webhook)
	})
}

func TestDelivery_noAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{Attempts: 1})
		create(t, g, `{}`)
		create(t, g, `{}`)
		g.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "/")
		begin := time.Now()
		pay(t, g, "12345")
		assert.Equal(t, 10*time.Second, time.Since(begin), "an endpoint has ten seconds")
		require.Error(t, g.Deliveries()[0].Err)
		g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("oops")) }), "/")
		pay(t, g, "12346")
		require.ErrorContains(t, g.Deliveries()[1].Err, "panicked: oops")
		assert.Zero(t, g.Deliveries()[1].Answer)
	})
}

func TestDelivery_URL(t *testing.T) {
	t.Parallel()
	g, m := start(t, sandbox.Config{Attempts: 2, Backoff: time.Nanosecond}), &merchant{answers: []int{503}}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	create(t, g, `{}`)
	pay(t, g, "12345") // nowhere yet
	require.NoError(t, g.DeliverTo(server.URL+"/hook"))
	wait, err := g.Redeliver("12345")
	require.NoError(t, err)
	wait()
	assert.Len(t, m.bodies, 2)
	assert.Len(t, g.Deliveries(), 2)
	for _, bad := range []string{"", "/hook", "ftp://shop.example/", "javascript:alert(1)", "http://", ":"} {
		require.Error(t, g.DeliverTo(bad), bad)
	}
	_, err = g.Redeliver("1")
	require.ErrorContains(t, err, "no session")
}

func TestGateway_events(t *testing.T) {
	t.Parallel()
	g, m := start(t, sandbox.Config{Attempts: 1}), &merchant{answers: []int{500}}
	_, page := do(t, g, http.MethodGet, "/events", "", nil)
	assert.Contains(t, page, "No webhook URL is set")
	assert.NotContains(t, page, "send-test")
	g.DeliverToHandler(m, "/hook")
	create(t, g, `{"order_id":"<b>&"}`)
	press(t, g, "/pay.php", url.Values{"session": {"12345"}, "action": {"decline"}}, nil)
	g.Flush()
	for _, form := range []url.Values{{"delivery": {"1"}}, {"action": {"test"}}} {
		resp := press(t, g, "/events", form, nil)
		assert.Equal(t, "/events", resp.Header.Get("Location"))
		g.Flush()
	}
	_, page = do(t, g, http.MethodGet, "/events", "", nil)
	for _, part := range []string{
		`id="delivery-1"`, `id="redeliver-2" name="delivery" value="2"`, "500 Internal Server Error", "200 OK", "thanks",
		"&lt;b&gt;&amp;", "X-Signature: ", "TEST-WEBHOOK-", "Webhook 2, attempt 1", `id="send-test"`,
		"https://merchant.example/hook",
	} {
		assert.Contains(t, page, part)
	}
	assert.NotContains(t, page, "<b>")
	for _, bad := range []string{"0", "4", "x", ""} {
		assert.Equal(t, http.StatusBadRequest, press(t, g, "/events", url.Values{"delivery": {bad}}, nil).StatusCode)
	}
	assert.Len(t, m.bodies, 3)
	require.NoError(t, g.Close())
	for _, form := range []url.Values{{"delivery": {"1"}}, {"action": {"test"}}} {
		assert.Equal(t, http.StatusBadRequest, press(t, g, "/events", form, nil).StatusCode)
	}
}
