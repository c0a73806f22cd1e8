package browser_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// The order's page updates itself when the webhook arrives.
func TestStorefront_paid(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(v *visit) {
		v.gateway.DelayWebhooks(time.Hour)
		v.fillBasket()
		v.checkout()
		v.gateway.FailCalls(1, http.StatusForbidden) // makes the page's own lookup fail
		v.decide("#pay")
		require.Equal(v.t, "Waiting for your payment", v.text("#state"))
		v.gateway.Flush()
		v.sees("#state.paid")
		assert.Equal(v.t, "Paid", v.text("#state"))
		assert.Equal(v.t, []int{200}, v.answers())
		v.open(v.shop + "/basket")
		v.sees("#empty")
	})
}

// A buyer whose card was declined pays the same order in a second session.
func TestStorefront_declinedThenPaid(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(v *visit) {
		v.fillBasket()
		v.checkout()
		v.decide("#decline")
		v.gateway.Flush()
		order := v.location()
		v.open(order)
		require.Equal(v.t, "Not paid", v.text("#state"))
		if v.plan == ecomtrade24.ModeSmartRouting {
			v.press("label[for=method-card]")
		}
		v.click("#again")
		v.click("#pay")
		require.Equal(v.t, order, v.location())
		v.gateway.Flush()
		v.sees("#state.paid")
		sessions := v.gateway.Sessions()
		require.Len(v.t, sessions, 2)
		assert.Equal(v.t, sessions[0].OrderID, sessions[1].OrderID)
	})
}

// Without JavaScript the order's page reloads itself.
func TestStorefront_withoutScript(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout)
	_, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	v.gateway.DelayWebhooks(time.Hour)
	v.fillBasket()
	v.checkout()
	v.gateway.FailCalls(1, http.StatusForbidden) // makes the page's own lookup fail
	v.decide("#pay")
	require.Equal(t, "Waiting for your payment", v.text("#state"))
	v.gateway.Flush()
	v.sees("#state.paid")
}

// An open page survives an outage of the shop: a proxy responds 502 once, and then the shop responds again.
func TestStorefront_restartUnderOpenPage(t *testing.T) {
	t.Parallel()
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout)
	target, err := url.Parse(v.shop)
	require.NoError(t, err)
	behind, refused := httputil.NewSingleHostReverseProxy(target), make(chan struct{})
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") && asked.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			close(refused)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	t.Cleanup(proxy.CloseClientConnections)
	v.fillBasket()
	v.checkout()
	v.open(proxy.URL + "/orders/" + v.session().OrderID)
	<-refused
	require.Equal(t, "Waiting for your payment", v.text("#state"))
	v.gateway.Pay(v.session().SessionID)
	v.sees("#state.paid")
}
