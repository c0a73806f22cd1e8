package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Every page of the storefront passes the audit, with an empty basket and with a filled one.
func TestPages_storefront(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeSmartRouting, "RECONCILE_EVERY=1h")
	v.check("storefront catalogue", v.shop+"/")
	v.check("storefront empty basket", v.shop+"/basket")
	v.check("storefront missing", v.shop+"/orders/ORDER-NOBODYS")
	v.fillBasket()
	v.check("storefront basket", v.shop+"/basket")
	v.open(v.shop + "/basket")
	v.checkout()
	order := v.shop + "/orders/" + v.session().OrderID
	v.check("storefront waiting", order)
	assert.Equal(t, "Waiting for your payment", v.text("#state"))
	v.gateway.Process(v.session().SessionID)
	v.check("storefront under way", order)
	assert.Equal(t, "Your payment is under way", v.text("#state"))
	v.open(order)
	evaluate[bool](v.tab, `document.body.insertAdjacentHTML("beforeend", "<form method=post id=late action="+
location.pathname+"/pay><button>Pay</button></form>"); true`) // acts like the form on a page that was opened earlier
	v.click("#late button")
	assert.Equal(t, order+"/pay", v.location())
	v.gateway.Pay(v.session().SessionID)
	v.sees("#state.paid") // the page updates itself at this URL too
	v.check("storefront paid", order)
	assert.Equal(t, "Paid", v.text("#state"))
}

func TestPages_storefrontNotPaid(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeSmartRouting)
	v.fillBasket()
	v.checkout()
	v.decide("#decline")
	v.gateway.Flush()
	v.check("storefront not paid", v.location())
	v.deliver(`{"session_id":%s,"order_id":%q,"status":"paid","amount":"1.00","currency":"USD","txid":"tx-1"}`,
		v.session().SessionID, v.session().OrderID)
	v.check("storefront in review", v.location())
}

// The form explains a buyer's mistake next to the field, and the field has the focus.
func TestStorefront_invalidEmail(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeSmartRouting)
	v.fillBasket()
	assert.Equal(t, "Basket (3)", v.text("#basket"))
	v.write("#email", "a..b@example.com") // the browser's own check accepts this address
	v.press("label[for=method-upi]")
	v.click("#pay")
	assert.Contains(t, v.text("form.card #refused"), "Please enter an e-mail address")
	assert.Equal(t, "email", evaluate[string](v.tab, "document.activeElement.id"))
	assert.True(t, evaluate[bool](v.tab, "document.querySelector('#method-upi').checked"),
		"expected the method to stay selected")
	v.open(v.location())
	assert.Equal(t, v.shop+"/basket", v.location(), "expected that the page's URL can be reloaded")
}

// If the gateway is down, the buyer sees a message on a page that can be reloaded, and can try again.
func TestStorefront_gatewayDown(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout)
	v.fillBasket()
	v.write("#email", buyer)
	v.gateway.FailCalls(10, http.StatusInternalServerError)
	v.click("#pay")
	assert.Contains(t, v.text("#unavailable"), "The checkout is not available just now")
	v.gateway.Heal()
	v.check("storefront unavailable", v.location())
	v.click("#again")
	assert.True(t, strings.HasPrefix(v.location(), v.gateway.URL+"/pay.php?"), v.location())
}

func TestPages_admin(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeSmartRouting, "RECONCILE_EVERY=1h")
	v.check("admin nothing to review", v.admin(""))
	for _, empty := range []string{"orders", "payments", "nothing"} {
		v.check("admin no "+empty, v.admin("/"+empty))
	}
	v.fillBasket()
	v.checkout()
	id := v.session().OrderID
	v.check("admin order without payment", v.admin("/orders/"+id))
	long := strings.Repeat("W", 60) // a very long word
	const paid = `{"session_id":%q,"order_id":%q,"status":"paid","amount":%q,"currency":"USD","txid":%q}`
	v.deliver(paid, v.session().SessionID, id, "1.00", long)
	v.deliver(paid, "17", id, "100.00", "tx-much")
	v.deliver(paid, long, long, "123456789.95", "")
	v.deliver(`{"session_id":7,"order_id":"ORDER-X","status":"frozen","amount":"1.00","currency":"USD"}`)
	v.deliver(`{"session_id":7,"order_id":"ORDER-X","status":"paid","txid":"t-9"}`)
	v.check("admin order in review", v.admin("/orders/"+id))
	v.open(v.admin(""))
	assert.Equal(t, "Review", v.text("nav [aria-current]"), "expected the navigation to mark the current page")
	v.press("#waiting article:first-child details:first-child summary")
	v.write("details[open] input", long)
	v.click("details[open] button")
	v.deliver(paid, v.session().SessionID, id, "78.95", "t-2")
	v.deliver(paid, v.session().SessionID, id, "78.95", "t-3")
	v.check("admin", v.admin(""))
	v.check("admin order", v.admin("/orders/"+id))
	assert.Contains(t, v.text("main"), "UPI", "expected the method's label, not its ID")
	for _, list := range []string{"orders?state=paid", "payments"} {
		v.check("admin "+list, v.admin("/"+list))
	}
	for _, text := range []string{"7", "ORDER-NOBODYS"} {
		v.open(v.admin(""))
		v.write("#search", text)
		v.click(".search button")
		assert.Equal(t, "/admin/search", evaluate[string](v.tab, "location.pathname + location.search"))
		v.check("admin found "+text, "")
	}
}

// A merchant sees what is wrong and what each decision does, cancels one decision and confirms another.
func TestStorefront_decision(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout, "RECONCILE_EVERY=1h")
	v.fillBasket()
	v.checkout()
	id := v.session().OrderID
	v.deliver(`{"session_id":%s,"order_id":%q,"status":"paid","amount":"78.00","currency":"USD","txid":"tx-1"}`,
		v.session().SessionID, id)
	v.open(v.admin(""))
	assert.Contains(t, v.text("#waiting"), "Too little: 78.00 USD of 78.95 USD")
	v.press("#waiting .refunded summary")
	assert.Contains(t, v.text("details[open]"), "this button moves no money")
	v.press("#waiting .accepted summary")
	assert.Contains(t, v.text("details[open]"), "You write off the missing 0.95 USD")
	evaluate[bool](v.tab, `document.querySelectorAll("[maxlength]").forEach((e) => e.removeAttribute("maxlength")); true`)
	v.write("details[open] input", strings.Repeat("x", 501))
	v.click("details[open] button")
	assert.Contains(t, v.text("#refused"), "at most 500 letters")
	assert.Equal(t, "note", evaluate[string](v.tab, "document.activeElement.id"))
	v.check("admin note", "")
	v.open(v.admin(""))
	v.press("#waiting .accepted summary")
	v.write("details[open] input", "95 cents are missing: let it be")
	v.click("details[open] button")
	assert.Contains(t, v.text("h1"), "Nothing needs review")
	v.write("#search", strings.ToLower(id))
	v.click(".search button")
	assert.Equal(t, "/admin/orders/"+id, evaluate[string](v.tab, "location.pathname"))
	assert.Contains(t, v.text("main"), "Ada: accepted, “95 cents are missing: let it be”")
	v.open(v.shop + "/orders/" + id)
	v.sees("#state.paid")
}

// deliver sends a webhook that the gateway's pages cannot send.
func (v *visit) deliver(format string, args ...any) {
	v.t.Helper()
	body := fmt.Sprintf(format, args...)
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.shop+"/api/webhook", strings.NewReader(body))
	require.NoError(v.t, err)
	r.Header.Set("X-Signature", webhook.Sign(v.gateway.WebhookSecret, []byte(body)))
	answer, err := v.gateway.HTTPClient().Do(r)
	require.NoError(v.t, err)
	require.NoError(v.t, answer.Body.Close())
	require.Equal(v.t, http.StatusOK, answer.StatusCode)
}
