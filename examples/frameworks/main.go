// Command frameworks serves the webhook behind a web framework, or as a function of AWS Lambda:
//
//	ECOMTRADE24_WEBHOOK_SECRET=whsec_… go run . chi|gin|echo|fiber|lambda
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const address = "127.0.0.1:8080"

func main() {
	framework := ""
	if len(os.Args) == 2 {
		framework = os.Args[1]
	}
	if err := serve(framework, os.Getenv("ECOMTRADE24_WEBHOOK_SECRET")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(framework, secret string) error {
	v, err := webhook.NewVerifier(secret)
	if err != nil {
		return err
	}
	hook := webhook.NewHandler(v, record, webhook.WithLogger(slog.Default()))
	server := &http.Server{Addr: address, ReadHeaderTimeout: 5 * time.Second}
	switch framework {
	case "chi":
		server.Handler = chiShop(hook)
	case "gin":
		server.Handler = ginShop(hook)
	case "echo":
		server.Handler = echoShop(hook)
	case "fiber":
		return fiberShop(hook).Listen(address)
	case "lambda":
		lambda.Start(lambdaShop{hook}.httpAPI) // or use restAPI or alb; lambda.Start does not return
	default:
		return fmt.Errorf("framework %q: want chi, gin, echo, fiber or lambda", framework)
	}
	return server.ListenAndServe()
}

// record prints the event. A merchant's own function would compare the event with its order: see the inbox package.
func record(_ context.Context, ev *ecomtrade24.Event) error {
	fmt.Println("order", ev.OrderID, "is", ev.Status, "paid:", ev.Paid())
	return nil
}
