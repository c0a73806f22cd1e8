package foreignshop_test

import (
	"go/build"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/foreignshop"
)

// What is sent, byte for byte: the specification's own example, and the two bodies of public integrations.
const (
	specified = `{"domain":"merchant-store.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001",
 "return_url":"https://merchant-store.example/success","cancel_url":"https://merchant-store.example/cancel",
 "customer_email":"buyer@example.com","method":"card"}`
	fromPython = `{"amount":"49.95","currency":"USD","domain":"shop.example","order_id":"NB-20260509-1001",` +
		`"email":"buyer@example.com","method":"card","return_url":"https://…","cancel_url":"https://…"}`
	fromNode = `{"amount":49.95,"currency":"USD","order_id":"12","domain":"shop.example",` +
		`"return_url":"https://…","cancel_url":"https://…","email":"buyer@example.com"}`
)

const (
	fiavex = ecomtrade24.FiavexPay
	ecom   = ecomtrade24.EcomTrade24Pay
)

// join signs the merchant up with a gateway of its own that delivers to it over a socket.
func join(
	t *testing.T, d ecomtrade24.Deployment, opts ...gatewaytest.Option,
) (*foreignshop.Merchant, *gatewaytest.Gateway) {
	t.Helper()
	g := gatewaytest.New(t, append([]gatewaytest.Option{gatewaytest.WithDeployment(d)}, opts...)...)
	m := &foreignshop.Merchant{
		BaseURL: g.URL, APIKey: g.APIKey, Secret: g.WebhookSecret, Header: "X-Signature",
		StatusPath: map[ecomtrade24.Deployment]string{
			fiavex: "/gateway/status.php", ecom: "/gateway/session_status.php",
		}[d],
	}
	shop := httptest.NewServer(m)
	t.Cleanup(shop.Close)
	g.DeliverTo(shop.URL + "/api/webhook")
	return m, g
}

// A whole payment: create the session, open the page, pay, take the webhook, ask for the status.
func TestMerchant(t *testing.T) {
	t.Parallel()
	smart, hosted := ecomtrade24.ModeSmartRouting, ecomtrade24.ModeHostedCheckout
	const buyer = "buyer@example.com"
	rows := map[string]struct {
		deployment ecomtrade24.Deployment
		mode       ecomtrade24.IntegrationMode
		body       string
		order      string
		email      string // as echoed
	}{
		"FiavexPay, as specified":     {fiavex, smart, specified, "ORDER-10001", buyer},
		"FiavexPay, hosted":           {fiavex, hosted, without(specified, `,"method":"card"`), "ORDER-10001", buyer},
		"FiavexPay, an unknown email": {fiavex, smart, fromPython, "NB-20260509-1001", ""},
		"EcomTrade24Pay, from Python": {ecom, smart, fromPython, "NB-20260509-1001", buyer},
		"EcomTrade24Pay, from Node":   {ecom, hosted, fromNode, "12", buyer},
		"the buyer chooses a method":  {ecom, smart, fromNode, "12", buyer},
		"older documentation":         {ecom, smart, specified, "ORDER-10001", buyer},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, g := join(t, row.deployment, gatewaytest.WithMode(row.mode))
			me, err := m.Me(t.Context())
			require.NoError(t, err)
			mode := strings.Replace(me.IntegrationMode+me.CheckoutMode, "smart_router", "smart_routing", 1)
			assert.Equal(t, string(row.mode), mode)
			created, err := m.CreateSession(t.Context(), row.body)
			require.NoError(t, err)
			require.True(t, created.OK, created.Error)

			page, back, err := foreignshop.Buyer{}.Pay(t.Context(), created.CheckoutURL)
			require.NoError(t, err)
			assert.Contains(t, page, row.order)
			assert.Equal(t, row.email != "", strings.Contains(page, "buyer@example.com"))
			assert.True(t, strings.HasPrefix(back, "https://"), back)
			g.Flush()

			require.Len(t, m.Webhooks(), 1, "the bare hex of the raw body is in X-Signature")
			told := m.Webhooks()[0]
			assert.Equal(t, "payment.session", told.Event)
			assert.Equal(t, created.SessionID, told.SessionID)
			assert.NotEmpty(t, told.TxID)
			assert.False(t, told.Test)
			status, err := m.AskStatus(t.Context(), created.Session())
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, status.HTTPStatus)
			for _, got := range [][]string{
				{told.OrderID, told.Status, told.Amount, told.Currency, told.Email, told.TxID},
				{status.OrderID, status.Status, status.Amount, status.Currency, status.Email, status.TxID},
			} {
				assert.Equal(t, []string{row.order, "paid", "49.95", "USD", row.email, told.TxID}, got)
			}
		})
	}
}

func without(body, member string) string { return strings.Replace(body, member, "", 1) }

// A gateway signs in the header that it was set to. The integration accepts bare hex there and refuses a prefix.
func TestMerchant_signature(t *testing.T) {
	t.Parallel()
	rows := []struct {
		opts   []gatewaytest.Option
		header string
		taken  int
	}{
		{nil, "X-Signature", 1},
		{nil, "X-Ecomtrade24-Signature", 0}, // the other one
		{[]gatewaytest.Option{gatewaytest.WithSignatureHeader("X-Ecomtrade24-Signature")}, "X-Ecomtrade24-Signature", 1},
		{[]gatewaytest.Option{gatewaytest.WithSignaturePrefix()}, "X-Signature", 0},
	}
	for _, deployment := range []ecomtrade24.Deployment{fiavex, ecom} {
		for _, row := range rows {
			m, g := join(t, deployment, append(row.opts, gatewaytest.WithRedelivery(1, time.Millisecond))...)
			m.Header = row.header
			g.SendTest()
			assert.Len(t, m.Webhooks(), row.taken, row.header)
			g.Tamper(1)
			g.SendTest()
			assert.Len(t, m.Webhooks(), row.taken, "changed after it was signed")
		}
	}
}

// The gateway refuses what the contract says, with the codes that it names.
func TestMerchant_refused(t *testing.T) {
	t.Parallel()
	rows := []struct {
		deployment ecomtrade24.Deployment
		opts       []gatewaytest.Option
		body       string
		code       string
	}{
		{fiavex, nil, fromNode, "invalid_amount"}, // a string only
		{fiavex, []gatewaytest.Option{gatewaytest.WithDomains("other.example")}, specified, "domain_not_allowed"},
		{ecom, []gatewaytest.Option{gatewaytest.WithDomains("other.example")}, fromNode, "domain_not_allowed"},
		{ecom, []gatewaytest.Option{gatewaytest.WithoutPayoutWallet()}, fromNode, "missing_merchant_payout_wallet"},
		{
			ecom,
			[]gatewaytest.Option{gatewaytest.RequireCustomerEmail()},
			without(fromNode, `,"email":"buyer@example.com"`), "valid_customer_email_required",
		},
		{ecom, []gatewaytest.Option{gatewaytest.RequireCustomerEmail()}, fromNode, ""},
	}
	for _, row := range rows {
		m, _ := join(t, row.deployment, row.opts...)
		answer, err := m.CreateSession(t.Context(), row.body)
		require.NoError(t, err)
		assert.Equal(t, row.code, answer.Error)
		assert.Equal(t, row.code == "", answer.OK)
	}
	m, _ := join(t, ecom)
	m.APIKey += "x"
	answer, err := m.Me(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "unauthorized", answer.Error)
	assert.Equal(t, http.StatusUnauthorized, answer.HTTPStatus)
}

// The integration uses the standard library alone, or it would prove nothing.
func TestImports(t *testing.T) {
	t.Parallel()
	pkg, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	assert.NotEmpty(t, pkg.Imports)
	for _, path := range pkg.Imports {
		assert.NotContains(t, path, ".", "%s is not the standard library's", path)
	}
}
