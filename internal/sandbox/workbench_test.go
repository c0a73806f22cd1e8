package sandbox_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// page returns a page of the workbench, which must exist.
func page(tb testing.TB, g *sandbox.Gateway, path string) string {
	tb.Helper()
	resp, text := do(tb, g, http.MethodGet, path, "", nil)
	require.Equal(tb, http.StatusOK, resp.StatusCode, path)
	return text
}

// The first page says why a call was rejected, and the call's page shows the complete call.
func TestWorkbench_rejectedCall(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	empty := page(t, g, "/")
	assert.Contains(t, empty, "No webhook URL is set")
	assert.Contains(t, empty, "export ECOMTRADE24_API_KEY=••••••••")
	assert.Contains(t, page(t, g, "/?show=settings"), "export ECOMTRADE24_API_KEY="+apiKey)
	call(t, g, http.MethodPost, "/gateway/session.php", session(`{"amount":"<b>"}`))
	create(t, g, `{"order_id":"<i>'s","amount":"5.00"}`)
	assert.Contains(t, page(t, g, "/"), "amount is below 10.00 USD")
	first := page(t, g, "/?only=rejected")
	assert.Contains(t, first, `id="call-1" class="bad"`)
	assert.Contains(t, first, "amount must be a decimal above zero")
	assert.NotContains(t, first, "amount is below 10.00 USD")
	assert.Contains(t, first, `Rejected<span class="count">1</span>`)
	assert.Contains(t, first, "422 Unprocessable Entity")
	one := page(t, g, "/calls/1")
	assert.Contains(t, one, `id="why"`)
	assert.Contains(t, one, "&#34;currency&#34;: &#34;USD&#34;", "the page indents the body")
	assert.Contains(t, one, "Authorization: ••••••••")
	assert.NotContains(t, one, apiKey)
	assert.Contains(t, one, "Bearer $ECOMTRADE24_API_KEY")
	assert.Contains(t, page(t, g, "/calls/1?show=key"), apiKey)
	assert.Contains(t, page(t, g, "/calls/2"), `\u003ci\u003e&#39;\&#39;&#39;s`, "the curl command is quoted for a shell")
	for _, path := range []string{"/", "/calls/1", "/sessions", "/sessions/12345", "/?q=%3Cb%3E"} {
		text := page(t, g, path)
		assert.NotContains(t, text, "<b>", path)
		assert.NotContains(t, text, "<i>", path)
	}
	for _, path := range []string{
		"/calls/0", "/calls/3", "/calls/x", "/deliveries/1", "/sessions/1", "/sandbox/sessions/1",
	} {
		resp, _ := do(t, g, http.MethodGet, path, "", nil)
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
}

// An order's sessions, calls and delivery attempts form one timeline.
func TestWorkbench_timeline(t *testing.T) {
	t.Parallel()
	g, _ := withShop(t, sandbox.Config{Attempts: 2, Backoff: 1}, 500)
	create(t, g, `{"order_id":"A-1"}`)
	create(t, g, `{"order_id":"B-1"}`)
	create(t, g, `{"order_id":"A-1"}`)
	pay(t, g, "12345")
	call(t, g, http.MethodGet, "/gateway/status.php?session_id=12345", "")
	one := page(t, g, "/sessions/12347")
	for _, want := range []string{
		`href="/sessions/12345"`, `id="call-1"`, `id="call-3"`, `id="call-4"`, `id="delivery-1" class="bad"`,
		`id="delivery-2"`, "500 Internal Server Error", "paid, attempt 2", "Other sessions of the order", `badge paid`,
	} {
		assert.Contains(t, one, want)
	}
	assert.NotContains(t, one, `id="call-2"`)
	delivery := page(t, g, "/deliveries/1")
	for _, want := range []string{"X-Signature: ", "thanks", "••••••••", "curl -g -i -X POST"} {
		assert.Contains(t, delivery, want)
	}
	assert.NotContains(t, delivery, `id="retry"`, "the next attempt was made")
	purchases := page(t, g, "/")
	assert.Equal(t, 2, strings.Count(purchases, "<details"), "the list has one purchase for each order")
	assert.Contains(t, purchases, "3 calls, 1 webhook", "two attempts are one webhook")
	assert.NotContains(t, delivery, secret)
	assert.Contains(t, page(t, g, "/deliveries/1?show=secret"), secret)
	assert.Contains(t, page(t, g, "/sessions?q=b-1"), "12346")
	assert.NotContains(t, page(t, g, "/sessions?q=b-1"), "12345")
	assert.NotContains(t, page(t, g, "/sessions?only=paid"), "12346")
}

// Lists have pages.
func TestWorkbench_pages(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	for range 60 {
		create(t, g, `{}`)
	}
	assert.Equal(t, 50, strings.Count(page(t, g, "/sessions"), `id="session-`))
	assert.Equal(t, 10, strings.Count(page(t, g, "/sessions?skip=50"), `id="session-`))
	page(t, g, "/?skip=9223372036854775807")
	one := page(t, g, "/?skip=x")
	assert.Equal(t, 1, strings.Count(one, "<details"), "all entries of one order")
	assert.Equal(t, 50, strings.Count(one, `class="line"`))
	assert.Contains(t, one, "Older events")
	for i := range 60 {
		create(t, g, `{"order_id":"A-`+strconv.Itoa(i)+`"}`)
		call(t, g, http.MethodGet, "/gateway/status.php?session_id=x", "")
	}
	assert.Contains(t, page(t, g, "/?q=A-"), `href="/?q=A-&amp;skip=50"`)
	assert.Equal(t, 10, strings.Count(page(t, g, "/?q=A-&skip=50"), "<details"))
	assert.Contains(t, page(t, g, "/?only=rejected&q=status"), `href="/?only=rejected&amp;q=status&amp;skip=50"`)
	assert.Equal(t, 10, strings.Count(page(t, g, "/?only=rejected&skip=50"), `id="call-`))
}

// A lookup is listed under its purchase, even if a fault produces the response.
func TestWorkbench_failedLookup(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	create(t, g, `{}`)
	g.FailCalls(1, http.StatusInternalServerError)
	call(t, g, http.MethodGet, "/gateway/status.php?session_id=12345", "")
	assert.Contains(t, page(t, g, "/"), "2 calls, 0 webhooks")
}

// A forged webhook's page names the fault and shows the secret that signed it.
func TestWorkbench_forged(t *testing.T) {
	t.Parallel()
	for fault, says := range map[string]string{
		"tamper":       "The fault tamper changed the body after signing.",
		"wrong-secret": "The fault wrong-secret signed it with another secret.",
	} {
		g, m := withShop(t, sandbox.Config{Attempts: 2, Backoff: 1}, 401, 401)
		create(t, g, `{}`)
		drive(t, g, http.MethodPost, "/sandbox/faults/"+fault, `{}`)
		assert.Contains(t, page(t, g, "/faults"), "1 left")
		pay(t, g, "12345")
		forged := page(t, g, "/deliveries/2?show=secret")
		assert.Contains(t, forged, "This webhook is a forgery. "+says)
		assert.Contains(t, forged, "gave up after 2 attempts")
		_, key, _ := strings.Cut(forged, `<code id="secret">`)
		key, _, _ = strings.Cut(key, "<")
		signed := m.bodies[0]
		if fault == "tamper" {
			signed = strings.Replace(signed, "tx_forged", g.Sessions()[0].TxID, 1)
		}
		assert.Equal(t, webhook.Sign(key, []byte(signed)), "sha256="+m.headers[0].Get("X-Signature"), fault)
		assert.Contains(t, page(t, g, "/"), says)
		_, text := do(t, g, http.MethodGet, "/sandbox/deliveries", "", nil)
		assert.Contains(t, text, `"forged":"`+says)
	}
}

// No other site's page can read or drive the sandbox, regardless of its host name.
func TestWorkbench_otherSites(t *testing.T) {
	t.Parallel()
	g, open := start(t, sandbox.Config{}), start(t, sandbox.Config{Open: true})
	create(t, g, `{}`)
	create(t, open, `{}`)
	for host, want := range map[string]int{
		"pay.example": 200, "PAY.example:8024": 200, "127.0.0.1:8024": 200, "[::1]:8024": 200, "localhost": 200,
		"shop.localhost:1": 200, "evil.example": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:8024": 421,
	} {
		for _, path := range []string{"/", "/sandbox/sessions", "/calls/1", "/pay.php?session=12345"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			assert.Equal(t, want, w.Code, host+path)
		}
		for _, row := range []struct {
			g     *sandbox.Gateway
			local net.Addr
			want  int
		}{
			{g, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, want},   // another site's name that resolves to this address
			{open, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, 200}, // a container's name, behind a forwarded port
			{g, &net.UnixAddr{Name: "in memory"}, 200},
		} {
			ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, row.local)
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/gateway/status.php?session_id=12345", nil)
			r.Host = host
			r.Header.Set("Authorization", "Bearer "+apiKey)
			w := httptest.NewRecorder()
			row.g.ServeHTTP(w, r)
			assert.Equal(t, row.want, w.Code, "%s on %v", host, row.local)
		}
	}
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}},
	} {
		resp := press(t, g, "/sandbox/sessions/12345/pay", url.Values{}, header)
		assert.Equal(t, http.StatusForbidden, resp.StatusCode)
	}
	assert.Equal(t, ecomtrade24.StatusPending, g.Sessions()[0].Status)
}

// An open page gets an event for each change.
func TestWorkbench_live(t *testing.T) {
	t.Parallel()
	g := start(t, sandbox.Config{})
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	resp, err := server.Client().Get(server.URL + "/sandbox/events")
	require.NoError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	heard := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return ""
	}
	assert.Equal(t, "event: changed", heard())
	heard()
	create(t, g, `{}`)
	assert.Equal(t, "event: changed", heard())
}

// Memory use stays small regardless of the shop's responses.
func TestWorkbench_memory(t *testing.T) { //nolint:paralleltest // the test measures the memory of the process
	g := start(t, sandbox.Config{KeepBytes: 4 << 10, Attempts: 1})
	long := strings.Repeat("x", 64<<10)
	g.DeliverToHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(long))
	}), "/")
	body := session(`{"meta":{"long":"` + long[:60<<10] + `"}}`)
	status, _ := call(t, g, http.MethodPost, "/gateway/session.php", body)
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, page(t, g, "/calls/1"), `id="cut"`)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 1000 {
		call(t, g, http.MethodPost, "/gateway/nothing", body)
		sent(t)(g.Redeliver("12345"))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / 1000
	assert.Less(t, 10_000*each, 200.0*(1<<20), "10,000 of them")
}
