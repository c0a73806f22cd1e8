package browser_test

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// photograph saves two pictures of the open page, light and dark, in the folder that PICTURES names. Height 0 means the
// page's height.
func (b *tab) photograph(name string, width, height int64) {
	b.t.Helper()
	for scheme, suffix := range map[string]string{"light": "", "dark": "-dark"} {
		b.prefer(scheme)
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, max(height, 100))))
		if height == 0 {
			height = evaluate[int64](b, "document.documentElement.scrollHeight")
			require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height)))
		}
		evaluate[bool](b, "document.activeElement.blur(); true")
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		require.NoError(b.t, err)
		file := filepath.Join(os.Getenv("PICTURES"), name+suffix+".png")
		require.NoError(b.t, os.WriteFile(file, picture, 0o600))
	}
}

// TestPictures takes the pictures for docs:
//
//	PICTURES=../../../docs/pictures go test -run TestPictures ./browser
func TestPictures(t *testing.T) {
	t.Parallel()
	if os.Getenv("PICTURES") == "" {
		t.Skip("PICTURES names no folder")
	}
	v := newStorefront(t, ecomtrade24.ModeHostedCheckout, "RECONCILE_EVERY=1h")
	v.fillBasket()
	v.checkout()
	v.gateway.Pay(v.session().SessionID)
	order, session := v.session().OrderID, v.session().SessionID
	v.open(v.shop + "/orders/" + order)
	v.sees("#state.paid")
	v.photograph("storefront", 1000, 620)
	v.deliver(`{"session_id":%s,"order_id":%q,"status":"paid","amount":"78.95","currency":"USD","txid":"tx-second"}`,
		session, order)
	v.open(v.admin(""))
	v.photograph("counter", 1000, 620)
	v.open(terminal(t, "../../../docs/pictures/examination.txt"))
	v.photograph("examination", 1300, 0)
}

// TestPictures_workbench shows a forged webhook that is rejected three times, at a real gateway's pace, and then the
// accepted genuine webhook.
func TestPictures_workbench(t *testing.T) {
	t.Parallel()
	if os.Getenv("PICTURES") == "" {
		t.Skip("PICTURES names no folder")
	}
	b := newTab(t)
	g := gatewaytest.New(t, gatewaytest.WithRedelivery(3, time.Second))
	g.DeliverTo(startProgram(t, "shop", g) + "/api/webhook")
	session, err := g.Client().Checkout(t.Context(), workbenchParams())
	require.NoError(t, err)
	g.ForgeWebhooks(1)
	g.Pay(session.ID)
	time.Sleep(2 * time.Second) //nolint:forbidigo // time for a user to look and press a button
	g.Redeliver(session.ID)
	b.open(g.URL + "/")
	evaluate[bool](b, "document.querySelector('details').open = true")
	b.photograph("workbench", 1000, 0)
	b.open(g.URL + "/deliveries/3")
	b.photograph("workbench-delivery", 1000, 640)
}

// terminal serves a file as a page that looks like a terminal, and returns its URL.
func terminal(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	page := template.Must(template.New("").Funcs(template.FuncMap{"kind": lineKind}).Parse(`<!doctype html>
<meta name="color-scheme" content="light dark">
<style>
pre { font: 14px/1.45 monospace; margin: 1.5rem }
.ok { color: light-dark(#1a7f37, #3fb950) }
.failed { color: light-dark(#b3261e, #ff7b72); font-weight: bold }
.quiet { color: light-dark(#57606a, #9da7b3) }
</style>
<pre>{{range .}}<span class="{{kind .}}">{{.}}</span>
{{end}}</pre>`))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = page.Execute(w, strings.Split(string(text), "\n"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// lineKind returns the CSS class for a line of the drill's report.
func lineKind(line string) string {
	switch line = strings.TrimSpace(line); {
	case strings.HasPrefix(line, "ok "):
		return "ok"
	case strings.HasPrefix(line, "FAILED "):
		return "failed"
	case strings.HasPrefix(line, "- "):
		return "quiet"
	}
	return ""
}
