package main

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// open returns a running gateway and a shop that uses it.
func open(t *testing.T, opts ...gatewaytest.Option) (*gatewaytest.Gateway, shopURL) {
	t.Helper()
	opts = append([]gatewaytest.Option{gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting)}, opts...)
	g := gatewaytest.New(t, opts...)
	u, _ := start(t, settingsOf(g))
	g.DeliverTo(string(u) + "/api/webhook")
	return g, u
}

// send delivers a webhook that is signed with the given secret.
func send(t *testing.T, u shopURL, secret, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, string(u)+"/api/webhook", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Signature", webhook.Sign(secret, []byte(body)))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

// sent returns the body of the shop's last request to the gateway, the one that creates a session.
func sent(g *gatewaytest.Gateway) string {
	requests := g.Requests()
	return string(requests[len(requests)-1].Body)
}

// The buyer returns before the webhook arrives. No query string makes the return page say that the order is paid.
func TestShop_paidOnlyAfterTheWebhook(t *testing.T) {
	t.Parallel()
	g, u := open(t)
	g.DelayWebhooks(time.Hour)
	order := u.buy(t, "card", "pay")
	assert.Contains(t, sent(g), `"method":"card"`)
	assert.Equal(t, buyer, g.Sessions()[0].CustomerEmail)
	assert.Equal(t, "Not yet paid", state(t, order))
	assert.Equal(t, "Not yet paid", state(t, order+"?status=paid&paid=1&session_id="+g.Sessions()[0].SessionID))
	g.Flush()
	assert.Equal(t, "Paid", state(t, order))
}

func TestShop_notPaid(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"decline", "cancel", "expire"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			g, u := open(t)
			order := u.buy(t, "card", action)
			g.Flush()
			assert.Equal(t, "Not paid", state(t, order))
		})
	}
}

// A forged webhook says that a declined payment was paid.
func TestShop_forgedWebhook(t *testing.T) {
	t.Parallel()
	g, u := open(t)
	g.TamperWebhooks(1)
	order := u.buy(t, "upi", "decline")
	g.Flush()
	for _, d := range g.Deliveries() {
		assert.Equal(t, http.StatusUnauthorized, d.Response)
		assert.Contains(t, string(d.Body), `"status":"paid"`)
	}
	assert.Equal(t, "Not yet paid", state(t, order))
	g.Redeliver(g.Sessions()[0].SessionID)
	assert.Equal(t, "Not paid", state(t, order))
}

func TestShop_events(t *testing.T) {
	t.Parallel()
	const event = `{"session_id":%s,"order_id":%q,"status":%q,"amount":%q,"currency":%q,"test":%t}`
	g, u := open(t)
	g.DelayWebhooks(time.Hour)
	order := u.buy(t, "card", "pay")
	id, session := path.Base(order), g.Sessions()[0].SessionID
	for _, step := range []struct {
		id, status, amount, currency string
		test                         bool
		want                         string
	}{
		{"ORDER-OF-ANOTHER", "paid", "49.95", "USD", false, "Not yet paid"},
		{id, "paid", "4.99", "USD", false, "Not yet paid"},  // too little
		{id, "paid", "49.95", "INR", false, "Not yet paid"}, // another currency
		{id, "paid", "49.95", "USD", true, "Not yet paid"},  // a test is never a payment
		{id, "test", "49.95", "USD", false, "Not yet paid"},
		{id, "settled", "49.95", "USD", false, "Not yet paid"}, // an unknown status
		{id, "expired", "49.95", "USD", false, "Not paid"},
		{id, "processing", "49.95", "USD", false, "Not paid"}, // late: an expired order stays expired
		{id, "paid", "49.95", "usd", false, "Paid"},           // paid after it expired
		{id, "paid", "49.950", "USD", false, "Paid"},          // the same payment again
		{id, "expired", "49.95", "USD", false, "Paid"},        // late: a paid order stays paid
		{id, "declined", "49.95", "USD", false, "Paid"},
	} {
		body := fmt.Sprintf(event, session, step.id, step.status, step.amount, step.currency, step.test)
		assert.Equal(t, http.StatusOK, send(t, u, g.WebhookSecret, body), body)
		assert.Equal(t, step.want, state(t, order), body)
	}
	g.Flush()
	assert.Equal(t, "Paid", state(t, order))
}

func TestShop_gatewayRejects(t *testing.T) {
	t.Parallel()
	g, u := open(t, gatewaytest.WithDomains("another-shop.example"))
	bought := visit(t, string(u)+"/buy", url.Values{"method": {"card"}, "email": {buyer}})
	assert.Equal(t, http.StatusBadGateway, bought.status)
	assert.Contains(t, bought.text, "not available")
	assert.NotContains(t, bought.text, "another-shop", "buyers do not see the gateway's message")
	assert.Empty(t, g.Sessions())
}

func TestShop_missing(t *testing.T) {
	t.Parallel()
	_, u := open(t)
	assert.Equal(t, http.StatusNotFound, visit(t, string(u)+"/orders/ORDER-NOBODYS", nil).status)
	assert.Equal(t, http.StatusMethodNotAllowed, visit(t, string(u)+"/buy", nil).status, "a GET must not buy")
}
