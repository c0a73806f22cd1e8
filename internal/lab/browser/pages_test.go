package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// check audits the page at url, or the open page if url is empty. If BROWSER_SCREENSHOTS names a folder, check saves
// four pictures there: phone and desktop, light and dark.
func (b *tab) check(name, url string) {
	b.t.Helper()
	assert.Empty(b.t, b.audit(url), name)
	dir := os.Getenv("BROWSER_SCREENSHOTS")
	if dir == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		b.prefer(scheme)
		for _, width := range []int64{390, 1280} {
			require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 800)))
			evaluate[bool](b, "document.activeElement.blur(); true")
			picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			require.NoError(b.t, err)
			file := fmt.Sprintf("%s-%d-%s.png", strings.NewReplacer(" ", "-", "/", "-").Replace(name), width, scheme)
			require.NoError(b.t, os.WriteFile(filepath.Join(dir, file), picture, 0o600))
		}
	}
}

// Every page of the shop passes the audit.
func TestPages_shop(t *testing.T) {
	t.Parallel()
	onEachPlan(t, func(v *visit) {
		name := string(v.plan) + " "
		v.gateway.DelayWebhooks(time.Hour)
		v.check(name+"shop", v.shop+"/")
		v.check(name+"missing", v.shop+"/orders/ORDER-NOBODYS")
		v.buy()
		v.decide("#pay")
		order := v.location()
		v.check(name+"not yet paid", order)
		v.gateway.Flush()
		v.check(name+"paid", order)
	})
}

func TestPages_shopNotPaid(t *testing.T) {
	t.Parallel()
	onEachPlan(t, func(v *visit) {
		v.buy()
		v.decide("#decline")
		v.gateway.Flush()
		v.check(string(v.plan)+" not paid", v.location())
	})
}

// Every page of the gateway passes the audit, even with very long words.
func TestPages_gateway(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	long := strings.Repeat("W", 60)
	domain := strings.Repeat("a-long-name", 5) + ".example"
	g := gatewaytest.New(t, gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting), gatewaytest.WithDomains(domain))
	shop := startProgram(t, "shop", g)
	b.check("bench nothing", g.URL+"/")
	g.DeliverTo(shop + "/api/webhook?" + long)
	create := func(method string) *ecomtrade24.Session {
		session, err := g.Client().CreateSession(t.Context(), ecomtrade24.SessionParams{
			Domain: domain, Amount: "123456789.95", Currency: "USDTX", OrderID: long, Method: method,
			CustomerEmail: long + "@example.com", ReturnURL: shop + "/orders/" + long, CancelURL: shop + "/",
		})
		require.NoError(t, err)
		return session
	}
	undecided, paid, declined := create(""), create("card"), create("upi")
	b.check("checkout with methods", undecided.CheckoutURL)
	b.check("checkout", paid.CheckoutURL)
	g.ForgeWebhooks(1)
	g.Pay(paid.ID)
	g.Decline(declined.ID)
	g.SendTest()
	b.check("checkout paid", paid.CheckoutURL)
	b.check("checkout declined", declined.CheckoutURL)
	b.check("no checkout", g.URL+"/pay.php?session=1")
	g.DropResponses(1)
	_, _ = g.Client().Status(t.Context(), paid.ID)
	g.DuplicateWebhooks(3)
	for _, path := range []string{"", "sessions", "sessions/" + paid.ID, "faults", "calls/1", "deliveries/1", "calls/99"} {
		b.check("bench "+path, g.URL+"/"+path)
	}
}
