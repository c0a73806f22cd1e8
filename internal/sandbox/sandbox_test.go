package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

const (
	apiKey = "key-0123456789"
	secret = "secret-0123456789"
)

// start returns a gateway whose Close must succeed.
func start(tb testing.TB, c sandbox.Config) *sandbox.Gateway {
	tb.Helper()
	c.BaseURL, c.APIKey, c.WebhookSecret = "https://pay.example", apiKey, secret
	g, err := sandbox.New(c)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, g.Close()) })
	return g
}

// do sends one request to the gateway and does not follow redirects.
func do(tb testing.TB, g *sandbox.Gateway, method, path, body string, header http.Header) (*http.Response, string) {
	tb.Helper()
	req, err := http.NewRequest(method, "https://pay.example"+path, strings.NewReader(body))
	require.NoError(tb, err)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := g.Transport().RoundTrip(req)
	require.NoError(tb, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	require.NoError(tb, resp.Body.Close())
	return resp, string(text)
}

// call is like do, but sends the merchant's key.
func call(tb testing.TB, g *sandbox.Gateway, method, path, body string) (int, string) {
	tb.Helper()
	resp, text := do(tb, g, method, path, body, http.Header{
		"Authorization": {"Bearer " + apiKey}, "Content-Type": {"application/json"},
	})
	return resp.StatusCode, text
}

// session returns a valid session request, with the members of changes added or replaced.
func session(changes string) string {
	members := map[string]any{}
	for _, part := range []string{
		`{"domain":"shop.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001"}`, changes,
	} {
		if err := json.Unmarshal([]byte(part), &members); err != nil {
			panic(err)
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func create(tb testing.TB, g *sandbox.Gateway, changes string) {
	tb.Helper()
	status, body := call(tb, g, http.MethodPost, "/gateway/session.php", session(changes))
	require.Equal(tb, http.StatusOK, status, body)
}

func TestNew(t *testing.T) {
	t.Parallel()
	whole := sandbox.Config{BaseURL: "https://pay.example", APIKey: apiKey, WebhookSecret: secret}
	for name, spoil := range map[string]func(*sandbox.Config){
		"no key":             func(c *sandbox.Config) { c.APIKey = "" },
		"no secret":          func(c *sandbox.Config) { c.WebhookSecret = "" },
		"no base URL":        func(c *sandbox.Config) { c.BaseURL = "" },
		"no such mode":       func(c *sandbox.Config) { c.Mode = "express" },
		"no such deployment": func(c *sandbox.Config) { c.Deployment = "elsewhere" },
		"no such header":     func(c *sandbox.Config) { c.SignatureHeader = "X-Hub-Signature" },
		"fewer than none":    func(c *sandbox.Config) { c.Attempts = -1 },
		"back in time":       func(c *sandbox.Config) { c.Backoff = -1 },
	} {
		c := whole
		spoil(&c)
		_, err := sandbox.New(c)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), apiKey)
	}
	_, err := sandbox.New(whole)
	require.NoError(t, err)
}

func TestGateway_Move(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	final := []ecomtrade24.PaymentStatus{
		ecomtrade24.StatusPaid, ecomtrade24.StatusFailed, ecomtrade24.StatusDeclined, ecomtrade24.StatusExpired,
		ecomtrade24.StatusCancelled,
	}
	all := append([]ecomtrade24.PaymentStatus{
		ecomtrade24.StatusPending, ecomtrade24.StatusProcessing, ecomtrade24.StatusReview, ecomtrade24.StatusTest, "refunded",
	}, final...)
	for i, last := range final {
		id := []string{"12345", "12346", "12347", "12348", "12349"}[i]
		create(t, g, `{}`)
		for _, no := range []ecomtrade24.PaymentStatus{"pending", "test", "refunded", ""} {
			_, err := g.Move(id, no, "")
			require.Error(t, err, "pending to %s", no)
		}
		_, err := g.Move(id, ecomtrade24.StatusProcessing, "")
		require.NoError(t, err)
		_, err = g.Move(id, ecomtrade24.StatusProcessing, "")
		require.ErrorContains(t, err, "is processing and cannot become processing")
		_, err = g.Move(id, last, "")
		require.NoError(t, err)
		for _, to := range all { // a final state never changes
			_, err = g.Move(id, to, "")
			require.Error(t, err, "%s to %s", last, to)
		}
		assert.Equal(t, last, g.Sessions()[i].Status)
		assert.Equal(t, last == ecomtrade24.StatusPaid, g.Sessions()[i].TxID != "", "only a paid session has a txid")
	}
	for _, id := range []string{"", "12344", "12350", "012345", "+12345", "x", "99999999999999999999"} {
		_, err := g.Move(id, ecomtrade24.StatusPaid, "")
		require.ErrorContains(t, err, "no session", id)
	}
}

func TestGateway_Close(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{}`)
	require.NoError(t, g.Close())
	_, err := g.Move("12345", ecomtrade24.StatusPaid, "")
	require.ErrorContains(t, err, "closed")
	_, err = g.Redeliver("12345")
	require.ErrorContains(t, err, "closed")
	_, err = g.SendTest()
	require.ErrorContains(t, err, "closed")
}

// If the shop hangs, Close counts all webhooks of the batch.
func TestGateway_Close_batch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := start(t, sandbox.Config{})
		g.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}), "/")
		create(t, g, `{}`)
		g.DelayWebhooks(time.Hour)
		for range 3 {
			_, err := g.Redeliver("12345")
			require.NoError(t, err)
		}
		g.HealWebhooks()
		synctest.Wait()
		require.ErrorContains(t, g.Close(), "undelivered webhooks: 3")
		assert.Len(t, g.Deliveries(), 1)
	})
}

// The function passed to EditPayment may invoke the gateway, and gets a copy of the metadata even during a delivery.
func TestGateway_EditPayment_concurrent(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Backoff: time.Millisecond, Attempts: 20})
	g.DeliverToHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}), "/")
	create(t, g, `{"meta":{"cart":"7"}}`)
	_, err := g.Redeliver("12345")
	require.NoError(t, err)
	for range 200 {
		told, err := g.EditPayment("12345", func(p *ecomtrade24.Payment) {
			assert.Len(t, g.Sessions(), 1)
			p.Metadata["cart"] = "8"
		})
		require.NoError(t, err)
		told.Metadata["cart"] = "9"
	}
	assert.Equal(t, "8", g.Sessions()[0].Metadata["cart"])
	_ = g.Close() // an error is fine: a webhook may be undelivered
}
