// Command net-http is the same merchant as command ecomtrade24, written by hand. It shows the minimum size of a Go
// program with HTTPS and JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	order := strings.NewReader(`{"domain":"shop.example","amount":"49.95","currency":"USD","order_id":"ORDER-10001"}`)
	url := os.Getenv("GATEWAY_URL") + "/gateway/session.php"
	ctx := context.Background()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, order)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("GATEWAY_KEY"))
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var s struct {
		CheckoutURL string `json:"checkout_url"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&s); err == nil {
		fmt.Println(s.CheckoutURL)
	}
}
