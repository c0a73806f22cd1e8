package shoptest_test

import (
	"net/http"
	"strings"
)

// bodyFaults are bugs in which the shop trusts data outside the body.
var bodyFaults = []fault{
	bug("the shop does not verify PUT requests",
		"an unsigned PUT request does not mark the order paid", func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					s.respond(w, nil, s.work(r.Context(), queried(r)))
					return
				}
				s.webhook(w, r)
			}
		}),
	bug("the shop does not verify requests that override their method",
		"an unsigned request with a method override does not mark the order paid", func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-HTTP-Method-Override") != "" {
					s.respond(w, nil, s.work(r.Context(), queried(r)))
					return
				}
				s.webhook(w, r)
			}
		}),
	bug("the shop reads the order ID from the query string",
		"an order ID in the query string is ignored", decodes(func(r *http.Request, m message) (message, error) {
			if id := r.URL.Query().Get("order_id"); id != "" {
				return m.with("order_id", id), nil
			}
			return m, nil
		})),
	bug("the shop lets the query string override the body, like $_REQUEST",
		"form parameters next to a signed body are ignored", decodes(func(r *http.Request, m message) (message, error) {
			for name, values := range r.URL.Query() {
				m = m.with(name, values[0])
			}
			return m, nil
		})).also("a status in the query string is ignored"),
	bug("the shop does not verify form posts", "an unsigned form does not mark the order paid", func(s *smallShop) {
		form := func(r *http.Request) bool {
			return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
		}
		s.signed = func(r *http.Request, body []byte) bool { return form(r) || s.anySigned(r, body) }
		s.decode = func(r *http.Request, body []byte) (message, error) {
			if form(r) {
				return formMessage(string(body))
			}
			return decodeJSON(r, body)
		}
	}).reported("https://github.com/bitlabstudio/django-paypal-express-checkout/issues/12"),
	bug("the shop accepts a payment in the query string of a GET request",
		"an unsigned GET request does not mark the order paid", func(s *smallShop) {
			s.serve = func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					s.webhook(w, r)
					return
				}
				m, err := formMessage(r.URL.RawQuery)
				if err == nil {
					err = s.handle(r.Context(), m)
				}
				s.respond(w, m, err)
			}
		}),
}

// queried returns the message that a query string contains.
func queried(r *http.Request) message {
	m := message{}
	for name := range r.URL.Query() {
		m[name] = r.URL.Query().Get(name)
	}
	return m
}
