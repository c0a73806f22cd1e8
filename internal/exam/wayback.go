package exam

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// wayBack are the pages to which the gateway sends a buyer, as anybody can open them.
func wayBack() []Scenario {
	visits := []Scenario{
		plain("a forged return pays nothing", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				x.visit(http.MethodGet, added(to, query(p, "paid")), "")
				x.visit(http.MethodPost, to, query(p, "paid"))
			}
			x.unpaid(p)
		}),
		plain("a return with a forged signature pays nothing", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				x.visit(http.MethodGet, added(to, query(p, "paid")+"&signature=0&hash=0&token=0&test=0"), "")
			}
			x.unpaid(p)
		}),
		plain("a return from the gateway's page pays nothing", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				x.visitWith("Referer", x.shop.Gateway+"/pay.php?session="+p.SessionID, to)
			}
			x.unpaid(p)
		}),
		plain("a return by itself pays nothing", func(x *exam) {
			p := x.buy()
			x.visit(http.MethodGet, x.ways(p)[0], "")
			x.unpaid(p)
		}),
		plain("a return for another order pays nothing", func(x *exam) {
			p, other := x.buy(), x.another()
			x.pays(other)
			x.paid(other)
			x.visit(http.MethodGet, added(x.ways(p)[0], query(other, "paid")), "")
			x.visit(http.MethodGet, added(x.ways(other)[0], query(p, "paid")), "")
			x.unpaid(p)
		}),
		plain("a visit to the cancel URL takes no payment back", func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			for _, to := range x.ways(p) {
				if page := x.visit(http.MethodGet, to, ""); page.Status >= http.StatusInternalServerError {
					x.fails(Misleads, "%s of an order that is paid: expected a page; got %d", shortened(to), page.Status)
				}
				x.visit(http.MethodGet, added(to, query(p, "cancelled")), "")
				x.visit(http.MethodPost, to, query(p, "cancelled"))
			}
			x.paid(p)
		}),
		plain("a visit to the cancel URL stops no payment", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				x.visit(http.MethodGet, added(to, query(p, "cancelled")), "")
			}
			x.pays(p)
			x.paid(p)
		}),
		plain("HEAD and prefetch change nothing", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				x.visit(http.MethodHead, to, "")
				x.visitWith("Sec-Purpose", "prefetch", to)
			}
			x.unpaid(p)
			x.pays(p)
			x.paid(p)
		}),
		plain("visits after the payment ship nothing more", func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			for range 2 {
				x.visit(http.MethodGet, added(x.ways(p)[0], query(p, "paid")), "")
				x.visit(http.MethodHead, x.ways(p)[0], "")
			}
			x.paid(p)
		}),
		plain("the return and the webhook at the same time ship once", func(x *exam) {
			p := x.buy()
			to := added(x.ways(p)[0], query(p, "paid"))
			body := x.body(x.gateway.Tell(p.SessionID, paying()))
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
			x.note("the payment's webhook, twice, and three visits of %s at the same time", shortened(to))
			x.paid(p)
		}),
		plain("a visit ends no manual review", func(x *exam) {
			p := x.buy()
			x.happens(p, paying(less(1)))
			x.reported(p)
			for _, to := range x.ways(p) {
				x.visit(http.MethodGet, to, "")
			}
			x.settle()
			x.reported(p)
		}, review),
		plain("the return page without its query shows no order", func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			for _, to := range x.ways(p) {
				bare, _, found := strings.Cut(to, "?")
				if !found || strings.Contains(bare, p.OrderID) {
					x.skip("the return URL names its order in the path")
				}
				if page := x.visit(http.MethodGet, bare, ""); strings.Contains(page.Body, p.OrderID) {
					x.fails(Leaks, "%s, which names no order: expected none; got order %s", bare, quoted(p.OrderID))
				}
			}
		}),
		plain("the return page shows no secrets", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				x.revealsNothing("the page at "+shortened(to), x.visit(http.MethodGet, to, "").Body, "")
			}
		}),
		plain("the return page leads to no other site", func(x *exam) {
			p := x.buy()
			for _, to := range x.ways(p) {
				page := x.visit(http.MethodGet, added(to, elsewhere), "")
				if at, err := url.Parse(page.Location); err == nil && at.Host == evil {
					x.fails(Leaks, "a return URL with %s in its query: expected no redirect there; got one", evil)
				}
			}
		}),
		plain("the return page shows no markup from its address", func(x *exam) {
			p := x.buy()
			const script = `"><script>alert(1)</script>`
			for _, to := range x.ways(p) {
				for _, page := range []Page{
					x.visit(http.MethodGet, added(to, markup(script)), ""), x.visit(http.MethodGet, replaced(to, script), ""),
				} {
					if strings.Contains(page.Body, script) {
						x.fails(Leaks, "a return URL with a script in its query: expected it escaped; got it in the page")
					}
				}
			}
		}),
		plain("a wrong return URL is no server error", func(x *exam) {
			p := x.buy()
			for _, value := range []string{"", "'", "-1", "NO-SUCH-ORDER", strings.Repeat("9", 40), "\xff\x00"} {
				to := replaced(x.ways(p)[0], value)
				if page := x.visit(http.MethodGet, to, ""); page.Status >= http.StatusInternalServerError {
					x.fails(Misleads, "%s: expected a page; got %d", shortened(to), page.Status)
				}
			}
		}),
		plain("a stranger's return page shows no buyer's address", func(x *exam) {
			p, other := x.buy(), x.another()
			x.strangers(p, other)
		}),
	}
	for i := range visits {
		visits[i].needs = append(visits[i].needs, front)
	}
	return slices.Concat(
		in("the way back",
			"Show the order's own state; let only a webhook or a lookup change it, and nothing in the address.", visits...),
		in("the way back", "Show the order's own state, and let only a webhook or a lookup change it.", returning()...))
}

// returning are what the return page says.
func returning() []Scenario {
	says := func(name string, before func(x *exam) ecomtrade24.Payment) Scenario {
		return plain(name, func(x *exam) {
			p := before(x)
			if x.returns(p) {
				x.fails(Misleads, "the return page of order %s: expected not to say paid; got paid", quoted(p.OrderID))
			}
			x.unpaid(p)
		}, returns)
	}
	return []Scenario{
		says("coming back is no payment", (*exam).buy),
		says("the return page of an expired session says nothing of a payment", func(x *exam) ecomtrade24.Payment {
			p := x.buy()
			x.happens(p, becomes("expired"))
			return p
		}),
		says("the return page of a payment that is processing does not say paid", func(x *exam) ecomtrade24.Payment {
			p := x.buy()
			x.happens(p, becomes("processing"))
			return p
		}),
		says("the return page of a wrong amount does not say paid", func(x *exam) ecomtrade24.Payment {
			p := x.buy()
			x.happens(p, paying(amount("0.01")))
			return p
		}),
		plain("a reload of the return page still says paid", func(x *exam) {
			p := x.buy()
			x.pays(p)
			x.paid(p)
			for range 3 {
				if !x.returns(p) {
					x.fails(Misleads, "the return page of order %s, which is paid: expected to say so; got nothing of it",
						quoted(p.OrderID))
				}
			}
		}, returns),
		says("the return page of one order says nothing of another", func(x *exam) ecomtrade24.Payment {
			p, other := x.buy(), x.another()
			x.pays(other)
			x.paid(other)
			return p
		}),
	}
}

// ways are the return URL and the cancel URL, as far as the shop has sent them.
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

const (
	evil      = "evil.example"
	elsewhere = "next=https://evil.example/&url=https://evil.example/&redirect=https://evil.example/" +
		"&redirect_to=https://evil.example/&redirect_uri=https://evil.example/&return=https://evil.example/" +
		"&return_to=https://evil.example/&return_url=https://evil.example/&returnUrl=https://evil.example/" +
		"&continue=https://evil.example/&target=https://evil.example/&goto=https://evil.example/" +
		"&back=https://evil.example/&to=//evil.example/&u=//evil.example/&destination=https://evil.example/"
)

func markup(script string) string {
	values := url.Values{}
	for _, name := range []string{"message", "error", "msg", "name", "status", "reason", "q", "order_id", "session"} {
		values.Set(name, script)
	}
	return values.Encode()
}

// added is the URL with the parameters that it does not have.
func added(to, query string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	more, _ := url.ParseQuery(query)
	values := u.Query()
	for name, value := range more {
		if !values.Has(name) {
			values[name] = value
		}
	}
	u.RawQuery = values.Encode()
	return u.String()
}

// replaced is the URL with another value for each of its parameters.
func replaced(to, value string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	values := u.Query()
	for name := range values {
		values.Set(name, value)
	}
	u.RawQuery = values.Encode()
	return u.String()
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

// strangers opens the return page of one order with the address of another, as somebody who guesses order IDs.
func (x *exam) strangers(p, other ecomtrade24.Payment) {
	to := x.ways(other)[0]
	switch {
	case p.CustomerEmail == "":
		x.skip("the shop sends no customer_email")
	case !strings.Contains(to, other.OrderID) || !guessable(p.OrderID, other.OrderID):
		x.skip("the return URL of one order cannot be guessed from another")
	}
	page := x.visit(http.MethodGet, strings.ReplaceAll(to, other.OrderID, p.OrderID), "")
	if strings.Contains(page.Body, p.CustomerEmail) {
		x.fails(Leaks, "the return page of order %s, whose ID can be guessed: expected no e-mail address; got the buyer's",
			quoted(p.OrderID))
	}
}

// guessable reports whether somebody who has one ID can find the other: they count up.
func guessable(a, b string) bool {
	n, err := strconv.Atoi(lastNumber.FindString(a))
	m, err2 := strconv.Atoi(lastNumber.FindString(b))
	return err == nil && err2 == nil && lastNumber.ReplaceAllString(a, "") == lastNumber.ReplaceAllString(b, "") &&
		max(n-m, m-n) < 10_000
}
