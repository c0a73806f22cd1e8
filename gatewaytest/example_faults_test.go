package gatewaytest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// withShop returns an in-memory gateway and the ID of one session. Its shop prints the webhooks that it receives.
func withShop(opts ...gatewaytest.Option) (g *gatewaytest.Gateway, sessionID string) {
	g, err := gatewaytest.Start(append([]gatewaytest.Option{gatewaytest.WithInMemory()}, opts...)...)
	if err != nil {
		panic(err)
	}
	g.DeliverToHandler(webhook.NewHandler(mustVerify(g), func(_ context.Context, ev *ecomtrade24.Event) error {
		fmt.Println("shop:", ev.Status)
		return nil
	}, webhook.WithMaxAge(time.Hour)))
	return g, newSession(g)
}

func newSession(g *gatewaytest.Gateway) string {
	session, err := g.Client().CreateSession(context.Background(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	})
	if err != nil {
		panic(err)
	}
	return session.ID
}

// Each method, such as Pay, changes the session's status and sends its webhook.
func ExampleGateway_Pay() {
	g, session := withShop()
	g.Process(session)
	g.Pay(session)
	g.Decline(newSession(g))
	g.Fail(newSession(g))
	g.Expire(newSession(g))
	g.Cancel(newSession(g))
	g.SendTest()
	fmt.Println(g.Close())
	// Output:
	// shop: processing
	// shop: paid
	// shop: declined
	// shop: failed
	// shop: expired
	// shop: cancelled
	// shop: test
	// <nil>
}

// The shop responds 401 to every delivery of a forged webhook, and 200 to the genuine webhook.
func ExampleGateway_TamperWebhooks() {
	g, session := withShop(gatewaytest.WithRedelivery(2, time.Millisecond))
	g.TamperWebhooks(1)
	g.Process(session)
	g.ForgeWebhooks(1)
	g.Pay(session)
	for _, d := range g.Deliveries() {
		fmt.Println("webhook", d.Webhook, "attempt", d.Attempt, "response", d.Response)
	}
	g.Redeliver(session)
	fmt.Println(g.Close())
	// Output:
	// webhook 1 attempt 1 response 401
	// webhook 1 attempt 2 response 401
	// webhook 2 attempt 1 response 401
	// webhook 2 attempt 2 response 401
	// shop: paid
	// <nil>
}

// The shop rejects a webhook that is too old for webhook.WithMaxAge, and accepts its redelivery with a new date.
func ExampleGateway_BackdateWebhooks() {
	g, session := withShop(gatewaytest.WithRedelivery(1, time.Millisecond))
	defer g.Close()
	g.BackdateWebhooks(1, 2*time.Hour)
	g.Pay(session)
	fmt.Println("response", g.Deliveries()[0].Response)
	g.Redeliver(session)
	// Output:
	// response 400
	// shop: paid
}

func ExampleGateway_DuplicateWebhooks() {
	g, session := withShop()
	defer g.Close()
	g.DuplicateWebhooks(1)
	g.Pay(session)
	// Output:
	// shop: paid
	// shop: paid
}

// The gateway holds back the first webhook until the second exists, then delivers both in another sequence.
func ExampleGateway_ReorderWebhooks() {
	g, session := withShop()
	defer g.Close()
	g.ReorderWebhooks(2)
	g.Process(session)
	g.Pay(session)
	g.Flush()
	// Output:
	// shop: paid
	// shop: processing
}

// The same seed and the same calls produce the same deliveries, and every genuine webhook arrives in the end.
func ExampleGateway_ScrambleWebhooks() {
	trouble := func() (attempts []string) {
		g, session := withShop(gatewaytest.WithSeed(7))
		defer g.Close()
		g.DeliverToHandler(webhook.NewHandler(mustVerify(g), func(context.Context, *ecomtrade24.Event) error { return nil }))
		g.ScrambleWebhooks(2)
		g.Process(session)
		g.Pay(session)
		g.Flush()
		for _, d := range g.Deliveries() {
			attempts = append(attempts, fmt.Sprint(d.Webhook, d.Attempt, d.Status, d.Response))
		}
		return attempts
	}
	first, second := trouble(), trouble()
	fmt.Println(len(first) >= 2, slices.Equal(first, second))
	// Output: true true
}

func mustVerify(g *gatewaytest.Gateway) *webhook.Verifier {
	verifier, err := webhook.NewVerifier(g.WebhookSecret)
	if err != nil {
		panic(err)
	}
	return verifier
}

// The client repeats a GET while the gateway fails. It repeats a session request only after a 503 or 429.
func ExampleGateway_FailCalls() {
	g, session := withShop()
	defer g.Close()
	fast := ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 3, BaseDelay: time.Millisecond})
	g.FailCalls(2, 502)
	status, err := g.Client(fast).Status(context.Background(), session)
	fmt.Println(status.Status, err)
	for _, r := range g.Requests() {
		fmt.Println(r.Method, r.Path, r.Status)
	}
	// Output:
	// pending <nil>
	// POST /gateway/session.php 200
	// GET /gateway/status.php 502
	// GET /gateway/status.php 502
	// GET /gateway/status.php 200
}

func ExampleGateway_SlowCalls() {
	g, session := withShop()
	defer g.Close()
	g.SlowCalls(1, time.Hour)
	once := ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1})
	impatient := g.Client(ecomtrade24.WithTimeout(time.Millisecond), once)
	_, err := impatient.Status(context.Background(), session)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

// Some merchants' payment routes require the buyer's email address.
func ExampleWithRequiredEmail() {
	g, err := gatewaytest.Start(gatewaytest.WithInMemory(), gatewaytest.WithRequiredEmail())
	if err != nil {
		panic(err)
	}
	defer g.Close()
	params := ecomtrade24.SessionParams{Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001"}
	_, err = g.Client().Checkout(context.Background(), params)
	fmt.Println(errors.Is(err, ecomtrade24.ErrCustomerEmailRequired))
	params.CustomerEmail = "buyer@example.com"
	_, err = g.Client().Checkout(context.Background(), params)
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A merchant without a payout wallet cannot create a session; the error names the missing wallet.
func ExampleWithoutPayoutWallet() {
	g, err := gatewaytest.Start(gatewaytest.WithInMemory(), gatewaytest.WithoutPayoutWallet())
	if err != nil {
		panic(err)
	}
	defer g.Close()
	_, err = g.Client().Checkout(context.Background(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	})
	fmt.Println(errors.Is(err, ecomtrade24.ErrNoPayoutWallet))
	// Output: true
}

// The shop accepts signatures with and without a prefix.
func ExampleWithSignaturePrefix() {
	for _, opts := range [][]gatewaytest.Option{nil, {gatewaytest.WithSignaturePrefix()}} {
		g, session := withShop(opts...)
		g.Pay(session)
		fmt.Println(strings.HasPrefix(g.Deliveries()[0].Header.Get("X-Signature"), "sha256="))
		g.Close()
	}
	// Output:
	// shop: paid
	// false
	// shop: paid
	// true
}

// EcomTrade24 Pay uses other paths and field names; the client that Client returns uses them too.
func ExampleWithDeployment() {
	g, session := withShop(gatewaytest.WithDeployment(ecomtrade24.EcomTrade24Pay),
		gatewaytest.WithSignatureHeader("X-Ecomtrade24-Signature"),
		gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting), gatewaytest.WithMethodsShape(gatewaytest.ShapeFlags),
		gatewaytest.WithMethods(ecomtrade24.Method{ID: "eps", Available: true}), gatewaytest.WithDomains("shop.example"))
	defer g.Close()
	merchant, err := g.Client().Me(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(string(merchant.Raw))
	fmt.Println(merchant.Mode, merchant.Offers("eps"))
	g.Cancel(session)
	// Output:
	// {"ok":true,"smart_router":{"enabled":true,"methods":{"eps":true}},"checkout_mode":"smart_router"}
	// smart_routing true
	// shop: cancelled
}
