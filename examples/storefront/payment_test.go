package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

const event = `{"session_id":%s,"order_id":%q,"status":%q,"amount":%q,"currency":"USD","txid":%q,"test":%t}`

// A purchase leads to one payment and one receipt, even if its webhook arrives twice and the first attempt is lost.
func TestPayment(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, session := s.order()
		assert.Equal(s.t, "Waiting for your payment", s.state(order))
		s.gateway.LoseFirstAttempts(1)
		s.gateway.DuplicateWebhooks(1)
		s.gateway.Pay(session)
		assert.Equal(s.t, "Paid", s.state(order))
		assert.NotContains(s.t, s.get("/orders/"+order).text, buyer, "the page is open to anyone who has the ID")
		s.eventually("receipt", func() bool { return len(s.mails(order)) > 0 })
		text, err := os.ReadFile(s.mails(order)[0])
		require.NoError(s.t, err)
		for _, want := range []string{"To: <" + buyer + ">", "Message-ID: <" + order + ".receipt@", "14.50 USD", "Mug"} {
			assert.Contains(s.t, string(text), want)
		}
		assert.Len(s.t, s.mails(order), 1)
		info, err := os.Stat(s.mails(order)[0])
		require.NoError(s.t, err)
		assert.Equal(s.t, "-rw-------", info.Mode().String())
		assert.Equal(s.t, buyer, s.gateway.Sessions()[0].CustomerEmail)
	})
}

func TestPayment_events(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, session := s.order()
		for _, step := range []struct {
			session, order, status, amount, txid string
			test                                 bool
			want                                 string
			waiting                              int // payments in manual review
		}{
			{session, order, "paid", "14.50", "", true, "Waiting for your payment", 0}, // a test is never a payment
			{session, order, "declined", "14.50", "", false, "Not paid", 0},
			{"8", "ORDER-OF-ANOTHER", "paid", "14.50", "t8", false, "Not paid", 1},
			{"9", order, "frozen", "14.50", "", false, "Not paid", 2},                        // the buyer can still pay
			{"10", order, "paid", "1.45", "t10", false, "We are looking at your payment", 3}, // too little
			{session, order, "paid", "14.50", "t1", false, "Paid", 3},
			{session, order, "paid", "14.5", "t1", false, "Paid", 3},   // a repeat
			{"11", order, "paid", "14.50", "t11", false, "Paid", 4},    // a second payment
			{session, order, "expired", "14.50", "", false, "Paid", 4}, // late: a paid order stays paid
		} {
			body := fmt.Sprintf(event, step.session, step.order, step.status, step.amount, step.txid, step.test)
			require.Equal(s.t, http.StatusOK, s.deliver(body), body)
			assert.Equal(s.t, step.want, s.state(order), body)
			assert.Equal(s.t, step.waiting, strings.Count(s.asAdmin(http.MethodGet, "/admin", nil).text, "<article"), body)
		}
		s.eventually("receipt", func() bool { return len(s.mails(order)) == 1 })
	})
}

// The shop responds 200 to each message and logs it as handled, with its changes.
func TestPayment_logged(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, session := s.order()
		for _, step := range []struct{ session, order, status, amount, currency, want string }{
			{session, order, "declined", "14.50", "USD", "changes=progress"},
			{"7", order, "frozen", "14.50", "USD", "changes=unknown"},
			{"8", "ORDER-OF-ANOTHER", "paid", "14.50", "USD", "changes=paid,unknown_order"},
			{"9", order, "paid", "1.45", "USD", "changes=paid,too_little"},
			{"10", order, "paid", "14.50", "EUR", "changes=paid_again,other_currency"},
			{session, order, "paid", "14.50", "USD", "changes=paid_again"}, // the first one that settles the order: no review
			{session, order, "paid", "14.50", "USD", "status=paid"},        // a repeat: nothing changes
			{"11", order, "paid", "14.50", "USD", "changes=paid_again,second_payment"},
			{"12", order, "paid", "", "USD", "changes=incomplete"},
		} {
			before := len(s.log.String())
			body := fmt.Sprintf(`{"session_id":%s,"order_id":%q,"status":%q,"amount":%q,"currency":%q,"txid":"t%s"}`,
				step.session, step.order, step.status, step.amount, step.currency, step.session)
			require.Equal(s.t, http.StatusOK, s.deliver(body), body)
			assert.Equal(s.t, step.want, deliveryLine(s.t, s.log.String()[before:]), body)
		}
	})
}

// deliveryLine returns the last field of the only log line about a delivery: the changes, if any.
func deliveryLine(t *testing.T, log string) string {
	t.Helper()
	_, line, found := strings.Cut(log, `msg="webhook: delivery" outcome=handled response=200`)
	require.True(t, found, log)
	line, rest, _ := strings.Cut(line, "\n")
	require.NotContains(t, rest, "webhook: delivery")
	return line[strings.LastIndex(line, " ")+1:]
}

// A message without an amount waits for the complete message, and then needs no review.
func TestPayment_incomplete(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	order, session := s.order()
	body := fmt.Sprintf(`{"session_id":%s,"order_id":%q,"status":"paid"}`, session, order)
	require.Equal(t, http.StatusOK, s.deliver(body))
	assert.Equal(t, "We are looking at your payment", s.state(order))
	admin := s.asAdmin(http.MethodGet, "/admin", nil).text
	assert.Contains(t, admin, "Paid, but the gateway did not send the amount and the currency")
	assert.NotContains(t, admin, `/refunded"`, "there is nothing to refund yet")
	assert.NotContains(t, admin, `/accepted"`, "there is nothing to accept yet")
	require.Equal(t, http.StatusOK, s.deliver(fmt.Sprintf(event, session, order, "paid", "14.50", "t1", false)))
	assert.Equal(t, "Paid", s.state(order))
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin", nil).text, "Nothing needs review")
	shown := s.asAdmin(http.MethodGet, "/admin/orders/"+order, nil).text
	assert.Contains(t, shown, "the shop: completed, “the gateway sent the missing fields”")
}

// If the gateway completes a payment for an order that does not exist, one payment is in manual review, not two.
func TestPayment_incompleteForUnknownOrder(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		require.Equal(s.t, http.StatusOK, s.deliver(`{"session_id":8,"order_id":"ORDER-NOBODYS","status":"paid"}`))
		assert.Contains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, "the gateway did not send")
		require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, "8", "ORDER-NOBODYS", "paid", "14.50", "t8", false)))
		admin := s.asAdmin(http.MethodGet, "/admin", nil).text
		assert.NotContains(s.t, admin, "the gateway did not send")
		assert.Contains(s.t, admin, "Paid 14.50 USD for an order that does not exist")
	})
}

func TestPayment_forgedWebhook(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	order, session := s.order()
	s.gateway.ForgeWebhooks(1)
	s.gateway.Pay(session)
	s.gateway.FailCalls(1, http.StatusForbidden) // the page's lookup
	assert.Equal(t, "Waiting for your payment", s.state(order))
}

// The shop accepts webhooks signed with the previous secret.
func TestPayment_previousSecret(t *testing.T) {
	t.Parallel()
	s := newStore(t, map[string]string{"ECOMTRADE24_WEBHOOK_SECRET": "the-new-secret"})
	order, session := s.order()
	s.gateway.Pay(session)
	s.gateway.FailCalls(1, http.StatusForbidden) // the page's lookup
	assert.Equal(t, "Waiting for your payment", s.state(order))
	g := s.gateway
	s2 := newStore(t, map[string]string{
		"ECOMTRADE24_BASE_URL": g.URL, "ECOMTRADE24_API_KEY": g.APIKey, "DATA_DIR": s.data,
		"ECOMTRADE24_WEBHOOK_SECRET": "the-new-secret", "ECOMTRADE24_PREVIOUS_SECRET": g.WebhookSecret,
	})
	g.DeliverTo(s2.url + "/api/webhook")
	g.Redeliver(session)
	assert.Equal(t, "Paid", s2.state(order))
}

// If the webhook never arrives, Reconcile finds the payment.
func TestPayment_reconciled(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"RECONCILE_EVERY": "1s"}, func(s *store) {
		s.gateway.LoseWebhooks(1)
		order, session := s.order()
		s.gateway.Pay(session)
		s.eventually("paid", func() bool { return s.state(order) == "Paid" })
		s.eventually("receipt", func() bool { return len(s.mails(order)) == 1 })
	})
}

// An unpaid order expires, and a later payment still marks it paid.
func TestPayment_expired(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"ORDER_TTL": "1s"}, func(s *store) {
		order, session := s.order()
		s.eventually("expired", func() bool { return s.state(order) == "Expired" })
		assert.NotEqual(s.t, http.StatusSeeOther, s.post("/orders/"+order+"/pay", url.Values{}).status)
		s.gateway.Pay(session)
		assert.Equal(s.t, "Paid", s.state(order))
	})
}

// A payment under way keeps the order from expiring until the payment fails. A message with an unknown status does not
// keep the order from expiring.
func TestPayment_underWay(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"ORDER_TTL": "3s"}, func(s *store) {
		order, session := s.order()
		s.gateway.Process(session)
		other, otherSession := s.order() // when this order has expired, the first order would have expired too
		require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, otherSession, other, "frozen", "14.50", "", false)))
		s.eventually("expired", func() bool { return s.state(other) == "Expired" })
		assert.Equal(s.t, "Your payment is under way", s.state(order))
		s.gateway.Decline(session)
		s.eventually("expired", func() bool { return s.state(order) == "Expired" })
	})
}

func TestPayment_refused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		form url.Values
		want string
	}{
		"no address":     {url.Values{"method": {"card"}}, "Please enter an e-mail address"},
		"not an address": {url.Values{"method": {"card"}, "email": {"buyer"}}, "Please enter an e-mail address"},
		"address with two dots": {
			url.Values{"method": {"card"}, "email": {"a..b@example.com"}}, "Please enter an e-mail address",
		},
		"no method":      {url.Values{"email": {buyer}}, "Please choose one of these ways to pay"},
		"unknown method": {url.Values{"email": {buyer}, "method": {"cash"}}, "Please choose one of these ways to pay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, nil, gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting))
			s.post("/basket", url.Values{"product": {"mug"}})
			got := s.post("/orders", row.form)
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
			assert.Contains(t, got.text, row.want)
			assert.Contains(t, got.text, `value="card"`, "the buyer can choose again")
			assert.Empty(t, s.gateway.Sessions())
			assert.Contains(t, s.asAdmin(http.MethodGet, "/admin/orders", nil).text, "No orders.")
			email, method := row.form.Get("email"), row.form.Get("method")
			if strings.Contains(row.want, "e-mail") {
				assert.Contains(t, got.text, `value="card" required checked>`, "the chosen method stays")
				assert.Regexp(t, `(?s)name="email" [^>]*aria-describedby="refused" autofocus>\s<p id="refused"`, got.text)
			} else {
				assert.Contains(t, got.text, `value="`+email+`"`, "the entered address stays")
				assert.Regexp(t, `(?s)<fieldset aria-describedby="refused">.*<p id="refused".*"card" required autofocus>`, got.text)
			}
			assert.NotContains(t, got.text, "cash", method)
		})
	}
}

// Bytes that no database can store never cause a 5xx.
func TestStore_strangeBytes(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		s.post("/basket", url.Values{"product": {"mug"}})
		split := s.asAdmin(http.MethodPost, "/admin/payments/%D0/%B6", nil) // two halves of one letter
		assert.Equal(s.t, http.StatusBadRequest, split.status)
		for _, bytes := range []string{"\x00", "\xff"} {
			got := s.post("/orders", url.Values{"email": {"a" + bytes + "b@example.com"}})
			assert.Equal(s.t, http.StatusUnprocessableEntity, got.status)
			assert.Contains(s.t, got.text, "Please enter an e-mail address")
			path := url.PathEscape(bytes)
			assert.Equal(s.t, http.StatusNotFound, s.get("/orders/"+path).status)
			assert.Equal(s.t, http.StatusNotFound, s.asAdmin(http.MethodGet, "/admin/orders/"+path, nil).status)
			assert.Equal(s.t, http.StatusOK, s.asAdmin(http.MethodPost, "/admin/search", url.Values{"q": {bytes}}).status)
			note := s.decides("/admin/payments/X/", "closed", "a"+bytes+"b")
			assert.Equal(s.t, http.StatusUnprocessableEntity, note.status)
			for _, where := range []string{
				"/admin/payments/" + path + "/closed", "/admin/payments/X/" + path, "/admin/receipts/" + path,
			} {
				got := s.asAdmin(http.MethodPost, where, nil)
				assert.Contains(s.t, []int{http.StatusBadRequest, http.StatusNotFound}, got.status, where)
			}
			assert.Equal(s.t, http.StatusOK, s.asAdmin(http.MethodGet, "/admin/orders?state="+path, nil).status)
			method := s.post("/orders", url.Values{"email": {buyer}, "method": {bytes}})
			assert.Equal(s.t, http.StatusUnprocessableEntity, method.status)
		}
	})
}

// After a lost response, the session may exist. The buyer tries again on the same order, and pays once.
func TestPayment_outcomeUnknown(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	s.order() // the shop now knows its plan, so the next call creates the session
	s.post("/basket", url.Values{"product": {"mug"}})
	s.gateway.DropResponses(1)
	lost := s.post("/orders", url.Values{"email": {buyer}})
	order := s.gateway.Sessions()[1].OrderID
	require.Equal(t, "/orders/"+order+"?checkout=unavailable", lost.location)
	shown := s.get(lost.location).text
	assert.Equal(t, 1, strings.Count(shown, "The checkout is not available"))
	assert.Contains(t, shown, `action="/orders/`+order+`/pay"`)
	assert.Equal(t, "Not paid yet", s.state(order))

	require.Equal(t, http.StatusSeeOther, s.post("/orders/"+order+"/pay", url.Values{}).status)
	s.gateway.Expire(s.gateway.Sessions()[1].SessionID) // the session whose response was lost
	s.gateway.Pay(s.gateway.Sessions()[2].SessionID)
	assert.Equal(t, "Paid", s.state(order))
}

// Unknown pages, orders and products get a 404.
func TestStore_pages(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	for _, missing := range []string{"/orders/ORDER-NOBODYS", "/orders/ORDER-NOBODYS/events?seen=waiting", "/nothing"} {
		assert.Equal(t, http.StatusNotFound, s.get(missing).status, missing)
	}
	assert.Equal(t, http.StatusNotFound, s.post("/basket", url.Values{"product": {"gold"}}).status)
	assert.Equal(t, http.StatusSeeOther, s.post("/orders", url.Values{"email": {buyer}}).status, "an empty basket")
	assert.Equal(t, "ok\n", s.get("/healthz").text)
	s.eventually("ready", func() bool { return s.get("/readyz").status == http.StatusOK })
	assert.Equal(t, http.StatusOK, s.get("/static/style.css").status)
}
