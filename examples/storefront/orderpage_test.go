package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// listen opens an order's event stream and returns what it sends, up to the first change.
func (s *store) listen(order string) <-chan string {
	s.t.Helper()
	resp, err := s.browser.Do(s.request(http.MethodGet, "/orders/"+order+"/events?seen=waiting", nil))
	require.NoError(s.t, err)
	heard := make(chan string, 1)
	s.t.Cleanup(func() { resp.Body.Close() })
	go func() {
		var said strings.Builder
		for !strings.Contains(said.String(), "changed") {
			if _, err := io.CopyN(&said, resp.Body, 1); err != nil {
				break
			}
		}
		rest := make([]byte, 64)
		n, _ := resp.Body.Read(rest)
		heard <- said.String() + string(rest[:n])
	}()
	return heard
}

func (s *store) hears(heard <-chan string, want string) {
	s.t.Helper()
	select {
	case said := <-heard:
		assert.Contains(s.t, said, want)
	case <-time.After(10 * time.Second):
		s.t.Error("the page received no event")
	}
}

// An open page receives the change, and so does a page that connects after the payment.
func TestStream(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	order, session := s.order()
	heard := s.listen(order)
	s.gateway.Pay(session)
	s.hears(heard, "event: changed\ndata: paid\n\n")
	s.hears(s.listen(order), "event: changed\ndata: paid\n\n")
}

// The page is open at one replica, and the webhook reaches the other.
func TestStream_otherReplica(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t, "two_replicas", "template1")
	one := newStore(t, map[string]string{"DATABASE_URL": dsn})
	g := one.gateway
	two := newStore(t, map[string]string{
		"DATABASE_URL": dsn, "DATA_DIR": one.data,
		"ECOMTRADE24_BASE_URL": g.URL, "ECOMTRADE24_API_KEY": g.APIKey, "ECOMTRADE24_WEBHOOK_SECRET": g.WebhookSecret,
	})
	g.DeliverTo(two.url + "/api/webhook")
	order, session := one.order()
	heard := one.listen(order)
	g.Pay(session)
	one.hears(heard, "event: changed\ndata: paid\n\n")
	assert.Equal(t, "Paid", two.state(order))
	one.eventually("receipt", func() bool { return len(one.mails(order)) > 0 })
	assert.Len(t, one.mails(order), 1, "only one replica sends the receipt")
}

// If too many pages listen, a further page is not rejected: it receives the current state and asks again later.
func TestStream_tooMany(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	order, session := s.order()
	for range mostOfOrder {
		s.listen(order)
	}
	s.eventually("too many", func() bool {
		return s.get("/orders/"+order+"/events?seen=waiting").text == "retry: 10000\n: still the same\n\n"
	})
	s.gateway.Pay(session)
	assert.Equal(t, "retry: 10000\nevent: changed\ndata: paid\n\n", s.get("/orders/"+order+"/events?seen=waiting").text)
}

// While a payment is under way in an older session, the buyer cannot start a second payment.
func TestOrder_underWay(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, first := s.orderBy("card")
		require.Equal(s.t, http.StatusSeeOther, s.post("/orders/"+order+"/pay", url.Values{"method": {"upi"}}).status)
		require.Len(s.t, s.gateway.Sessions(), 2)
		s.gateway.Process(first)
		page := s.get("/orders/" + order)
		assert.Contains(s.t, page.text, "Your payment is under way")
		assert.NotContains(s.t, page.text, `id="again"`)
		s.post("/orders/"+order+"/pay", url.Values{"method": {"upi"}})
		assert.Len(s.t, s.gateway.Sessions(), 2)
		s.gateway.Pay(first)
		assert.Equal(s.t, "Paid", s.state(order))
	})
}

// orderBy orders a mug with a payment method, on a plan with Smart Routing.
func (s *store) orderBy(method string) (order, session string) {
	s.t.Helper()
	s.gateway.SetPlan(ecomtrade24.ModeSmartRouting,
		ecomtrade24.Method{ID: "card", Available: true}, ecomtrade24.Method{ID: "upi", Available: true})
	require.Equal(s.t, http.StatusSeeOther, s.post("/basket", url.Values{"product": {"mug"}}).status)
	to := s.post("/orders", url.Values{"email": {buyer}, "method": {method}})
	require.Equal(s.t, http.StatusSeeOther, to.status, to.text)
	newest := s.gateway.Sessions()[0]
	return newest.OrderID, newest.SessionID
}

// A buyer who left a checkout can return to it with the same method while the checkout is open.
func TestOrder_openCheckoutAgain(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, first := s.orderBy("card")
		pay := func(method string) string {
			return s.post("/orders/"+order+"/pay", url.Values{"method": {method}}).location
		}
		again := pay("card")
		assert.Contains(s.t, again, first)
		assert.Len(s.t, s.gateway.Sessions(), 1)
		assert.NotEqual(s.t, again, pay("upi"), "another method opens another checkout")
		assert.Equal(s.t, again, pay("card"))
		assert.Len(s.t, s.gateway.Sessions(), 2)
		s.gateway.Cancel(first)
		assert.NotEqual(s.t, again, pay("card"))
		assert.Len(s.t, s.gateway.Sessions(), 3)
	})
}

// If the webhook about the end of a checkout was lost, the shop looks the session up before it sends the buyer back.
func TestOrder_checkoutIsOver(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"RECONCILE_EVERY": "1h"}, func(s *store) {
		order, first := s.order()
		require.Equal(s.t, "Waiting for your payment", s.state(order))
		s.gateway.LoseWebhooks(1)
		s.gateway.Decline(first)
		require.Equal(s.t, "Waiting for your payment", s.state(order), "the session was looked up a moment ago")
		assert.NotContains(s.t, s.post("/orders/"+order+"/pay", nil).location, first)
		sessions := s.gateway.Sessions()
		require.Len(s.t, sessions, 2)
		s.gateway.Pay(sessions[1].SessionID)
		assert.Contains(s.t, s.post("/orders/"+order+"/pay", nil).text, "Thank you")
		assert.Len(s.t, s.gateway.Sessions(), 2, "the order is paid")
	})
}

// If the webhook was lost, the return page looks the session up, but an immediate reload does not repeat the lookup.
func TestOrder_returnsBeforeTheWebhook(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"RECONCILE_EVERY": "1h"}, func(s *store) {
		order, first := s.order()
		s.gateway.LoseWebhooks(1)
		s.gateway.Pay(first)
		lookups := func() (n int) {
			for _, r := range s.gateway.Requests() {
				if strings.Contains(r.Path, "status") {
					n++
				}
			}
			return n
		}
		for range 3 {
			assert.Contains(s.t, s.state(order), "Paid")
		}
		assert.Equal(s.t, 1, lookups())
		other, _ := s.order()
		for range 3 {
			assert.Equal(s.t, "Waiting for your payment", s.state(other))
		}
		assert.Equal(s.t, 2, lookups())
		assert.Contains(s.t, s.get("/orders/NONE%00").text, "Order not found")
		assert.Equal(s.t, 2, lookups())
	})
}

// After an incomplete payment was closed at /admin, its checkout is over, and Pay opens another checkout.
func TestOrder_closedIncomplete(t *testing.T) {
	t.Parallel()
	s, _, _ := quietShop(t)
	s.opens(t, "1")
	s.hears(t, ecomtrade24.Payment{SessionID: "1", OrderID: "ORDER-1", Status: ecomtrade24.StatusPaid})
	assert.Equal(t, "review", s.faceOf(t).Looks)
	s.decides(t, closed)
	assert.Equal(t, face{Looks: "unsettled", CanPay: true}, s.faceOf(t))
}

// If the webhook of an older session was lost, Pay looks the session up before it opens another checkout.
func TestOrder_paidInTheOlderSession(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"RECONCILE_EVERY": "1h"}, func(s *store) {
		order, first := s.orderBy("card")
		for i := range mostAsked {
			s.post("/orders/"+order+"/pay", url.Values{"method": {"upi"}})
			s.gateway.Decline(s.gateway.Sessions()[1+i].SessionID)
		}
		s.gateway.LoseWebhooks(1)
		s.gateway.Process(first)
		shown := s.post("/orders/"+order+"/pay", url.Values{"method": {"upi"}})
		assert.Contains(s.t, shown.text, "Your payment is under way")
		assert.Len(s.t, s.gateway.Sessions(), 1+mostAsked)
	})
}

// If a webhook arrives before the gateway's response, the session keeps the webhook's status.
func TestOrder_fastWebhook(t *testing.T) {
	t.Parallel()
	s, _, _ := quietShop(t)
	s.hears(t, says("7", ecomtrade24.StatusPending, "14.50", ""))
	s.hears(t, says("7", ecomtrade24.StatusProcessing, "14.50", ""))
	s.opens(t, "7")
	assert.Equal(t, face{Looks: "processing"}, s.faceOf(t))
	s.orderTTL = -time.Hour
	require.NoError(t, s.expire(t.Context()))
	assert.Equal(t, face{Looks: "processing"}, s.faceOf(t))
	_, err := s.db.ExecContext(t.Context(), `UPDATE shop_sessions SET created_at = 0`) // too old to be looked up
	require.NoError(t, err)
	assert.Equal(t, face{Looks: "processing"}, s.faceOf(t), "still processing until the order expires")
	require.NoError(t, s.expire(t.Context()))
	assert.Equal(t, face{Looks: "expired"}, s.faceOf(t))
}
