package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// Request bodies, byte for byte, of integrations without the SDK: the specification's example and two public
// integrations.
const (
	specified = `{"domain":"merchant-store.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001",
 "return_url":"https://merchant-store.example/success","cancel_url":"https://merchant-store.example/cancel",
 "customer_email":"buyer@example.com","method":"card"}`
	fromPython = `{"amount":"49.95","currency":"USD","domain":"shop.example","order_id":"NB-20260509-1001",` +
		`"email":"buyer@example.com","method":"card","return_url":"https://…","cancel_url":"https://…"}`
	fromNode = `{"amount":49.95,"currency":"USD","order_id":"12","domain":"shop.example",` +
		`"return_url":"https://…","cancel_url":"https://…","email":"buyer@example.com"}`
)

func without(body, member string) string { return strings.Replace(body, member, "", 1) }

// capturedFacts has the fields that these integrations read in status lookups and webhooks.
type capturedFacts struct {
	OrderID  string `json:"order_id"`
	Status   string `json:"status"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Email    string `json:"email"`
	TxID     string `json:"txid"`
	Test     bool   `json:"test"`
}

func read[T any](t *testing.T, body string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

// Each captured integration can complete a payment: it creates the session, opens the page, compares the bare hex
// digits in the webhook's X-Signature, and looks up the status.
func TestGateway_capturedIntegrations(t *testing.T) {
	t.Parallel()
	const smart, hosted = ecomtrade24.ModeSmartRouting, ecomtrade24.ModeHostedCheckout
	const fiavex, ecom = ecomtrade24.FiavexPay, ecomtrade24.EcomTrade24Pay
	const buyer = "buyer@example.com"
	for name, row := range map[string]struct {
		deployment ecomtrade24.Deployment
		mode       ecomtrade24.IntegrationMode
		body       string
		order      string
		email      string // the email address that the gateway returns
	}{
		"FiavexPay, as specified":        {fiavex, smart, specified, "ORDER-10001", buyer},
		"FiavexPay, hosted":              {fiavex, hosted, without(specified, `,"method":"card"`), "ORDER-10001", buyer},
		"FiavexPay, ignored email field": {fiavex, smart, fromPython, "NB-20260509-1001", ""},
		"EcomTrade24Pay, from Python":    {ecom, smart, fromPython, "NB-20260509-1001", buyer},
		"EcomTrade24Pay, from Node":      {ecom, hosted, fromNode, "12", buyer},
		"the buyer chooses a method":     {ecom, smart, fromNode, "12", buyer},
		"older documentation":            {ecom, smart, specified, "ORDER-10001", buyer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, m := withShop(t, sandbox.Config{Deployment: row.deployment, Mode: row.mode})
			_, body := call(t, g, http.MethodGet, "/gateway/me.php", "")
			me := read[struct {
				Fiavex string `json:"integration_mode"`
				Ecom   string `json:"checkout_mode"`
			}](t, body)
			assert.Equal(t, string(row.mode), me.Fiavex+strings.Replace(me.Ecom, "smart_router", "smart_routing", 1))

			status, body := call(t, g, http.MethodPost, "/gateway/session.php", row.body)
			require.Equal(t, http.StatusOK, status, body)
			created := read[struct {
				SessionID   json.RawMessage `json:"session_id"`
				CheckoutURL string          `json:"checkout_url"`
			}](t, body)
			id := strings.Trim(string(created.SessionID), `"`)
			page := strings.TrimPrefix(created.CheckoutURL, "https://pay.example")
			_, body = call(t, g, http.MethodGet, page, "")
			assert.Contains(t, body, row.order)
			assert.Equal(t, row.email != "", strings.Contains(body, buyer))
			pay(t, g, id)

			require.Len(t, m.bodies, 1)
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(m.bodies[0]))
			assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), m.headers[0].Get("X-Signature"))
			path := map[ecomtrade24.Deployment]string{
				fiavex: "/gateway/status.php", ecom: "/gateway/session_status.php",
			}[row.deployment]
			_, body = call(t, g, http.MethodGet, path+"?session_id="+id, "")
			sent := read[capturedFacts](t, m.bodies[0])
			assert.Equal(t, capturedFacts{row.order, "paid", "49.95", "USD", row.email, sent.TxID, false}, sent)
			assert.Equal(t, sent, read[capturedFacts](t, body))
			assert.NotEmpty(t, sent.TxID)
		})
	}
}

// The gateway rejects invalid requests with the contract's error codes.
func TestGateway_capturedIntegrations_rejected(t *testing.T) {
	t.Parallel()
	ecom := ecomtrade24.EcomTrade24Pay
	for _, row := range []struct {
		config sandbox.Config
		body   string
		code   string
	}{
		{sandbox.Config{}, fromNode, "invalid_amount"}, // the amount must be a string
		{sandbox.Config{Domains: []string{"other.example"}}, specified, "domain_not_allowed"},
		{sandbox.Config{Deployment: ecom, Domains: []string{"other.example"}}, fromNode, "domain_not_allowed"},
		{sandbox.Config{Deployment: ecom, NoPayoutWallet: true}, fromNode, "missing_merchant_payout_wallet"},
		{
			sandbox.Config{Deployment: ecom, RequireEmail: true},
			without(fromNode, `,"email":"buyer@example.com"`), "valid_customer_email_required",
		},
		{sandbox.Config{Deployment: ecom, RequireEmail: true}, fromNode, ""},
	} {
		_, body := call(t, start(t, row.config), http.MethodPost, "/gateway/session.php", row.body)
		assert.Equal(t, row.code, read[struct{ Error string }](t, body).Error)
	}
}
