package gatewaytest_test

import (
	"context"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// In a test, gatewaytest.New(t, gatewaytest.InMemory()) does the same and closes the gateway by itself.
func ExampleInMemory() {
	g, err := gatewaytest.Start(gatewaytest.InMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := webhook.NewVerifier(g.WebhookSecret)
	if err != nil {
		fmt.Println(err)
		return
	}
	g.DeliverTo(webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
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

	g.LoseFirst(1) // the delivery is tried again
	g.Pay(session.ID)
	fmt.Println("attempts:", len(g.Deliveries()))
	fmt.Println("left behind:", g.Close())
	// Output:
	// the buyer goes to https://pay.example/pay.php?session=12345
	// webhook: order ORDER-10001 is paid
	// attempts: 2
	// left behind: <nil>
}
