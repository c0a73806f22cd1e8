package exam

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// writtenURLs returns scenarios in which a stranger adds parameters to the return URL.
func writtenURLs() []Scenario {
	return advised(ownState,
		bare("a return URL that claims success does not mark the order paid", func(x *exam) {
			words := []string{"success", "succeeded", "completed", "approved", "captured", "true", "ok", "1", "00", "PAID"}
			orders := make([]ecomtrade24.Payment, len(words))
			for i, word := range words {
				orders[i] = x.buy()
				query := each(word, "status", "state", "result", "success", "paid", "payment", "payment_status",
					"redirect_status", "code", "resultCode", "txid", "transaction_id", "payment_id")
				for _, to := range x.ways(orders[i]) {
					x.visit(http.MethodGet, added(to, query), "")
					x.visit(http.MethodPost, to, query)
				}
			}
			for i, word := range words {
				x.about = "a return URL with status=" + word + ", success=" + word + " and so on"
				x.unpaid(orders[i])
			}
		}),
		plain("the return page does not redirect to another site", func(x *exam, p ecomtrade24.Payment) {
			for _, to := range x.ways(p) {
				for _, target := range elsewhere(to) {
					page := x.visit(http.MethodGet, added(to, each(target,
						"next", "url", "uri", "u", "r", "to", "go", "goto", "ref", "back", "dest", "destination", "continue",
						"target", "callback", "redirect", "redirect_to", "redirect_uri", "redirect_url", "return", "return_to",
						"return_url", "returnUrl", "returnTo", "success_url", "cancel_url")), "")
					if leadsTo(page, to, evil) {
						x.fails(Leaks, "a return URL with next=%s etc.: expected no redirect to that site; got a redirect", target)
					}
				}
			}
		}),
	)
}

// hostileURLs returns scenarios with return URLs that may break the page.
func hostileURLs() []Scenario {
	return advised(ownState,
		plain("the return page escapes text from its query string", func(x *exam, p ecomtrade24.Payment) {
			for _, to := range x.ways(p) {
				for _, text := range []string{
					`"><script>alert(1)</script>`, `x" onmouseover="alert(1)`, `x' onmouseover='alert(1)`,
				} {
					for _, address := range []string{added(to, each(text,
						"message", "msg", "error", "error_description", "description", "name", "title", "status", "reason", "q",
						"order_id", "session", "email")), replaced(to, text)} {
						if rendered(x.visit(http.MethodGet, address, "").Body, text) {
							x.fails(Leaks, "a return URL with %s in its query: expected escaped text in the page; got markup", text)
						}
					}
				}
			}
		}),
		plain("a malformed return URL causes no server error", func(x *exam, p ecomtrade24.Payment) {
			for _, value := range []string{"", "'", "-1", "NO-SUCH-ORDER", strings.Repeat("9", 40), "\xff\x00"} {
				to := replaced(x.ways(p)[0], value)
				if page := x.visit(http.MethodGet, to, ""); page.broken() {
					x.fails(Misleads, "%s: expected a page; got %s", shortened(to), responded(page.Status))
				}
			}
		}),
	)
}

const evil = "evil.example"

// elsewhere returns URLs of another site that a weak check may mistake for the shop's own host.
func elsewhere(own string) []string {
	host := "shop.example"
	if u, err := url.Parse(own); err == nil {
		host = u.Host
	}
	return []string{
		"https://" + evil + "/", "//" + evil + "/", `/\` + evil + "/", "https://" + evil + "/?" + host,
		"https://" + host + "." + evil + "/", "https://" + host + "@" + evil + "/",
	}
}

// inPage matches redirects inside a page, by a refresh or a script.
var inPage = regexp.MustCompile(`(?i)<meta[^>]*refresh[^>]*?url=["']?([^"'>]*)|` +
	`location(?:(?:\.href)?\s*=|\.(?:assign|replace)\()\s*["']([^"']*)`)

// leadsTo reports whether the page redirects a browser to host or one of its subdomains; from is the page's own URL.
func leadsTo(page Page, from, host string) bool {
	targets := []string{page.Location}
	for _, found := range inPage.FindAllStringSubmatch(page.Body, -1) {
		targets = append(targets, html.UnescapeString(found[1]+found[2]))
	}
	base, err := url.Parse(from)
	if err != nil {
		return false
	}
	for _, target := range targets {
		// browsers also treat backslashes as slashes
		at, err := base.Parse(strings.NewReplacer(`\/`, "/", `\`, "/").Replace(target))
		if err == nil && (at.Hostname() == host || strings.HasSuffix(at.Hostname(), "."+host)) {
			return true
		}
	}
	return false
}

// rendered reports whether a browser would treat the text in the page as markup: an element or attributes.
func rendered(page, text string) bool {
	if strings.Contains(text, "<") {
		return strings.Contains(page, text)
	}
	parts, before := strings.Split(page, text), ""
	for _, part := range parts[:len(parts)-1] {
		before += part
		if within := endsIn(before); within == ' ' || within == text[strings.IndexAny(text, `"'`)] {
			return true
		}
		before += text
	}
	return false
}

// endsIn says where the HTML ends: it returns the quote character if that is in a quoted value, a space if it is
// elsewhere in a tag, and 0 if it is in text.
func endsIn(page string) (within byte) {
	for i, c := range []byte(page) {
		switch {
		case within == 0 && c == '<' && beginsTag(page[i+1:]):
			within = ' '
		case within == ' ' && c == '>':
			within = 0
		case within == ' ' && (c == '"' || c == '\''):
			within = c
		case within == c:
			within = ' '
		}
	}
	return within
}

func beginsTag(rest string) bool {
	return rest != "" && (rest[0] == '/' || rest[0]|0x20 >= 'a' && rest[0]|0x20 <= 'z')
}

// each returns a query string in which all names have the same value.
func each(value string, names ...string) string {
	values := url.Values{}
	for _, name := range names {
		values.Set(name, value)
	}
	return values.Encode()
}

// added returns the URL with query's parameters, except those that the URL already has.
func added(to, query string) string {
	u, err := url.Parse(to)
	if err != nil || query == "" {
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

// replaced returns the URL with all its parameters set to value.
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
