package main

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// The buyer sees the labels of the available methods, in the gateway's sequence.
func TestShop_choose(t *testing.T) {
	t.Parallel()
	_, u := open(t, gatewaytest.WithMethodsShape(gatewaytest.ShapeObjects), gatewaytest.WithMethods(
		ecomtrade24.Method{ID: "upi", Label: "UPI & more", Available: true},
		ecomtrade24.Method{ID: "pix", Label: "Pix"},
		ecomtrade24.Method{ID: "card", Available: true},
	))
	shown := visit(t, string(u)+"/", nil).text
	assert.Regexp(t, `(?s)value="upi" required>\s*<span>UPI &amp; more<.*value="card" required>\s*<span>card<`, shown)
	assert.NotContains(t, shown, "pix")
	assert.NotContains(t, shown, `id="refused"`)
}

// The buyer can correct a method that the shop does not offer, and text that cannot be an email address.
func TestShop_refused(t *testing.T) {
	t.Parallel()
	const email = "Please enter an e-mail address"
	const again = `value="` + buyer + `"` // the form keeps the address that the buyer entered
	for name, row := range map[string]struct{ method, email, want string }{
		"no method": {"", buyer, again}, "not available": {"pix", buyer, again}, "unknown": {"<b>cash", buyer, again},
		"no address": {"card", "", email}, "no domain": {"card", "buyer", email},
		"a name": {"card", "Buyer <buyer@example.com>", email},
		"a line": {"card", "buyer@example.com\r\nBcc: x@example.com", email},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, u := open(t)
			bought := visit(t, string(u)+"/buy", url.Values{"method": {row.method}, "email": {row.email}})
			assert.Equal(t, http.StatusUnprocessableEntity, bought.status)
			assert.Contains(t, bought.text, row.want)
			assert.Contains(t, bought.text, `id="refused"`)
			assert.Contains(t, bought.text, `value="card"`, "the buyer can choose again")
			assert.Empty(t, g.Sessions())
		})
	}
}

func TestAddressRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"by the gateway": {&ecomtrade24.APIError{Code: "valid_customer_email_required"}, true},
		"something else": {&ecomtrade24.APIError{Code: "invalid_domain"}, false},
		// The buyer cannot correct the merchant's mistake.
		"a wrong address and a wrong setting": {&ecomtrade24.ValidationError{Fields: []ecomtrade24.FieldError{
			{Field: "Domain"}, {Field: "CustomerEmail"},
		}}, false},
		"no response": {ecomtrade24.ErrOutcomeUnknown, false},
	} {
		assert.Equal(t, row.want, addressRefused(row.err), name)
	}
}

func TestShop_noMethods(t *testing.T) {
	t.Parallel()
	_, u := open(t, gatewaytest.WithMethods(ecomtrade24.Method{ID: "pix", Label: "Pix"}))
	shown := visit(t, string(u)+"/", nil).text
	assert.Contains(t, shown, `id="none"`)
	assert.NotContains(t, shown, "<button")
}

// On the Free plan, the page offers no methods, and the shop sends no method even if the form has one.
func TestShop_hostedCheckout(t *testing.T) {
	t.Parallel()
	g, u := open(t, gatewaytest.WithPlan(ecomtrade24.ModeHostedCheckout))
	assert.NotContains(t, visit(t, string(u)+"/", nil).text, "fieldset>")
	order := u.buy(t, "card", "pay")
	assert.NotContains(t, sent(g), "method")
	g.Flush()
	assert.Equal(t, "Paid", state(t, order))
}

func TestShop_gatewayDown(t *testing.T) {
	t.Parallel()
	g, u := open(t)
	g.FailCalls(1, http.StatusForbidden)
	shown := visit(t, string(u)+"/", nil)
	assert.Equal(t, http.StatusBadGateway, shown.status)
	assert.Contains(t, shown.text, "not available")
}
