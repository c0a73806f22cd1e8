package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// sender creates one client and returns the call to measure: create one checkout, and read its ID and URL. With a nil
// http.Client the library uses its default.
type sender struct {
	name   string
	client func() *http.Client
	create func(tb testing.TB, url string, hc *http.Client) func(context.Context) (id string, err error)
}

// senders lists the senders in the sequence of measurement, with compared senders next to each other.
var senders = []sender{
	{"net-http", plainClient, rawSender},
	{"ecomtrade24", nil, sdkSender},
	{"ecomtrade24-observer", nil, observedSender},
	{"net-http-same", pooledClient, timedSender},
	{"ecomtrade24-same", pooledClient, sdkSender},
	{"stripe-go", plainClient, stripeSender},
	{"hcloud-go", plainClient, hcloudSender},
}

// plainClient returns a copy of http.DefaultClient with its own pool, so that no run inherits another's connections.
// net/http, stripe-go and hcloud-go use http.DefaultClient by default.
func plainClient() *http.Client {
	return &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
}

// pooledClient keeps 128 idle connections to one host; net/http's default is 2.
func pooledClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 128, 128
	return &http.Client{Transport: transport}
}

var params = ecomtrade24.SessionParams{
	Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	ReturnURL: "https://shop.example/success", CancelURL: "https://shop.example/cancel",
	CustomerEmail: "buyer@example.com",
}

// observedSender shows the cost of the telemetry hook alone. The observer does nothing.
func observedSender(tb testing.TB, url string, _ *http.Client) func(context.Context) (string, error) {
	tb.Helper()
	return sdkWith(tb, url, ecomtrade24.WithObserver(
		func(ctx context.Context, _ ecomtrade24.Call) (context.Context, func(ecomtrade24.CallResult)) {
			return ctx, func(ecomtrade24.CallResult) {}
		}))
}

func sdkSender(tb testing.TB, url string, hc *http.Client) func(context.Context) (string, error) {
	tb.Helper()
	if hc == nil {
		return sdkWith(tb, url)
	}
	return sdkWith(tb, url, ecomtrade24.WithHTTPClient(hc))
}

func sdkWith(tb testing.TB, url string, opts ...ecomtrade24.Option) func(context.Context) (string, error) {
	tb.Helper()
	client, err := ecomtrade24.NewClient(url, "sk_bench_0123456789", opts...)
	require.NoError(tb, err)
	return func(ctx context.Context) (string, error) {
		s, err := client.CreateSession(ctx, params)
		if err != nil {
			return "", err
		}
		return s.ID, nil
	}
}

// rawSender sends the same request with encoding/json and net/http, as a merchant would by hand. It checks only the
// status.
func rawSender(_ testing.TB, url string, hc *http.Client) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		body, err := json.Marshal(params)
		if err != nil {
			return "", err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/gateway/session.php", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		req.Header.Set("Authorization", "Bearer sk_bench_0123456789")
		req.Header.Set("Content-Type", "application/json")
		resp, err := hc.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return "", fmt.Errorf("status %d", resp.StatusCode)
		}
		var s struct {
			OK          bool        `json:"ok"`
			SessionID   json.Number `json:"session_id"`
			CheckoutURL string      `json:"checkout_url"`
			ExpiresAt   string      `json:"expires_at"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
			return "", err
		}
		return s.SessionID.String(), nil
	}
}

// timedSender is rawSender with a timeout, which no program should omit.
func timedSender(tb testing.TB, url string, hc *http.Client) func(context.Context) (string, error) {
	tb.Helper()
	create := rawSender(tb, url, hc)
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		return create(ctx)
	}
}

func stripeSender(_ testing.TB, url string, hc *http.Client) func(context.Context) (string, error) {
	backends := stripe.NewBackendsWithConfig(&stripe.BackendConfig{
		URL: stripe.String(url), HTTPClient: hc, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	client := stripe.NewClient("sk_test_0123456789", stripe.WithBackends(backends))
	return func(ctx context.Context) (string, error) {
		s, err := client.V1CheckoutSessions.Create(ctx, &stripe.CheckoutSessionCreateParams{
			Mode:              stripe.String("payment"),
			ClientReferenceID: stripe.String(params.OrderID),
			SuccessURL:        stripe.String(params.ReturnURL),
			CancelURL:         stripe.String(params.CancelURL),
			CustomerEmail:     stripe.String(params.CustomerEmail),
			LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{
				Quantity: stripe.Int64(1),
				PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
					Currency: stripe.String("usd"), UnitAmount: stripe.Int64(4995), Product: stripe.String("prod_1"),
				},
			}},
		})
		if err != nil {
			return "", err
		}
		return s.ID, nil
	}
}

func hcloudSender(_ testing.TB, url string, hc *http.Client) func(context.Context) (string, error) {
	client := hcloud.NewClient(hcloud.WithEndpoint(url), hcloud.WithToken("0123456789"), hcloud.WithHTTPClient(hc))
	return func(ctx context.Context) (string, error) {
		s, _, err := client.Server.Create(ctx, hcloud.ServerCreateOpts{
			Name:       params.OrderID,
			ServerType: &hcloud.ServerType{Name: "cx22"},
			Image:      &hcloud.Image{Name: "debian-12"},
			Location:   &hcloud.Location{Name: "fsn1"},
			Labels:     map[string]string{"domain": params.Domain, "email": "buyer"},
		})
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(s.Server.ID, 10), nil
	}
}
