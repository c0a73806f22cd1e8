package gatewaytest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// The client reads every shape in docs/protocol.md the same way, in both deployments.
func TestWithMethodsShape(t *testing.T) {
	t.Parallel()
	methods := []ecomtrade24.Method{
		{ID: "card", Label: "Card", Available: true}, {ID: "upi"}, {ID: "pix", Label: "Pix", Available: true},
	}
	ids := []ecomtrade24.Method{{ID: "card", Available: true}, {ID: "pix", Available: true}}
	flags := []ecomtrade24.Method{{ID: "card", Available: true}, {ID: "upi"}, {ID: "pix", Available: true}}
	rows := map[gatewaytest.Shape][]ecomtrade24.Method{
		gatewaytest.ShapeList: ids, gatewaytest.ShapeFilteredList: ids, gatewaytest.ShapeMap: methods,
		gatewaytest.ShapeFlags: flags, gatewaytest.ShapeObjects: methods,
	}
	for shape, want := range rows {
		for _, deployment := range [][]gatewaytest.Option{nil, {gatewaytest.WithDeployment(ecomtrade24.EcomTrade24Pay)}} {
			g := gatewaytest.New(t, append(deployment, gatewaytest.WithInMemory(),
				gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting), gatewaytest.WithMethods(methods...),
				gatewaytest.WithMethodsShape(shape))...)
			m, err := g.Client().Me(t.Context())
			require.NoError(t, err)
			assert.True(t, m.SmartRouting())
			assert.Empty(t, cmp.Diff(want, m.Methods), "shape %d", shape)
		}
	}
}

// The client uses the deployment's path for status lookups and its name for the buyer's email field.
func TestWithDeployment(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		session, err := g.Client().Checkout(t.Context(), params("ORDER-1"))
		require.NoError(t, err)
		assert.False(t, session.ExpiresAt.IsZero())
		g.Cancel(session.ID)
		status, err := g.Client().Status(t.Context(), session.ID)
		require.NoError(t, err)
		assert.Equal(t, ecomtrade24.StatusCancelled, status.Status)
		assert.Equal(t, []string{"ORDER-1 cancelled"}, s.told())
		assert.Contains(t, string(s.events[0].Raw), `"cancelled"`, "both public integrations use this spelling")
		assert.Equal(t, "/gateway/session_status.php", g.Requests()[2].Path)
	}, gatewaytest.WithDeployment(ecomtrade24.EcomTrade24Pay))
}

func TestOptions(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithInMemory(), gatewaytest.WithDomains("mine.example"),
		gatewaytest.WithSignatureHeader("X-Webhook-Signature"), gatewaytest.WithWebhookPath("/shop/hook"))
	mux := http.NewServeMux()
	s := newShop(t, g)
	mux.Handle("POST /shop/hook", s)
	g.DeliverToHandler(mux)
	p := params("ORDER-1")
	_, err := g.Client().Checkout(t.Context(), p)
	require.ErrorIs(t, err, ecomtrade24.ErrInvalidDomain)
	p.Domain = "mine.example"
	session, err := g.Client().Checkout(t.Context(), p)
	require.NoError(t, err)
	g.Pay(session.ID)
	assert.Equal(t, []string{"ORDER-1 paid"}, s.told())
	assert.NotEmpty(t, g.Deliveries()[0].Header.Get("X-Webhook-Signature"))
	assert.Empty(t, g.Deliveries()[0].Header.Get("X-Signature"))
}

// By default only two domains are approved, and their subdomains are not.
func TestGateway_rejections(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		for domain, approved := range map[string]bool{
			"merchant-store.example": true, "shop.example": true, "www.shop.example": false, "other.example": false,
		} {
			p := params("ORDER-1")
			p.Domain = domain
			_, err := g.Client().CreateSession(t.Context(), p)
			if approved {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ecomtrade24.ErrInvalidDomain, domain)
			}
		}
		p := params("ORDER-1")
		p.Method = "card"
		_, err := g.Client().CreateSession(t.Context(), p)
		require.NoError(t, err)
		warned := g.Requests()[len(g.Requests())-1].Warnings
		require.Len(t, warned, 1)
		assert.Contains(t, warned[0], "method is ignored")
		_, err = g.Client().Status(t.Context(), "1")
		require.ErrorIs(t, err, ecomtrade24.ErrNotFound)
		stranger, err := ecomtrade24.NewClient(g.URL, "another-key", ecomtrade24.WithHTTPClient(g.HTTPClient()))
		require.NoError(t, err)
		_, err = stranger.Me(t.Context())
		require.ErrorIs(t, err, ecomtrade24.ErrUnauthorized)
	})
}

// The hosted checkout page also works with WithInMemory.
func TestGateway_HTTPClient(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		buyer := g.HTTPClient()
		buyer.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		session, err := g.Client().CreateSession(t.Context(), params("ORDER-1"))
		require.NoError(t, err)
		resp, err := buyer.Get(session.CheckoutURL)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		resp.Body.Close()
		g.DelayWebhooks(1 << 62)
		resp, err = buyer.Post(g.URL+"/pay.php", "application/x-www-form-urlencoded",
			strings.NewReader("action=pay&session="+session.ID))
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, "https://merchant-store.example/success", resp.Header.Get("Location"))
		assert.Empty(t, s.told(), "the buyer returns before the webhook arrives")
		g.Flush()
		assert.Equal(t, []string{"ORDER-1 paid"}, s.told())
	})
}

func TestWithFirstSession(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithInMemory(), gatewaytest.WithFirstSessionID(700))
	for _, want := range []string{"700", "701"} {
		s, err := g.Client().CreateSession(t.Context(), ecomtrade24.SessionParams{
			Domain: "shop.example", Amount: "1.00", Currency: "USD", OrderID: "A",
		})
		require.NoError(t, err)
		assert.Equal(t, want, s.ID)
		g.Pay(s.ID)
		status, err := g.Client().Status(t.Context(), s.ID)
		require.NoError(t, err)
		assert.True(t, status.Paid())
	}
	_, err := gatewaytest.Start(gatewaytest.WithFirstSessionID(-1))
	require.Error(t, err)
}

// A nil Option and a zero value mean the default; a negative value is an error.
func TestOption_nilAndZero(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, nil, gatewaytest.WithPlan(""), gatewaytest.WithMethods(), gatewaytest.WithMethodsShape(0),
		gatewaytest.WithDeployment(""), gatewaytest.WithDomains(), gatewaytest.WithEventType(""), gatewaytest.WithSeed(0),
		gatewaytest.WithSignatureHeader(""), gatewaytest.WithFirstSessionID(0), gatewaytest.WithWebhookPath(""),
		gatewaytest.WithRedelivery(0, 0))
	var paths []string
	g.DeliverToHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if paths = append(paths, r.URL.Path); len(paths) < 9 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	id := create(t, g, "ORDER-1")
	assert.Equal(t, "12345", id)
	g.Pay(id)
	assert.Len(t, paths, 5, "attempts")
	assert.Equal(t, "/api/webhook", paths[0])
	assert.Contains(t, g.Deliveries()[0].Header, "X-Signature")
	_, err := g.Client().CreateSession(t.Context(), ecomtrade24.SessionParams{
		Domain: "other.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-2",
	})
	require.ErrorIs(t, err, ecomtrade24.ErrInvalidDomain, "only the two domains are approved")
	for name, negative := range map[string]gatewaytest.Option{
		"attempts": gatewaytest.WithRedelivery(-1, 0), "pause": gatewaytest.WithRedelivery(0, -1),
		"first session": gatewaytest.WithFirstSessionID(-1),
	} {
		_, err := gatewaytest.Start(negative)
		require.ErrorContains(t, err, "must not be negative", name)
	}
}
