package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
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
	require.Equal(s.t, http.StatusOK, s.deliver(fmt.Sprintf(event, session, order, "paid", amount, "t1", false)))
	found := decideAt.FindStringSubmatch(s.asAdmin(http.MethodGet, "/admin/orders/"+order, nil).text)
	require.Len(s.t, found, 2)
	return order, found[1]
}

func TestAdmin_decide(t *testing.T) {
	t.Parallel()
	for decision, state := range map[string]string{
		"accepted": "Paid",
		"refunded": "Waiting for your payment", // the buyer can pay the right amount
		"closed":   "Waiting for your payment",
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
				assert.NotEqual(s.t, "We are looking at your payment", s.state(order))
				if decision == "accepted" {
					assert.Equal(s.t, state, s.state(order))
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
