package shoptest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// wayBackFaults are bugs in the return page and the cancel page.
var wayBackFaults = []fault{
	bug("the return page is not at the session's return_url", "the Front hook serves the return URL", func(s *smallShop) {
		s.thanks = http.NotFound
	}),
	bug("the return page crashes if the order is unknown",
		"a malformed return URL causes no server error", func(s *smallShop) {
			page := s.thanks
			s.thanks = func(w http.ResponseWriter, r *http.Request) {
				if s.sessionsOf(r.FormValue("order")) == nil {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				page(w, r)
			}
		}),
	bug("the return page marks the order paid",
		"visiting the return page does not mark the order paid", func(s *smallShop) {
			s.thanks = func(w http.ResponseWriter, r *http.Request) {
				s.paysUnseen(r.FormValue("order"))
				s.page(w, r, "Thank you!")
			}
		}).reported("https://github.com/Bee-Lab/BeelabPaypalBundle/issues/1"),
	bug("the return page always says paid",
		"the return page of an unpaid order does not say paid",
		func(s *smallShop) { s.says = func(*order) bool { return true } }),
	bug("the return page never says paid",
		"the return page of a paid order says paid", func(s *smallShop) { s.says = func(*order) bool { return false } }),
	bug("the return page shows the session's status instead of the order's",
		"the return page of an order paid with a wrong amount does not say paid",
		func(s *smallShop) { s.says = func(o *order) bool { return o.status == "paid" } }),
	bug("the return page says paid for any ended session",
		"the return page of an expired session does not say paid",
		func(s *smallShop) { s.says = func(o *order) bool { return o.paid || final(o.status) } }).
		reported("https://github.com/btcpayserver/btcpayserver/issues/1291"),
	bug("the return page shows the newest payment",
		"the return page of one order does not show another order as paid", func(s *smallShop) {
			s.says = func(*order) bool {
				return slices.ContainsFunc(s.disk.snapshot().all(), func(o *order) bool { return o.paid })
			}
		}),
	bug("the return page trusts ?status=paid",
		"a forged return URL does not mark the order paid", visits(func(s *smallShop, r *http.Request, id string) {
			if r.FormValue("status") == "paid" {
				s.paysUnseen(id)
			}
		})).also("a return URL with a forged signature does not mark the order paid"),
	bug("the return page looks up any session in its query",
		"a return URL that names another order does not mark that order paid",
		visits(func(s *smallShop, r *http.Request, id string) {
			for _, name := range []string{"session", "session_id"} {
				if session := r.FormValue(name); session != "" {
					if m, err := s.ask(r.Context(), session); err == nil && s.isPaid(m) {
						s.paysUnseen(id)
					}
				}
			}
		})).reported("https://github.com/thephpleague/omnipay/issues/255"),
	bug("the return page trusts a Referer header that names the gateway",
		"a Referer header that names the gateway does not mark the order paid",
		visits(func(s *smallShop, r *http.Request, id string) {
			if from, err := url.Parse(r.Referer()); err == nil && strings.HasPrefix(from.Host, "pay.") {
				s.paysUnseen(id)
			}
		})).reported("https://github.com/omise/omise-magento/pull/388"),
	bug("a HEAD request for the return page marks the order paid",
		"HEAD and prefetch requests change nothing", visits(func(s *smallShop, r *http.Request, id string) {
			if r.Method == http.MethodHead {
				s.paysUnseen(id)
			}
		})),
	bug("the return page's lookup does not compare the amount",
		"the return page of an order paid with a wrong amount does not say paid",
		visits(func(s *smallShop, r *http.Request, id string) {
			for _, session := range s.sessionsOf(id) {
				if m, err := s.ask(r.Context(), session); err == nil && s.isPaid(m) {
					s.paysUnseen(id)
				}
			}
		})).also("the return page does not mark the order paid if the gateway reports a wrong payment"),
	bug("the return page redirects to any URL in its query",
		"the return page does not redirect to another site", func(s *smallShop) {
			s.thanks = func(w http.ResponseWriter, r *http.Request) {
				for _, name := range []string{"next", "return_url", "redirect", "url"} {
					if to := r.FormValue(name); to != "" {
						http.Redirect(w, r, to, http.StatusFound)
						return
					}
				}
				s.page(w, r, "Thank you!")
			}
		}).reported("https://github.com/janavipandole/Cara/issues/3404"),
	bug("the return page shows the buyer's email address to anyone",
		"the return page does not show the buyer's email address to a stranger",
		visits(nil, func(w http.ResponseWriter, o *order) {
			fmt.Fprintf(w, "<p>A receipt is on its way to %s.", o.email)
		})).reported("https://github.com/coreshop/CoreShop/issues/2479"),
	bug("the return page without an order ID shows the newest order",
		"the return page without a query string shows no order", func(s *smallShop) {
			s.thanks = func(w http.ResponseWriter, r *http.Request) {
				o := s.stored(r.FormValue("order"))
				if o == nil {
					o = s.stored(s.disk.snapshot().newest)
				}
				s.show(w, o, "Thank you!")
			}
		}),
	bug("the return page prints an unknown order ID unescaped",
		"the return page escapes text from its query string", func(s *smallShop) {
			s.thanks = func(w http.ResponseWriter, r *http.Request) {
				if len(s.sessionsOf(r.FormValue("order"))) > 0 {
					s.page(w, r, "Thank you!")
					return
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprintf(w, "<!doctype html><p>There is no order %s.", r.FormValue("order"))
			}
		}),
	bug("each visit to a paid order's return page sends a receipt",
		"after the payment, visiting the return page ships nothing more",
		visits(func(s *smallShop, _ *http.Request, id string) {
			s.changes(id, func(_ *tables, o *order) {
				if o.paid {
					o.effect("receipts")
				}
			})
		})).reported("https://github.com/woocommerce/woocommerce-gateway-stripe/pull/4437"),
	bug("visiting the return page ends the manual review",
		"visiting the return page does not end a manual review", visits(func(s *smallShop, _ *http.Request, id string) {
			s.changes(id, func(_ *tables, o *order) { o.review = false })
		})),
	bug("the cancel page cancels a paid order",
		"visiting the cancel URL does not undo a payment", cancels(func(o *order) { o.paid = false })).
		reported("https://github.com/shopware/SwagPayPal/pull/797"),
	bug("the cancel page cancels an order whose payment is processing",
		"visiting the cancel URL does not block a payment", func(s *smallShop) {
			cancels(func(o *order) { o.status = "canceled by the buyer" })(s)
			stuckIn("canceled by the buyer")(s)
		}),
	bug("the cancel page of a paid order crashes", "visiting the cancel URL does not undo a payment", func(s *smallShop) {
		s.cancel = func(w http.ResponseWriter, r *http.Request) {
			if o := s.stored(r.FormValue("order")); o != nil && o.paid {
				panic("illegal transition")
			}
			s.page(w, r, "You did not finish the payment.")
		}
	}).reported("https://github.com/mollie/Shopware6/issues/9"),
	bug("after a reload, the return page of a paid order says that the order is not paid",
		"the return page still says paid after a reload", func(s *smallShop) {
			var mu sync.Mutex
			seen := map[string]bool{}
			s.says = func(o *order) bool {
				mu.Lock()
				defer mu.Unlock()
				again := seen[o.id]
				seen[o.id] = o.paid
				return o.paid && !again
			}
		}).reported("https://github.com/impress-org/givewp/issues/1156"),
	bug("the shop ships only when the buyer returns", "a payment marks the order paid", func(s *smallShop) {
		s.ship = func(*tables, *order) error { return nil }
		visits(func(s *smallShop, _ *http.Request, id string) {
			s.changes(id, func(t *tables, o *order) {
				if o.paid && o.fulfilled == 0 {
					_ = ships(t, o)
				}
			})
		})(s)
	}).reported("https://github.com/duncanmcclean/statamic-cargo/pull/139").
		also("a purchase and its payment change the totals"),
}

// visits makes each visit to the return page invoke the function before, write the page, and then invoke the functions
// in the list after.
func visits(
	before func(s *smallShop, r *http.Request, id string), after ...func(http.ResponseWriter, *order),
) func(*smallShop) {
	return func(s *smallShop) {
		s.thanks = func(w http.ResponseWriter, r *http.Request) {
			if before != nil {
				before(s, r, r.FormValue("order"))
			}
			s.page(w, r, "Thank you!")
			o := s.stored(r.FormValue("order"))
			for _, f := range after {
				if o != nil {
					f(w, o)
				}
			}
		}
	}
}

// cancels makes the shop invoke the function do when an order's cancel page is visited.
func cancels(do func(o *order)) func(*smallShop) {
	return func(s *smallShop) {
		s.cancel = func(w http.ResponseWriter, r *http.Request) {
			s.changes(r.FormValue("order"), func(_ *tables, o *order) { do(o) })
			s.page(w, r, "You did not finish the payment.")
		}
	}
}

// changes invokes the function do for the order with this ID, if it exists.
func (s *smallShop) changes(id string, do func(t *tables, o *order)) {
	_ = s.disk.tx(func(t *tables) error {
		if o := t.get(id); o != nil {
			do(t, o)
		}
		return nil
	})
}

func (s *smallShop) sessionsOf(id string) []string {
	if o := s.stored(id); o != nil {
		return o.sessions
	}
	return nil
}

// paysUnseen marks an order paid and ships it without a webhook or lookup.
func (s *smallShop) paysUnseen(id string) {
	s.changes(id, func(t *tables, o *order) {
		if !o.paid {
			o.paid = true
			_ = s.ship(t, o)
		}
	})
}
