// Command ecomtrade24 is the smallest useful merchant: it creates a checkout and prints where the buyer pays.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func main() {
	client, err := ecomtrade24.NewClient(os.Getenv("GATEWAY_URL"), os.Getenv("GATEWAY_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	s, err := client.CreateSession(context.Background(), ecomtrade24.SessionParams{
		Domain: "shop.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.CheckoutURL)
}
