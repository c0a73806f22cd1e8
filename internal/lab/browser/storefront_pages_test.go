package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Every page of the storefront, empty and filled.
func TestPages_storefront(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeSmartRouting, "RECONCILE_EVERY=1h")
	v.check("storefront catalogue", v.shop+"/")
	v.check("storefront empty basket", v.shop+"/basket")
	v.check("storefront missing", v.shop+"/orders/ORDER-NOBODYS")
	v.fillBasket()
	v.check("storefront basket", v.shop+"/basket")
	v.checkout()
	v.gateway.Delay(time.Hour)
	v.decide("#pay")
	order := v.location()
	v.check("storefront waiting", order)
	v.gateway.Flush()
	v.check("storefront paid", order)
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

func TestPages_admin(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout, "RECONCILE_EVERY=1h")
	v.check("admin empty", v.admin(""))
	v.check("admin not found", v.admin("?order=ORDER-NOBODYS"))
	v.fillBasket()
	v.checkout()
	id := v.session().OrderID
	v.check("admin order without payment", v.admin("/orders/"+id))
	long := strings.Repeat("W", 60) // as long as texts come, and without a place to break them
	v.deliver(`{"session_id":%s,"order_id":%q,"status":"paid","amount":"1.00","currency":"USD","txid":%q}`,
		v.session().SessionID, id, long)
	v.deliver(`{"session_id":%q,"order_id":%q,"status":"paid","amount":"123456789.95","currency":"USD"}`, long, long)
	v.deliver(`{"session_id":7,"order_id":"ORDER-X","status":"frozen","amount":"1.00","currency":"USD"}`)
	v.check("admin", v.admin(""))
	v.check("admin order", v.admin("/orders/"+id))
}

// The first decision stands, beside the name of who made it.
func TestStorefront_decision(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout, "RECONCILE_EVERY=1h")
	v.fillBasket()
	v.checkout()
	id := v.session().OrderID
	v.deliver(`{"session_id":%s,"order_id":%q,"status":"paid","amount":"78.00","currency":"USD","txid":"tx-1"}`,
		v.session().SessionID, id)
	v.open(v.admin(""))
	assert.Contains(t, v.text("#waiting"), `Amount is "78.00", due is "78.95"`)
	v.write("#waiting input", "95 cents are missing: let it be")
	v.click("#waiting button[value=accepted]")
	assert.Contains(t, v.text("#waiting"), "Nothing")
	v.write("#search", strings.ToLower(id))
	v.click(".search button")
	assert.Contains(t, v.text("main"), "accepted by Ada")
	assert.Contains(t, v.text("main"), "let it be")
	v.open(v.shop + "/orders/" + id)
	assert.Equal(t, "Paid", v.text("#state"))
}

// deliver sends a webhook that the gateway's own pages cannot.
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
