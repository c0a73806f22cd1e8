package shoptest_test

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

// addressFaults are bugs in handling a return URL that a stranger may have changed, and in the return page's lookups.
var addressFaults = []fault{
	believes("success=true", func(r *http.Request) bool { return r.FormValue("success") == "true" }),
	believes("status=success", func(r *http.Request) bool { return r.FormValue("status") == "success" }),
	believes("status=completed", func(r *http.Request) bool { return r.FormValue("status") == "completed" }),
	believes("redirect_status=succeeded", func(r *http.Request) bool {
		return r.FormValue("redirect_status") == "succeeded"
	}),
	believes("payment=ok", func(r *http.Request) bool { return r.FormValue("payment") == "ok" }),
	believes("any transaction_id", func(r *http.Request) bool { return r.FormValue("transaction_id") != "" }),
	redirects("the return page redirects to the URL in the parameter r", "r", func(string) bool { return true }),
	redirects("the return page redirects to the URL in the parameter callback",
		"callback", func(string) bool { return true }),
	redirects("the return page redirects to any URL that starts with a slash", "next", func(to string) bool {
		return strings.HasPrefix(to, "/")
	}),
	redirects("the return page redirects to any URL that starts with exactly one slash", "next", func(to string) bool {
		return strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//")
	}),
	redirects("the return page redirects to any URL that contains the shop's host", "next", func(to string) bool {
		return strings.Contains(to, "shop.example")
	}),
	redirects("the return page redirects to any URL whose host starts with the shop's host", "next", func(to string) bool {
		return strings.HasPrefix(to, "https://shop.example")
	}),
	bug("the return page's refresh tag redirects to any URL in the query string",
		"the return page does not redirect to another site", prints(func(r *http.Request) string {
			return `<meta http-equiv="refresh" content="0;url=` + html.EscapeString(r.FormValue("next")) + `">`
		})),
	bug("the return page's script redirects to any URL in the query string",
		"the return page does not redirect to another site", prints(func(r *http.Request) string {
			return `<script>window.location.href = "` + strings.ReplaceAll(r.FormValue("next"), "<", "") + `"</script>`
		})),
	bug("the return page prints the description parameter unescaped",
		"the return page escapes text from its query string",
		prints(func(r *http.Request) string { return "<p>" + r.FormValue("description") })),
	bug("the return page prints the error_description parameter unescaped",
		"the return page escapes text from its query string",
		prints(func(r *http.Request) string { return "<p>" + r.FormValue("error_description") })),
	bug("the return page escapes only < and > in a double-quoted attribute",
		"the return page escapes text from its query string",
		prints(func(r *http.Request) string { return `<p title="` + noTags(r.FormValue("message")) + `">Hello` })),
	bug("the return page does not escape single quotes in a single-quoted attribute",
		"the return page escapes text from its query string", prints(func(r *http.Request) string {
			return `<p title='` + strings.ReplaceAll(noTags(r.FormValue("message")), `"`, "&quot;") + `'>Hello`
		})),
	bug("each visit to the return page of an unpaid order opens a session",
		"visiting the return page opens no session",
		visits(func(s *smallShop, r *http.Request, id string) { _ = s.paysAgain(r.Context(), id) })),
	saysPaid("declined"),
	saysPaid("review"),
	shipsOn("review", func(status string) bool { return status == "review" }),
	shipsOn("declined", func(status string) bool { return status == "declined" }),
	shipsOn("final but not expired", func(status string) bool { return final(status) && status != "expired" }),
}

// believes returns a fault: the return page treats part of its URL as proof of payment.
func believes(what string, success func(r *http.Request) bool) fault {
	return bug("the return page trusts "+what,
		"a return URL that claims success does not mark the order paid",
		visits(func(s *smallShop, r *http.Request, id string) {
			if success(r) {
				s.paysUnseen(id)
			}
		}))
}

// redirects returns a fault: the return page redirects to the URL in a parameter.
func redirects(name, parameter string, allowed func(to string) bool) fault {
	return bug(name, "the return page does not redirect to another site", func(s *smallShop) {
		s.thanks = func(w http.ResponseWriter, r *http.Request) {
			if to := r.FormValue(parameter); to != "" && allowed(to) {
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusSeeOther)
				return
			}
			s.page(w, r, "Thank you!")
		}
	})
}

// prints returns a function that plants a bug: the return page also prints the given function's result.
func prints(what func(r *http.Request) string) func(*smallShop) {
	return func(s *smallShop) {
		s.thanks = func(w http.ResponseWriter, r *http.Request) {
			s.page(w, r, "Thank you!")
			fmt.Fprint(w, what(r))
		}
	}
}

func noTags(text string) string { return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(text) }

// saysPaid returns a fault: the return page also says paid for the given status.
func saysPaid(status string) fault {
	return bug("the return page says paid if the payment's status is "+status,
		"the return page of a payment that failed or is in review does not say paid",
		func(s *smallShop) { s.says = func(o *order) bool { return o.paid || o.status == status } })
}

// shipsOn returns a fault: the return page looks up the order and also treats a status other than paid as a payment.
func shipsOn(name string, paid func(status string) bool) fault {
	return bug("the return page looks up the order and ships if the status is "+name,
		"the return page does not mark the order paid if the gateway reports another status",
		visits(func(s *smallShop, r *http.Request, id string) {
			for _, session := range slices.Clone(s.sessionsOf(id)) {
				if m, err := s.ask(r.Context(), session); err == nil && (s.isPaid(m) || paid(m.text("status"))) {
					s.paysUnseen(id)
				}
			}
		}))
}
