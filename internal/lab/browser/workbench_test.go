package browser_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// sees waits until the element is visible, and does not click it.
func (b *tab) sees(selector string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.WaitVisible(chromedp.CSS(selector))), selector)
}

func workbenchParams() ecomtrade24.SessionParams {
	return ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-1",
		ReturnURL: "https://shop.example/", CancelURL: "https://shop.example/",
	}
}

// The page shows a purchase live, and keeps the user's input and focus.
func TestWorkbench_live(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	g := gatewaytest.New(t)
	g.DeliverTo(startProgram(t, "shop", g) + "/api/webhook")
	b.open(g.URL + "/")
	b.sees("#nothing")
	b.sees("#bench[data-live]")
	session, err := g.Client().Checkout(t.Context(), workbenchParams())
	require.NoError(t, err)
	b.press("#purchase-" + session.ID + " summary")
	b.sees("#call-2")
	b.write("#q", "half a wo")
	g.Pay(session.ID)
	b.sees("#delivery-1.answer.taken")
	assert.Equal(t, "half a wo", evaluate[string](b, "document.querySelector('#q').value"))
	assert.Equal(t, "q", evaluate[string](b, "document.activeElement.id"))
	g.ForgeWebhooks(1)
	b.sees("#active")
	b.click("#off")
	assert.Empty(t, evaluate[[]string](b, "[...document.querySelectorAll('#active')].map((e) => e.id)"))
}

// The first page explains a rejected call, and a click shows the complete call.
func TestWorkbench_rejectedCall(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	g := gatewaytest.New(t)
	p := workbenchParams()
	p.Domain = "www.shop.example"
	_, err := g.Client().CreateSession(t.Context(), p)
	require.ErrorIs(t, err, ecomtrade24.ErrInvalidDomain)
	b.open(g.URL + "/")
	assert.Contains(t, b.text("#call-1 .why"), `domain "www.shop.example" is not approved: send exactly one of`)
	b.click("#call-1 a")
	assert.Contains(t, b.text("#why"), "is not approved")
	assert.Contains(t, b.text("#request"), `"domain": "www.shop.example"`)
	assert.Contains(t, b.text("#response"), "domain_not_allowed")
	assert.NotContains(t, b.text("main"), g.APIKey)
}

// The buttons of a session's page work as plain forms.
func TestWorkbench_buttons(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	g := gatewaytest.New(t, gatewaytest.WithRedelivery(1, 1))
	g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	session, err := g.Client().Checkout(t.Context(), workbenchParams())
	require.NoError(t, err)
	page := g.URL + "/sessions/" + session.ID
	b.open(page)
	for button, status := range map[string]string{"#pay-less": "paid", "#unknown-status": "frozen"} {
		b.click(button)
		assert.Equal(t, page, b.location())
		assert.Equal(t, status, b.text("#status"))
	}
	b.click("#resend-16")
	g.Flush()
	b.open(page)
	assert.Equal(t, 18, len(g.Deliveries()))
	b.open(g.URL + "/faults")
	b.click("#fault-fail button")
	assert.Contains(t, b.text("#active"), "the next call will get 502 Bad Gateway")
	_, err = g.Client().Me(t.Context())
	require.NoError(t, err, "the client retries")
	assert.True(t, strings.HasPrefix(b.location(), g.URL+"/faults"))
}
