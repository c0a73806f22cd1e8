package browser_test

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// photograph leaves two pictures of the page that is open, light and dark, in the folder that PICTURES names.
func (b *tab) photograph(name string, height int64) {
	b.t.Helper()
	for scheme, suffix := range map[string]string{"light": "", "dark": "-dark"} {
		b.prefer(scheme)
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(1000, height)))
		evaluate[bool](b, "document.activeElement.blur(); true")
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		require.NoError(b.t, err)
		file := filepath.Join(os.Getenv("PICTURES"), name+suffix+".png")
		require.NoError(b.t, os.WriteFile(file, picture, 0o600))
	}
}

// The pictures of the documents:
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
	v.gateway.MissignWebhooks(1)
	v.gateway.Pay(v.session().SessionID)
	v.gateway.Redeliver(v.session().SessionID)
	order, session := v.session().OrderID, v.session().SessionID
	v.open(v.shop + "/orders/" + order)
	v.sees("#state.paid")
	v.photograph("storefront", 620)
	v.open(v.gateway.URL + "/")
	v.photograph("workbench", 760)
	v.deliver(`{"session_id":%s,"order_id":%q,"status":"paid","amount":"78.95","currency":"USD","txid":"tx-second"}`,
		session, order)
	v.open(v.admin(""))
	v.photograph("counter", 620)
	v.open(terminal(t, "../../../docs/pictures/examination.txt"))
	v.photograph("examination", 820)
}

// terminal is a page that shows a text as a terminal does.
func terminal(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	page := template.Must(template.New("").Parse(`<!doctype html><meta name="color-scheme" content="light dark">
<pre style="font: 14px/1.45 monospace; margin: 1.5rem; white-space: pre-wrap">{{.}}</pre>`))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = page.Execute(w, string(text))
	}))
	t.Cleanup(server.Close)
	return server.URL
}
