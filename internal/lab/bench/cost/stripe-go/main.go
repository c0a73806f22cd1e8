// Command stripe-go is the same merchant as command ecomtrade24, with stripe-go.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/stripe/stripe-go/v85"
)

func main() {
	client := stripe.NewClient(os.Getenv("GATEWAY_KEY"))
	s, err := client.V1CheckoutSessions.Create(context.Background(), &stripe.CheckoutSessionCreateParams{
		Mode: stripe.String("payment"), ClientReferenceID: stripe.String("ORDER-10001"),
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{
			Price: stripe.String("price_1"), Quantity: stripe.Int64(1),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.URL)
}
