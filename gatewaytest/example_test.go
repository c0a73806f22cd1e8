package gatewaytest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// This example follows a payment from the session to the webhook. In a test, gatewaytest.New(t,
// gatewaytest.WithInMemory()) makes the same gateway, closes it at the end and can run in a testing/synctest bubble.
func Example() {
	g, err := gatewaytest.Start(gatewaytest.WithInMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := webhook.NewVerifier(g.WebhookSecret)
	if err != nil {
		fmt.Println(err)
		return
	}
	g.DeliverToHandler(webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
		fmt.Println("webhook: order", ev.OrderID, "is", ev.Status)
		return nil
	}))

	session, err := g.Client().CreateSession(context.Background(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the buyer goes to", session.CheckoutURL)

	g.LoseFirstAttempts(1) // the first delivery is lost, and the gateway retries
	g.Pay(session.ID)
	fmt.Println("attempts:", len(g.Deliveries()))
	fmt.Println("left behind:", g.Close())
	// Output:
	// the buyer goes to https://pay.example/pay.php?session=12345
	// webhook: order ORDER-10001 is paid
	// attempts: 2
	// left behind: <nil>
}

// The gateway creates the session but the response is lost, so the client cannot know the outcome.
func ExampleGateway_DropResponses() {
	g, err := gatewaytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer g.Close()
	g.DropResponses(1)
	_, err = g.Client().CreateSession(context.Background(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	})
	fmt.Println(errors.Is(err, ecomtrade24.ErrOutcomeUnknown))
	fmt.Println("sessions:", len(g.Sessions()))
	// Output:
	// true
	// sessions: 1
}

// Until its webhook arrives, the shop does not know about the payment.
func ExampleGateway_Flush() {
	g, session := withShop()
	defer g.Close()
	g.DelayWebhooks(time.Hour)
	g.Pay(session)
	fmt.Println("the buyer has paid")
	g.Flush()
	// Output:
	// the buyer has paid
	// shop: paid
}

func ExampleWithPlan() {
	g, err := gatewaytest.Start(gatewaytest.WithInMemory(), gatewaytest.WithPlan(ecomtrade24.ModeSmartRouting))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer g.Close()
	_, err = g.Client().Checkout(context.Background(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001", Method: "pix",
	})
	fmt.Println(err)
	// Output:
	// ecomtrade24: checkout: method "pix" is not available: choose one of card, upi
}
