package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	assert.Equal(t, http.StatusTooManyRequests, ask("Ada", password), "also the right one, or guessing would go on")
	assert.Equal(t, http.StatusOK, s.asAdmin(http.MethodGet, "/metrics", nil).status, "which is counted by itself")
}

// Without a password there is nothing there, for an empty password neither.
func TestAdmin_off(t *testing.T) {
	t.Parallel()
	s := newStore(t, map[string]string{"ADMIN_PASSWORD": ""})
	r := s.request(http.MethodGet, "/admin", nil)
	r.SetBasicAuth("Ada", "")
	assert.Equal(t, http.StatusNotFound, s.do(r).status)
}

var decideAt = regexp.MustCompile(`action="(/admin/payments/[A-Z0-9]+)"`)

// wrongPayment makes an order with a payment that waits for a person, and returns where to decide.
func (s *store) wrongPayment(amount string) (order, action string) {
	s.t.Helper()
	order, session := s.order()
	return order, s.decisionOf(order, fmt.Sprintf(event, session, order, "paid", amount, "t1", false))
}

func TestAdmin_decide(t *testing.T) {
	t.Parallel()
	for decision, state := range map[string]string{
		"accepted": "Paid",
		"refunded": "Refunded", // the buyer can pay the right amount
		"closed":   "Not paid",
	} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			onEachDatabase(t, nil, func(s *store) {
				order, action := s.wrongPayment("14.00")
				assert.Equal(s.t, "We are looking at your payment", s.state(order))
				form := url.Values{"decision": {decision}, "note": {"as agreed <b>"}}
				require.Equal(s.t, http.StatusSeeOther, s.asAdmin(http.MethodPost, action, form).status)
				shown := s.asAdmin(http.MethodGet, "/admin?order="+strings.ToLower(order), nil).text
				assert.Contains(s.t, shown, decision+" by Ada")
				assert.Contains(s.t, shown, "as agreed &lt;b&gt;")
				assert.Equal(s.t, state, s.state(order))
				if decision == "accepted" {
					s.eventually("receipt", func() bool { return len(s.mails(order)) == 1 })
				}
				again := s.asAdmin(http.MethodPost, action, url.Values{"decision": {"closed"}})
				assert.Equal(s.t, http.StatusConflict, again.status, "the first decision stands")
			})
		})
	}
}

func TestAdmin_decideRefuses(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	_, action := s.wrongPayment("14.00")
	assert.Equal(t, http.StatusBadRequest, s.asAdmin(http.MethodPost, action, url.Values{"decision": {"burn it"}}).status)
	long := url.Values{"decision": {"closed"}, "note": {strings.Repeat("x", 501)}}
	assert.Equal(t, http.StatusBadRequest, s.asAdmin(http.MethodPost, action, long).status)
	// A page of another site presses the button, in the browser that knows the password.
	r := s.request(http.MethodPost, action, url.Values{"decision": {"accepted"}})
	r.SetBasicAuth("Ada", password)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, s.do(r).status)
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin", nil).text, action, "it still waits")
}

// decisionOf delivers a webhook about the order and returns where to decide about it.
func (s *store) decisionOf(order, body string) string {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, s.deliver(body))
	found := decideAt.FindStringSubmatch(s.asAdmin(http.MethodGet, "/admin/orders/"+order, nil).text)
	require.Len(s.t, found, 2)
	return found[1]
}

// A message with a status that nobody knows is no payment: the real one may still come, and must not look like a
// second one then.
func TestAdmin_unknownIsNoPayment(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, session := s.order()
		action := s.decisionOf(order, fmt.Sprintf(event, session, order, "partially_paid", "7.00", "t1", false))
		assert.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, `value="accepted"`)
		accepted := s.asAdmin(http.MethodPost, action, url.Values{"decision": {"accepted"}})
		assert.Equal(s.t, http.StatusBadRequest, accepted.status)
		s.gateway.Pay(session)
		assert.Equal(s.t, "Paid", s.state(order))
		assert.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, "paid a second time")
		closed := s.asAdmin(http.MethodPost, action, url.Values{"decision": {"closed"}})
		assert.Equal(s.t, http.StatusSeeOther, closed.status)
	})
}

// A payment whose facts never come can be closed by a person who says why, and be nothing else.
func TestAdmin_incomplete(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		order, session := s.order()
		action := s.decisionOf(order, fmt.Sprintf(`{"session_id":%s,"order_id":%q,"status":"paid"}`, session, order))
		for _, row := range []struct {
			decision, note string
			want           int
		}{
			{"accepted", "it is fine", http.StatusBadRequest},
			{"refunded", "it was", http.StatusBadRequest},
			{"closed", " ", http.StatusBadRequest},
			{"closed", "the operator knows of no payment", http.StatusSeeOther},
			{"closed", "again", http.StatusConflict},
		} {
			form := url.Values{"decision": {row.decision}, "note": {row.note}}
			assert.Equal(s.t, row.want, s.asAdmin(http.MethodPost, action, form).status, row)
		}
		assert.Equal(s.t, "Waiting for your payment", s.state(order), "the buyer can pay")
		assert.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, "<article")
	})
}

// Payments come before what is none, whatever came first, and nothing is out of reach.
func TestAdmin_pages(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, nil, func(s *store) {
		for i := range waitingPage {
			odd := fmt.Sprintf(event, "8", "ORDER-X", "odd", "1.00", strconv.Itoa(i), false)
			require.Equal(s.t, http.StatusOK, s.deliver(odd))
		}
		require.NotContains(s.t, s.asAdmin(http.MethodGet, "/admin", nil).text, `id="next"`)
		require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, "9", "ORDER-Y", "paid", "1.00", "t", false)))
		first := s.asAdmin(http.MethodGet, "/admin", nil).text
		assert.Contains(s.t, first, "100 of 101")
		assert.Equal(s.t, waitingPage, strings.Count(first, "<article"))
		_, after, _ := strings.Cut(first, "<article")
		article, _, _ := strings.Cut(after, "</article>")
		assert.Contains(s.t, article, "ORDER-Y")
		require.Contains(s.t, first, `href="/admin?page=2"`)
		second := s.asAdmin(http.MethodGet, "/admin?page=2", nil).text
		assert.Equal(s.t, 1, strings.Count(second, "<article"))
		assert.NotContains(s.t, second, `id="next"`)
		for _, page := range []string{"-1", "0", "x"} {
			assert.Contains(s.t, s.asAdmin(http.MethodGet, "/admin?page="+page, nil).text, `href="/admin?page=2"`, page)
		}
		assert.Contains(s.t, s.asAdmin(http.MethodGet, "/admin?page=99999999", nil).text, "Nothing on this page.")
	})
}

func TestAdmin_search(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin", nil).text, "No order yet.")
	order, _ := s.order()
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin?order=+"+strings.ToLower(order)+"+", nil).text, buyer)
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin?order=ORDER-X", nil).text, "There is no order ORDER-X.")
	assert.Equal(t, http.StatusNotFound, s.asAdmin(http.MethodGet, "/admin/orders/ORDER-X", nil).status)
	assert.Equal(t, http.StatusNotFound, s.asAdmin(http.MethodGet, "/admin/nothing", nil).status)
}

// The newest payments and orders are read from an index, and not by sorting all of them.
func TestAdmin_newest(t *testing.T) {
	t.Parallel()
	set := settings{dataDir: t.TempDir()}
	d, err := openDatabase(t.Context(), set)
	require.NoError(t, err)
	defer d.db.Close()
	for _, statement := range []string{paymentsWhere + newestPayments, newestOrders} {
		plan, err := query(t.Context(), d.db, func(scan func(...any) error) (step string, err error) {
			var id, parent, unused int
			return step, scan(&id, &parent, &unused, &step)
		}, "EXPLAIN QUERY PLAN "+statement)
		require.NoError(t, err)
		all := strings.Join(plan, "; ")
		assert.Contains(t, all, "_newest", all)
		assert.NotContains(t, all, "TEMP B-TREE", all)
	}
	s := newStore(t, nil)
	assert.Contains(t, s.asAdmin(http.MethodGet, "/admin/", nil).location, "/admin")
}
