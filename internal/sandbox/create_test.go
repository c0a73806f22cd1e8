package sandbox_test

import (
	"encoding/json"
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

// Responses are compared byte by byte, since a client must handle each of these formats.
func TestGateway_createSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // expires_at needs a fake clock
		g := start(t, sandbox.Config{})
		_, body := call(t, g, http.MethodPost, "/gateway/session.php", session(`{}`))
		assert.Equal(t, `{"ok":true,"session_id":12345,"checkout_url":"https:\/\/pay.example\/pay.php?session=12345",`+
			`"expires_at":"2000-01-01 00:30:00"}`, body)
		create(t, g, `{"order_id":"É/😀\"","customer_email":"a@shop.example","meta":{"b":"2","a":"1/\n\u0001"}}`)
		_, body = call(t, g, http.MethodGet, "/gateway/status.php?session_id=12345", "")
		assert.Equal(t, `{"ok":true,"session_id":12345,"order_id":"ORDER-10001","status":"pending","amount":"49.95",`+
			`"currency":"USD","email":null,"txid":null,"shop_domain":"shop.example",`+
			`"expires_at":"2000-01-01 00:30:00","test":false}`, body)
		_, body = call(t, g, http.MethodGet, "/gateway/status.php?session_id=12346", "")
		assert.Contains(t, body, `"order_id":"\u00c9\/\ud83d\ude00\"",`)
		assert.Contains(t, body, `"email":"a@shop.example","txid":null,"meta":{"a":"1\/\n\u0001","b":"2"},`)

		<-time.After(30 * time.Minute)
		synctest.Wait()
		_, body = call(t, g, http.MethodGet, "/gateway/status.php?session_id=12345", "")
		assert.Contains(t, body, `"status":"expired"`)
	})
}

// refusal returns the error code in a response that rejects a call.
func refusal(tb testing.TB, body string) string {
	tb.Helper()
	got := struct {
		OK             bool
		Error, Message string
	}{OK: true}
	require.NoError(tb, json.Unmarshal([]byte(body), &got), body)
	assert.False(tb, got.OK, body)
	assert.NotEmpty(tb, got.Message, body)
	return got.Error
}

func TestGateway_createSession_rejects(t *testing.T) {
	t.Parallel()
	rows := []struct {
		body   string
		status int
		code   string
	}{
		{session(`{"domain":null}`), 422, "missing_domain"},
		{session(`{"amount":""}`), 422, "missing_amount"},
		{session(`{"currency":"  "}`), 422, "missing_currency"}, // a blank value counts as missing
		{session(`{"order_id":null}`), 422, "missing_order_id"},
		{`{}`, 422, "missing_domain"},
		{`{"amount":"1"`, 400, "invalid_json"},
		{`[]`, 400, "invalid_json"},
		{`null`, 400, "invalid_json"},
		{``, 400, "invalid_json"},
		{session(`{"domain":"www.shop.example"}`), 403, "domain_not_allowed"}, // a subdomain is not approved
		{session(`{"domain":"Shop.example"}`), 403, "domain_not_allowed"},     // the case must match too
		{session(`{"domain":"https://shop.example"}`), 422, "invalid_domain"},
		{session(`{"amount":49.95}`), 422, "invalid_amount"}, // FiavexPay accepts only a string
		{session(`{"amount":true}`), 422, "invalid_amount"},
		{session(`{"amount":"0.00"}`), 422, "invalid_amount"},
		{session(`{"amount":"-1"}`), 422, "invalid_amount"},
		{session(`{"amount":"49,95"}`), 422, "invalid_amount"},
		{session(`{"order_id":["10001"]}`), 422, "invalid_order_id"},
		{session(`{"currency":{}}`), 422, "invalid_currency"},
		{session(`{"return_url":false}`), 422, "invalid_return_url"},
		{session(`{"customer_email":[]}`), 422, "invalid_customer_email"},
		{session(`{"meta":"x"}`), 422, "invalid_meta"},
		{session(`{"meta":{"a":{"b":"c"}}}`), 422, "invalid_meta"}, // meta must be flat
		{session(`{"meta":["a"]}`), 422, "invalid_meta"},
		{session(`{"meta":{"Provider":"x"}}`), 422, "provider_not_allowed"},
		{`{"order_id":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "body_too_large"},
	}
	for _, name := range []string{
		"provider", "payment_provider", "checkout_provider", "m_provider_name", "provider_mode", "fallback_provider",
		"PROVIDER",
	} {
		row := rows[0]
		row.body, row.code = session(`{"`+name+`":null}`), "provider_not_allowed" // rejected even if the member is null
		rows = append(rows, row)
	}
	g := start(t, sandbox.Config{Domains: []string{"shop.example", "other.example"}})
	for _, row := range rows {
		status, body := call(t, g, http.MethodPost, "/gateway/session.php", row.body)
		name := row.body[:min(len(row.body), 120)]
		assert.Equal(t, row.status, status, name)
		assert.Equal(t, row.code, refusal(t, body), name)
	}
	assert.Empty(t, g.Sessions())
	assert.Len(t, g.Requests(), len(rows))
}

func TestGateway_createSession_accepts(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Mode: ecomtrade24.ModeSmartRouting, Domains: []string{"shop.example", "other.example"}})
	for _, changes := range []string{
		`{"domain":"other.example"}`,
		`{"method":"card"}`,
		`{"method":""}`,                // the buyer chooses the method on the page
		`{"meta":[]}`, `{"meta":null}`, // PHP writes an empty map as []
		`{"unknown":"member"}`,             // unknown members are ignored, as in PHP
		`{"currency":"USDT"}`,              // a stablecoin
		`{"return_url":"http://a.b/?x=y"}`, // http is allowed
		// The contract does not say that the gateway checks these values.
		`{"currency":"usd"}`,
		`{"order_id":10001}`,
		`{"customer_email":"Buyer <a@shop.example>"}`,
		`{"return_url":"/success","cancel_url":"javascript:alert(1)"}`, // the checkout page links to neither URL
	} {
		create(t, g, changes)
	}
	// pix is listed, but not available.
	status, body := call(t, g, http.MethodPost, "/gateway/session.php", session(`{"method":"pix"}`))
	assert.Equal(t, 422, status)
	assert.Contains(t, body, `"method_not_available"`)
	resp, body := do(t, g, http.MethodPost, "/gateway/session.php", "domain=shop.example", http.Header{
		"Authorization": {"Bearer " + apiKey}, "Content-Type": {"application/x-www-form-urlencoded"},
	})
	assert.Equal(t, http.StatusUnsupportedMediaType, resp.StatusCode, body)
}

// spliced is like session, but keeps the digits of each number in changes.
func spliced(changes string) string {
	body := strings.Replace(session(`{}`), `"amount":"49.95",`, "", 1)
	return strings.TrimSuffix(body, "}") + "," + changes[1:]
}

// EcomTrade24Pay accepts some values that the specification does not allow, and repeats them in lookups and webhooks.
func TestGateway_createSession_EcomTrade24Pay(t *testing.T) {
	t.Parallel()
	rows := []struct{ changes, amount, email string }{
		{`{"amount":49.95,"email":"a@shop.example"}`, "49.95", "a@shop.example"},
		// the email field's name in older documentation
		{`{"amount":"49.90","customer_email":"a@shop.example"}`, "49.90", "a@shop.example"},
		{`{"amount":5,"email":"a@shop.example","customer_email":"b@shop.example"}`, "5.00", "a@shop.example"},
		{`{"amount":0.10,"email":""}`, "0.10", ""},
	}
	for _, row := range rows {
		g, m := withShop(t, sandbox.Config{Deployment: ecomtrade24.EcomTrade24Pay})
		status, answer := call(t, g, http.MethodPost, "/gateway/session.php", spliced(row.changes))
		require.Equal(t, http.StatusOK, status, answer)
		pay(t, g, "12345")
		_, answer = call(t, g, http.MethodGet, "/gateway/session_status.php?session_id=12345", "")
		for _, told := range []string{answer, m.bodies[0]} {
			assert.Contains(t, told, `"amount":"`+row.amount+`"`)
			if row.email != "" {
				assert.Contains(t, told, `"email":"`+row.email+`"`)
			} else {
				assert.Contains(t, told, `"email":null`)
			}
		}
		_, page := do(t, g, http.MethodGet, "/pay.php?session=12345", "", nil)
		assert.Equal(t, row.email != "", strings.Contains(page, "<dd>"+row.email+"</dd>"), page)
	}
	g := start(t, sandbox.Config{Deployment: ecomtrade24.EcomTrade24Pay})
	for _, amount := range []string{`0`, `-1`, `1e2`, `true`, `null`, `"0.00"`, `"x"`, `[5]`} {
		status, answer := call(t, g, http.MethodPost, "/gateway/session.php", spliced(`{"amount":`+amount+`}`))
		assert.Equal(t, 422, status, amount)
		assert.Contains(t, []string{"invalid_amount", "missing_amount"}, refusal(t, answer), amount)
	}
}

// FiavexPay is not known to read email, so the gateway ignores this field.
func TestGateway_createSession_FiavexPayEmail(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{"email":"a@shop.example"}`)
	assert.Empty(t, g.Sessions()[0].CustomerEmail)
}

// Some payment routes require the buyer's email address. A merchant without a payout wallet cannot sell.
func TestGateway_createSession_merchantRules(t *testing.T) {
	t.Parallel()
	const ecom = ecomtrade24.EcomTrade24Pay
	rows := []struct {
		config  sandbox.Config
		changes string
		code    string // "" if the session is made
	}{
		{sandbox.Config{RequireEmail: true}, `{}`, "valid_customer_email_required"},
		{sandbox.Config{RequireEmail: true}, `{"customer_email":"x"}`, "valid_customer_email_required"},
		{sandbox.Config{RequireEmail: true}, `{"customer_email":"A <a@b.example>"}`, "valid_customer_email_required"},
		{sandbox.Config{RequireEmail: true}, `{"email":"a@b.example"}`, "valid_customer_email_required"},
		{sandbox.Config{RequireEmail: true}, `{"customer_email":"a@b.example"}`, ""},
		{sandbox.Config{RequireEmail: true, Deployment: ecom}, `{}`, "valid_customer_email_required"},
		{sandbox.Config{RequireEmail: true, Deployment: ecom}, `{"email":"a@b.example"}`, ""},
		{sandbox.Config{RequireEmail: true, Deployment: ecom}, `{"customer_email":"a@b.example"}`, ""},
		{sandbox.Config{NoPayoutWallet: true}, `{}`, "missing_merchant_payout_wallet"},
		{sandbox.Config{NoPayoutWallet: true}, `{"order_id":""}`, "missing_order_id"}, // invalid fields are reported first
	}
	for _, row := range rows {
		g := start(t, row.config)
		status, body := call(t, g, http.MethodPost, "/gateway/session.php", session(row.changes))
		if row.code == "" {
			assert.Equal(t, http.StatusOK, status, body)
			continue
		}
		assert.Equal(t, http.StatusUnprocessableEntity, status, row.changes)
		assert.Equal(t, row.code, refusal(t, body), row.changes)
	}
}

// Without a list of domains, the gateway approves every bare host name, but no other text.
func TestGateway_anyDomain(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{"domain":"anything.example"}`)
	for _, domain := range []string{"https://shop.example", "shop.example:8080", "shop.example/", "a@b.example", "a b"} {
		status, body := call(t, g, http.MethodPost, "/gateway/session.php", session(`{"domain":"`+domain+`"}`))
		assert.Equal(t, 422, status, domain)
		assert.Contains(t, body, "invalid_domain", domain)
		assert.Contains(t, body, "any bare host name", domain)
	}
}
