package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func TestAdmin_guarded(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	ask := func(name, given string) int {
		r := s.request(http.MethodGet, "/admin", nil)
		if name+given != "" {
			r.SetBasicAuth(name, given)
		}
		return s.do(r).status
	}
	assert.Equal(t, http.StatusUnauthorized, ask("", ""))
	assert.Equal(t, http.StatusOK, ask("Ada", password))
	assert.Equal(t, http.StatusUnauthorized, ask("", password), "a decision needs a name")
	for range mostGuesses - 1 {
		assert.Equal(t, http.StatusUnauthorized, ask("Ada", password+"x"))
	}
	assert.Equal(t, http.StatusTooManyRequests, ask("Ada", password+"x"))
	assert.Equal(t, http.StatusTooManyRequests, ask("Ada", password), "the right password is locked out too")
	assert.Equal(t, http.StatusOK, s.asAdmin(http.MethodGet, "/metrics", nil).status, "/metrics has a separate limit")
}

var decideAt = regexp.MustCompile(`action="(/admin/payments/[A-Z0-9]+/)`)

// decisionOf delivers a webhook about a payment and returns the prefix of the payment's decision URLs.
func (s *store) decisionOf(order, body string) string {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, s.deliver(body))
	found := decideAt.FindStringSubmatch(s.asAdmin(http.MethodGet, "/admin/orders/"+order, nil).text)
	require.Len(s.t, found, 2)
	return found[1]
}

// wrongPayment creates an order with a payment in manual review, and returns the prefix of the payment's decision URLs.
func (s *store) wrongPayment() (order, at string) {
	s.t.Helper()
	order, session := s.order()
	return order, s.decisionOf(order, fmt.Sprintf(event, session, order, "paid", "14.00", "t1", false))
}

// decides posts the form for a decision and returns the response.
func (s *store) decides(at, what, note string) answer {
	s.t.Helper()
	return s.asAdmin(http.MethodPost, at+what, url.Values{"note": {note}})
}

func TestAdmin_decide(t *testing.T) {
	t.Parallel()
	for what, row := range map[string]struct{ action, state, effect string }{
		accepted: {"Accept it", "Paid", "You write off the missing 0.50 USD"},
		refunded: {"I refunded it", "Refunded", "this button moves no money"}, // the buyer can pay the right amount
		closed:   {"Nothing to do", "Not paid", "The buyer can pay again unless another payment is under way"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			onEachDatabase(t, nil, func(s *store) {
				order, at := s.wrongPayment()
				waits := s.asAdmin(http.MethodGet, "/admin", nil).text
				for _, want := range []string{
					"One payment needs review", "Too little: 14.00 USD of 14.50 USD", "write off the missing 0.50 USD",
					`action="` + at + what + `"`, row.action + "</summary>", row.effect, "Yes, " + row.action, order, buyer,
					"transaction t1",
				} {
					assert.Contains(s.t, waits, want)
				}
				require.Equal(s.t, "/admin", s.decides(at, what, "as agreed <b>").location)
				assert.Equal(s.t, http.StatusConflict, s.decides(at, closed, "").status, "the first decision stands")
				assert.Equal(s.t, row.state, s.state(order))
				shown := s.asAdmin(http.MethodGet, "/admin/orders/"+order, nil).text
				assert.Contains(s.t, shown, "Ada: "+what+", “as agreed &lt;b&gt;”")
				assert.Contains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, "Nothing needs review")
				if what == accepted {
					s.eventually("receipt", func() bool { return len(s.mails(order)) == 1 })
				}
			})
		})
	}
}

// says returns a payment as the gateway would report it, for a session of quietShop's order.
func says(session string, status ecomtrade24.PaymentStatus, amount, txid string) ecomtrade24.Payment {
	return ecomtrade24.Payment{
		SessionID: session, OrderID: "ORDER-1", Status: status, Amount: ecomtrade24.Amount(amount), Currency: currency,
		TxID: txid,
	}
}

// onlyWaiting returns the only payment in manual review.
func (s *shop) onlyWaiting(t *testing.T) payment {
	t.Helper()
	waits, err := s.waiting(t.Context())
	require.NoError(t, err)
	require.Len(t, waits, 1)
	return waits[0]
}

// hears passes a payment to the inbox, as a webhook would.
func (s *shop) hears(t *testing.T, p ecomtrade24.Payment) {
	t.Helper()
	require.NoError(t, s.box.Handle(t.Context(), &ecomtrade24.Event{Payment: p}))
}

// If another payment has paid for the order in the meantime, the first payment can no longer be accepted: it stays in
// manual review.
func TestDecision_tooSlow(t *testing.T) {
	t.Parallel()
	s, _, _ := quietShop(t)
	s.hears(t, says("1", ecomtrade24.StatusPaid, "14.00", "t1"))
	s.hears(t, says("1", ecomtrade24.StatusPaid, "14.50", "t2"))
	d := decision{s.onlyWaiting(t).ID, "Ada", accepted, ""}
	require.ErrorIs(t, s.recordDecision(t.Context(), d), errDecided)
	assert.Contains(t, s.onlyWaiting(t).Advice(), "Another payment has already paid for the order")
	var receipts int
	row := s.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM river_job WHERE kind = 'mail'`)
	require.NoError(t, row.Scan(&receipts))
	assert.Equal(t, 1, receipts)
}

// A message without an amount stays in manual review if the complete message that follows is about another transaction.
func TestPayment_incompleteOfAnotherTransaction(t *testing.T) {
	t.Parallel()
	s, _, _ := quietShop(t)
	s.hears(t, says("1", ecomtrade24.StatusPaid, "", "t1"))
	s.hears(t, says("1", ecomtrade24.StatusPaid, "14.50", "t2"))
	assert.Equal(t, "t1", s.onlyWaiting(t).TxID)
	s.hears(t, says("1", ecomtrade24.StatusPaid, "14.50", "t1"))
	assert.Equal(t, secondPayment, s.onlyWaiting(t).Problem)
}

func TestAdmin_decideRefuses(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	_, at := s.wrongPayment()
	got := s.decides(at, "burned", "")
	assert.Equal(t, http.StatusBadRequest, got.status)
	assert.Contains(t, got.text, "back office", "the error page has the back office's layout")
	assert.Equal(t, http.StatusConflict, s.decides("/admin/payments/NONE/", "closed", "").status)
	long := s.decides(at, "closed", strings.Repeat("ж", 501))
	assert.Equal(t, http.StatusUnprocessableEntity, long.status)
	assert.Contains(t, long.text, `action="`+at+`closed"`)
	assert.Contains(t, long.text, "жжжж", "the note is not lost")
	assert.Equal(t, "/admin", s.asAdmin(http.MethodGet, at+"closed", nil).location, "the address can be loaded again")
	// Another site's page posts the form in a browser that knows the password.
	r := s.request(http.MethodPost, at+"accepted", nil)
	r.SetBasicAuth("Ada", password)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, s.do(r).status)
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin", nil).text, at, "it still waits")
	assert.Equal(t, http.StatusSeeOther, s.decides(at, "closed", strings.Repeat("ж", 500)).status, "letters, not bytes")
}

// A message with an unknown status is not a payment: the real payment may still arrive and must not count as a second
// one.
func TestAdmin_unknownIsNoPayment(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, session := s.order()
		at := s.decisionOf(order, fmt.Sprintf(event, session, order, "partially_paid", "7.00", "t1", false))
		assert.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, at+"accepted")
		assert.Equal(s.t, http.StatusBadRequest, s.decides(at, "accepted", "it is fine").status)
		s.gateway.Pay(session)
		assert.Equal(s.t, "Paid", s.state(order))
		assert.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, "Paid a second time")
		assert.Equal(s.t, http.StatusSeeOther, s.decides(at, "closed", "").status)
	})
}

// An incomplete payment can only be closed, with a note that says why.
func TestAdmin_incomplete(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, map[string]string{"RECONCILE_EVERY": "1h"}, func(s *store) {
		order, session := s.order()
		at := s.decisionOf(order, fmt.Sprintf(`{"session_id":%s,"order_id":%q,"status":"paid"}`, session, order))
		for _, row := range []struct {
			what, note string
			want       int
		}{
			{"accepted", "it is fine", http.StatusBadRequest},
			{"refunded", "it was", http.StatusBadRequest},
			{"closed", " ", http.StatusUnprocessableEntity},
			{"closed", "the operator knows of no payment", http.StatusSeeOther},
			{"closed", "again", http.StatusConflict},
		} {
			assert.Equal(s.t, row.want, s.decides(at, row.what, row.note).status, row)
		}
		assert.Equal(s.t, "Not paid", s.state(order))
		assert.Contains(s.t, s.get("/orders/"+order).text, "You can pay again")
		assert.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, "<article")
	})
}

// /admin lists the most urgent payments first, not the oldest.
func TestAdmin_urgency(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		for i := range 50 {
			odd := fmt.Sprintf(event, "8", "ORDER-X", "odd", "1.00", strconv.Itoa(i), false)
			require.Equal(s.t, http.StatusOK, s.deliver(odd))
		}
		require.Equal(s.t, http.StatusOK, s.deliver(`{"session_id":9,"order_id":"ORDER-Y","status":"paid","txid":"t"}`))
		require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, "9", "ORDER-Z", "paid", "1.00", "t", false)))
		order, _ := s.wrongPayment()
		first := s.asAdmin(http.MethodGet, "/admin", nil).text
		assert.Contains(s.t, first, "At least 50 payments need review")
		assert.Equal(s.t, 50, strings.Count(first, "<article"))
		assert.Regexp(s.t, "(?s)"+order+".*ORDER-Z.*ORDER-Y.*ORDER-X", first)
	})
}

// A search finds an order by its ID, e-mail address, transaction or session.
func TestAdmin_search(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		assert.Contains(s.t, s.asAdmin(http.MethodGet, "/admin/orders", nil).text, "No orders.")
		one, first := s.order()
		require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, first, one, "paid", "14.50", "Tx-One", false)))
		find := func(text string) answer {
			return s.asAdmin(http.MethodPost, "/admin/search", url.Values{"q": {text}})
		}
		for _, text := range []string{" " + strings.ToLower(one) + " ", first, "Tx-One", strings.ToUpper(buyer)} {
			assert.Equal(s.t, "/admin/orders/"+one, find(text).location, text)
		}
		two, second := s.order()
		both := find(buyer).text
		assert.Contains(s.t, both, one)
		assert.Contains(s.t, both, two)
		assert.Equal(s.t, "/admin/orders/"+two, find(second).location, "an order without a payment")
		require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, "8", "ORDER-NONE", "paid", "1.00", "t8", false)))
		for _, text := range []string{"order-none", "8", "t8"} {
			assert.Contains(s.t, find(text).text, "ORDER-NONE", text)
		}
		assert.Contains(s.t, find("ORDER-X").text, `id="not-found"`)
		assert.Contains(s.t, find("").text, `id="not-found"`)
		for state, has := range map[string]bool{"paid": true, "open": false, "": true} {
			shown := s.asAdmin(http.MethodGet, "/admin/orders?state="+state, nil).text
			assert.Equal(s.t, has, strings.Contains(shown, one), state)
		}
		for _, path := range []string{"/admin/orders/ORDER-X", "/admin/nothing"} {
			got := s.asAdmin(http.MethodGet, path, nil)
			assert.Equal(s.t, http.StatusNotFound, got.status)
			assert.Contains(s.t, got.text, "back office")
		}
		assert.Equal(s.t, "/admin", s.asAdmin(http.MethodGet, "/admin/", nil).location)
	})
}

// Every query of /admin uses an index: none scans a table or sorts.
func TestAdmin_indexes(t *testing.T) {
	t.Parallel()
	d, err := openDatabase(t.Context(), settings{dataDir: t.TempDir()})
	require.NoError(t, err)
	defer func() { _ = d.close() }()
	for _, statement := range []string{
		selectOrders + newestOrders, selectOrders + ordersInState,
		selectPayments + waitingPayments, selectPayments + newestPayments,
	} {
		plan := planOf(t, d.db, statement)
		assert.Regexp(t, "_(newest|state|waiting)", plan)
		assert.NotContains(t, plan, "TEMP B-TREE", plan)
		assert.NotRegexp(t, `SCAN [a-z]+(;|$)`, plan)
	}
	for _, statement := range []string{selectOrders + foundOrders, selectPayments + foundPayments} {
		assert.NotRegexp(t, `SCAN (o|p|s|shop_[a-z]+)(;|$)`, planOf(t, d.db, statement), statement)
	}
}

// planOf returns SQLite's query plan for a statement.
func planOf(t *testing.T, db *sql.DB, statement string) string {
	t.Helper()
	plan, err := query(t.Context(), db, func(scan func(...any) error) (step string, err error) {
		var id, parent, unused int
		return step, scan(&id, &parent, &unused, &step)
	}, "EXPLAIN QUERY PLAN "+statement, []any{"X", "X"}[:min(2, strings.Count(statement, "$"))]...)
	require.NoError(t, err)
	return strings.Join(plan, "; ")
}
