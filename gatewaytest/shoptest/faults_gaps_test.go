package shoptest_test

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// gapFaults are bugs in handling an order ID that is missing, unknown or unusual.
var gapFaults = []fault{
	bug("the shop applies a payment without an order ID to the newest order",
		"a webhook without an order ID causes no server error",
		newestIf(func(_ *tables, m message) bool { return m.text("order_id") == "" })),
	bug("the shop applies a payment for an unknown order to the newest order",
		"a webhook for an unknown order causes no server error",
		newestIf(func(t *tables, m message) bool { return t.get(m.text("order_id")) == nil })).
		also("an order ID in full-width letters does not match", "the digits of an order ID inside other text do not match"),
	bug("an unusual order ID stops the shop", "a very long order ID causes no server error", func(s *smallShop) {
		var dead atomic.Bool
		s.find = func(t *tables, m message) *order {
			id := s.orderID(m)
			if strings.ContainsAny(id, "'<") || len(id) > 255 || !ascii(id) {
				dead.Store(true)
			}
			return t.get(id)
		}
		s.signed = func(r *http.Request, body []byte) bool { return !dead.Load() && s.anySigned(r, body) }
	}).
		also("an order ID with quotes and markup causes no server error",
			"an order ID in non-ASCII characters causes no server error"),
}

func newestIf(unclear func(t *tables, m message) bool) func(*smallShop) {
	return func(s *smallShop) {
		s.find = func(t *tables, m message) *order {
			if unclear(t, m) {
				return t.get(t.newest)
			}
			return t.get(s.orderID(m))
		}
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}
