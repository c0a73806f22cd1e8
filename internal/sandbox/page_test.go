package sandbox_test

import (
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// press clicks a button of a page.
func press(tb testing.TB, g *sandbox.Gateway, path string, form url.Values, header http.Header) *http.Response {
	tb.Helper()
	all := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, values := range header {
		all[name] = values
	}
	resp, _ := do(tb, g, http.MethodPost, path, form.Encode(), all)
	return resp
}

func TestGateway_showCheckout(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Mode: ecomtrade24.ModeSmartRouting, Methods: []ecomtrade24.Method{
		{ID: "card", Available: true}, {ID: "upi", Label: "UPI", Available: true}, {ID: "pix", Label: "Pix"},
	}})
	create(t, g, `{}`)
	create(t, g, `{"method":"upi","order_id":"<script>alert(1)</script>","domain":"<b>.example",`+
		`"return_url":"https://a.example/?\"><script>"}`)

	resp, page := do(t, g, http.MethodGet, "/pay.php?session=12345", "", nil)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	for _, part := range []string{
		`id="shop" class="shop">shop.example<`, `id="order">ORDER-10001<`, `id="amount">49.95 <span>USD<`,
		`id="status" class="badge pending">pending<`, `id="method-card" name="method" value="card" checked>`,
		`<span>UPI</span>`, `id="pay" name="action" value="pay"`, `id="decline"`, `id="cancel"`, `id="expire"`,
	} {
		assert.Contains(t, page, part)
	}
	assert.NotContains(t, page, "Pix", "not available")

	_, page = do(t, g, http.MethodGet, "/pay.php?session=12346", "", nil)
	assert.Contains(t, page, `<dd id="method">UPI</dd>`)
	assert.NotContains(t, page, `type="radio"`, "no choice of methods, since the shop already chose one")
	assert.Contains(t, page, "&lt;script&gt;")
	_, err := g.Move("12346", ecomtrade24.StatusPaid, "")
	require.NoError(t, err)
	_, final := do(t, g, http.MethodGet, "/pay.php?session=12346", "", nil)
	assert.Contains(t, final, `href="https://a.example/?%22%3e%3cscript%3e"`)
	assert.NotContains(t, final, "<button")
	for _, text := range []string{page, final} {
		assert.NotContains(t, text, "<script")
		assert.NotContains(t, text, "<b>")
	}
	for _, id := range []string{"12347", "", "<script>"} {
		resp, page = do(t, g, http.MethodGet, "/pay.php?session="+url.QueryEscape(id), "", nil)
		assert.Equal(t, http.StatusNotFound, resp.StatusCode)
		assert.Contains(t, page, "No such checkout")
		assert.NotContains(t, page, "<script")
	}
}

func TestGateway_decideCheckout(t *testing.T) {
	t.Parallel()
	rows := []struct {
		action string
		status ecomtrade24.PaymentStatus
		where  string
	}{
		{"pay", ecomtrade24.StatusPaid, "https://shop.example/thanks?a=1&b=2"},
		// the buyer goes to return_url even without a payment
		{"decline", ecomtrade24.StatusDeclined, "https://shop.example/thanks?a=1&b=2"},
		{"cancel", ecomtrade24.StatusCancelled, "https://shop.example/cart"},
		{"expire", ecomtrade24.StatusExpired, "https://shop.example/cart"},
	}
	g := start(t, sandbox.Config{Mode: ecomtrade24.ModeSmartRouting})
	for i, row := range rows {
		id := []string{"12345", "12346", "12347", "12348"}[i]
		create(t, g, `{"return_url":"https://shop.example/thanks?a=1&b=2","cancel_url":"https://shop.example/cart"}`)
		form := url.Values{"session": {id}, "action": {row.action}, "method": {"upi"}}
		resp := press(t, g, "/pay.php", form, nil)
		assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
		assert.Equal(t, row.where, resp.Header.Get("Location"))
		assert.Equal(t, row.status, g.Sessions()[i].Status)
		_, page := do(t, g, http.MethodGet, "/pay.php?session="+id, "", nil)
		assert.Contains(t, page, `<dd id="method">UPI</dd>`)

		form.Set("action", "pay") // the buyer clicks again, or in a second tab
		resp = press(t, g, "/pay.php", form, nil)
		assert.Equal(t, "/pay.php?session="+id, resp.Header.Get("Location"))
		assert.Equal(t, row.status, g.Sessions()[i].Status)
	}
}

func TestGateway_decideCheckout_rejects(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{Mode: ecomtrade24.ModeSmartRouting})
	create(t, g, `{}`)
	for _, row := range []struct {
		form   url.Values
		header http.Header
		status int
	}{
		{url.Values{"session": {"12345"}, "action": {"refund"}}, nil, http.StatusBadRequest},
		{url.Values{"session": {"12345"}}, nil, http.StatusBadRequest},
		// pix is not available
		{url.Values{"session": {"12345"}, "action": {"pay"}, "method": {"pix"}}, nil, http.StatusBadRequest},
		{url.Values{"session": {"1"}, "action": {"pay"}}, nil, http.StatusNotFound},
		// another site's page pressed the button
		{
			url.Values{"session": {"12345"}, "action": {"pay"}},
			http.Header{"Sec-Fetch-Site": {"cross-site"}},
			http.StatusForbidden,
		},
	} {
		assert.Equal(t, row.status, press(t, g, "/pay.php", row.form, row.header).StatusCode, row.form)
	}
	assert.Equal(t, ecomtrade24.StatusPending, g.Sessions()[0].Status)

	// The gateway accepts these URLs, but the page does not link to them.
	create(t, g, `{"return_url":"javascript:alert(1)","cancel_url":"/cart"}`)
	resp := press(t, g, "/pay.php", url.Values{"session": {"12346"}, "action": {"pay"}}, nil)
	assert.Equal(t, "/pay.php?session=12346", resp.Header.Get("Location"))
	_, page := do(t, g, http.MethodGet, "/pay.php?session=12346", "", nil)
	assert.NotContains(t, page, "javascript")
	assert.NotContains(t, page, `id="back"`)

	// Without return and cancel URLs the buyer stays on the page.
	resp = press(t, g, "/pay.php", url.Values{"session": {"12345"}, "action": {"pay"}}, nil)
	assert.Equal(t, "/pay.php?session=12345", resp.Header.Get("Location"))
	_, page = do(t, g, http.MethodGet, "/pay.php?session=12345", "", nil)
	assert.NotContains(t, page, `id="back"`)
}

func TestGateway_style(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	resp, style := do(t, g, http.MethodGet, "/page/sandbox.css", "", nil)
	assert.Equal(t, "text/css; charset=utf-8", resp.Header.Get("Content-Type"))
	assert.Contains(t, style, ":focus-visible { outline: 3px")
	for _, path := range []string{"/nothing", "/page/head.html", "/page/..%2fsandbox.go"} {
		resp, _ = do(t, g, http.MethodGet, path, "", nil)
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
}

// WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for the edges of controls and the focus ring, in light and in dark mode.
func TestStyle_contrast(t *testing.T) {
	t.Parallel()
	style, err := os.ReadFile("page/sandbox.css")
	require.NoError(t, err)
	day, night, ok := strings.Cut(string(style), "prefers-color-scheme: dark")
	require.True(t, ok)
	for name, css := range map[string]string{"day": day, "night": night} {
		colours := variables(css)
		for _, row := range []struct {
			front, back string
			least       float64
		}{
			{"text", "page", 4.5},
			{"text", "card", 4.5},
			{"quiet", "page", 4.5},
			{"quiet", "card", 4.5},
			{"accent", "page", 4.5},
			{"on-accent", "accent", 4.5},
			{"on-accent", "hover", 4.5},
			{"on-notice", "notice", 4.5},
			{"on-good", "good", 4.5},
			{"on-bad", "bad", 4.5},
			{"on-open", "open", 4.5},
			{"edge", "card", 3},
			{"edge", "page", 3},
			{"accent", "card", 3},
		} {
			got := contrast(t, colours[row.front], colours[row.back])
			assert.GreaterOrEqual(t, got, row.least, "%s: %s on %s", name, row.front, row.back)
		}
	}
}

// variables returns each color variable in a stylesheet with its first value.
func variables(css string) map[string]string {
	colours := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		if colours[m[1]] == "" {
			colours[m[1]] = m[2]
		}
	}
	return colours
}

// contrast returns WCAG's contrast ratio of two colors, from 1 to 21.
func contrast(tb testing.TB, a, b string) float64 {
	tb.Helper()
	high, low := luminance(tb, a), luminance(tb, b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

// luminance returns WCAG's relative luminance of a color written as six hex digits.
func luminance(tb testing.TB, hex string) float64 {
	tb.Helper()
	require.Len(tb, hex, 6)
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		require.NoError(tb, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
