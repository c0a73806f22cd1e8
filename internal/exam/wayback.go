package exam

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
)

const ownState = "Show the order's state. Only a webhook or a lookup may change this state, never the URL."

// forgedReturns returns scenarios in which a stranger visits pages of the shop to get an order marked paid.
func forgedReturns() []Scenario {
	return advised(ownState,
		plain("a forged return URL does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			for _, to := range x.ways(p) {
				x.visit(http.MethodGet, added(to, query(p, "paid")), "")
				x.visit(http.MethodPost, to, query(p, "paid"))
			}
			x.unpaid(p)
		}),
		plain("a return URL with a forged signature does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.visitWays(p, query(p, "paid")+"&signature=0&hash=0&token=0&test=0")
			x.unpaid(p)
		}),
		plain("a Referer header that names the gateway does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			for _, to := range x.ways(p) {
				x.visitWith("Referer", x.checkoutURL(p), to)
			}
			x.unpaid(p)
		}),
		plain("visiting the return page does not mark the order paid", func(x *exam, p ecomtrade24.Payment) {
			x.visit(http.MethodGet, x.ways(p)[0], "")
			x.unpaid(p)
		}),
		plain("a return URL that names another order does not mark that order paid", func(x *exam, p ecomtrade24.Payment) {
			other := x.another()
			x.paysOnce(other)
			x.visit(http.MethodGet, added(x.ways(p)[0], query(other, "paid")), "")
			x.visit(http.MethodGet, added(x.ways(other)[0], query(p, "paid")), "")
			x.unpaid(p)
		}),
	)
}

// harmlessVisits returns scenarios with visits that must change nothing.
func harmlessVisits() []Scenario {
	return advised(ownState,
		plain("visiting the cancel URL does not undo a payment", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			for _, to := range x.ways(p) {
				if page := x.visit(http.MethodGet, to, ""); page.broken() {
					x.fails(Misleads, "%s of a paid order: expected a page; got %s", shortened(to), responded(page.Status))
				}
				x.visit(http.MethodGet, added(to, query(p, "cancelled")), "")
				x.visit(http.MethodPost, to, query(p, "cancelled"))
			}
			x.paid(p)
		}),
		plain("visiting the cancel URL does not block a payment", func(x *exam, p ecomtrade24.Payment) {
			x.visitWays(p, query(p, "cancelled"))
			x.paysOnce(p)
		}),
		plain("HEAD and prefetch requests change nothing", func(x *exam, p ecomtrade24.Payment) {
			for _, to := range x.ways(p) {
				x.visit(http.MethodHead, to, "")
				x.visitWith("Sec-Purpose", "prefetch", to)
			}
			x.unpaid(p)
			x.paysOnce(p)
		}),
		plain("after the payment, visiting the return page ships nothing more", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			for range 2 {
				x.visit(http.MethodGet, added(x.ways(p)[0], query(p, "paid")), "")
				x.visit(http.MethodHead, x.ways(p)[0], "")
			}
			x.paid(p)
		}),
	)
}

// visitsBesides returns scenarios with visits before or during a payment, or during a manual review.
func visitsBesides() []Scenario {
	return advised(ownState,
		alone("visiting the return page opens no session", func(x *exam, p ecomtrade24.Payment) {
			to, before := x.ways(p)[0], len(x.gateway.Sessions())
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
				x.visit(method, to, "")
			}
			x.settle()
			if n := len(x.gateway.Sessions()) - before; n > 0 {
				x.fails(ChargesTwice, "order %s, after three visits to its return page: expected no new session; got %d",
					quoted(p.OrderID), n)
			}
		}),
		plain("an order ships once if the return page is visited while the webhook arrives", returnsMeanwhile),
		plain("visiting the return page does not end a manual review", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, paying(less(1)))
			x.reported(p)
			x.visitWays(p, "")
			x.settle()
			x.reported(p)
		}, review),
	)
}

// returnsMeanwhile visits the return page while the webhook is delivered.
func returnsMeanwhile(x *exam, p ecomtrade24.Payment) {
	to := added(x.ways(p)[0], query(p, "paid"))
	body := x.body(x.gateway.EditPayment(p.SessionID, paying()))
	var visitors sync.WaitGroup
	for range 3 {
		visitors.Go(func() {
			r, err := http.NewRequestWithContext(x.ctx, http.MethodGet, to, nil)
			if err == nil {
				_, _ = x.shop.Visit(r)
			}
		})
	}
	x.atOnce(body, body)
	visitors.Wait()
	x.note("the payment's webhook, sent twice, and three visits to %s, all at the same time", shortened(to))
	x.paid(p)
}

// revealingPages returns scenarios with pages that a stranger can open.
func revealingPages() []Scenario {
	return advised(ownState,
		plain("the return page without a query string shows no order", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			for _, to := range x.ways(p) {
				bare, _, found := strings.Cut(to, "?")
				if !found || strings.Contains(bare, p.OrderID) {
					x.skip("the return URL names its order in the path")
				}
				if page := x.visit(http.MethodGet, bare, ""); strings.Contains(page.Body, p.OrderID) {
					x.fails(Leaks, "%s, a URL without an order: expected no order in the page; got %s", bare, quoted(p.OrderID))
				}
			}
		}),
		plain("the return page shows no secrets", func(x *exam, p ecomtrade24.Payment) {
			for _, to := range x.ways(p) {
				x.revealsNothing("the page at "+shortened(to), x.visit(http.MethodGet, to, "").Body, "")
			}
		}),
		plain("the return page does not show the buyer's email address to a stranger", func(x *exam, p ecomtrade24.Payment) {
			other := x.another()
			x.strangers(p, other)
		}),
	)
}

// returning returns scenarios that check what the return page says.
func returning() []Scenario {
	return advised("Show the order's state. Only a webhook or a lookup may change this state.",
		unsaid("the return page of an unpaid order does not say paid", func(*exam, ecomtrade24.Payment) {}),
		unsaid("the return page of an expired session does not say paid", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("expired"))
		}),
		unsaid("the return page of a processing payment does not say paid", func(x *exam, p ecomtrade24.Payment) {
			x.happens(p, becomes("processing"))
		}),
		bare("the return page of a payment that failed or is in review does not say paid", func(x *exam) {
			for _, status := range []ecomtrade24.PaymentStatus{"review", "declined", "failed", "cancelled"} {
				p := x.buy()
				x.happens(p, becomes(status))
				if x.returns(p) {
					x.fails(Misleads, "the return page of order %s, whose payment is %s: expected it not to say paid; it does",
						quoted(p.OrderID), status)
				}
			}
		}, returns),
		unsaid("the return page of an order paid with a wrong amount does not say paid",
			func(x *exam, p ecomtrade24.Payment) {
				x.happens(p, paying(amount("0.01")))
			}),
		plain("the return page still says paid after a reload", func(x *exam, p ecomtrade24.Payment) {
			x.paysOnce(p)
			for range 3 {
				if !x.returns(p) {
					x.fails(Misleads, "the return page of order %s, which is paid: expected it to say paid; it does not",
						quoted(p.OrderID))
				}
			}
		}, returns),
		unsaid("the return page of one order does not show another order as paid", func(x *exam, _ ecomtrade24.Payment) {
			other := x.another()
			x.paysOnce(other)
		}),
	)
}

// unsaid returns a scenario that checks that the return page does not say paid.
func unsaid(name string, before func(x *exam, p ecomtrade24.Payment)) Scenario {
	return plain(name, func(x *exam, p ecomtrade24.Payment) {
		before(x, p)
		if x.returns(p) {
			x.fails(Misleads, "the return page of order %s, which is unpaid: expected it not to say paid; it does",
				quoted(p.OrderID))
		}
		x.unpaid(p)
	}, returns)
}

// ways returns the return URL and the cancel URL, if the shop sent them.
func (x *exam) ways(p ecomtrade24.Payment) (ways []string) {
	paid, canceled := x.gateway.ReturnURLs(p.SessionID)
	for _, to := range []string{paid, canceled} {
		if to != "" && !slices.Contains(ways, to) {
			ways = append(ways, to)
		}
	}
	if len(ways) == 0 {
		x.skip("the shop sends no return_url and no cancel_url")
	}
	return ways
}

// visitWays opens the return URL and the cancel URL with additional parameters.
func (x *exam) visitWays(p ecomtrade24.Payment, query string) {
	for _, to := range x.ways(p) {
		x.visit(http.MethodGet, added(to, query), "")
	}
}

// visitWith opens a page with a header.
func (x *exam) visitWith(name, value, to string) {
	r, err := http.NewRequestWithContext(x.ctx, http.MethodGet, to, nil)
	if err != nil {
		x.unfit("the shop's return URL cannot be opened: %v", err)
	}
	r.Header.Set(name, value)
	x.open(r)
}

// strangers opens the return page of another order, as a stranger who guesses the order ID.
func (x *exam) strangers(p, other ecomtrade24.Payment) {
	to := x.ways(other)[0]
	switch {
	case p.CustomerEmail == "":
		x.skip("the shop sends no customer_email")
	case !strings.Contains(to, other.OrderID) || !guessable(p.OrderID, other.OrderID):
		x.skip("an order's return URL cannot be guessed from another order's URL")
	}
	page := x.visit(http.MethodGet, strings.ReplaceAll(to, other.OrderID, p.OrderID), "")
	if strings.Contains(page.Body, p.CustomerEmail) {
		x.fails(Leaks, "the return page of order %s, whose ID can be guessed: expected no email address; got the buyer's",
			quoted(p.OrderID))
	}
}

// guessable reports whether two IDs come from a counter, so that one ID reveals the other.
func guessable(a, b string) bool {
	n, err := strconv.Atoi(lastNumber.FindString(a))
	m, err2 := strconv.Atoi(lastNumber.FindString(b))
	return err == nil && err2 == nil && lastNumber.ReplaceAllString(a, "") == lastNumber.ReplaceAllString(b, "") &&
		max(n-m, m-n) < 10_000
}
