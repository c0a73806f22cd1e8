package ecomtrade24otel_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/ecomtrade24otel"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// A purchase is one trace, from the buyer's click to the paid order. Here the gateway is busy at first. The webhook
// arrives in another request and finds the trace in the session's metadata.
func Example() {
	record := newRecord() // only for the test: a program uses the global providers and omits the options below
	gateway, err := gatewaytest.Start(gatewaytest.WithInMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer gateway.Close()

	telemetry := record.options
	client, err := ecomtrade24.NewClient(gateway.URL, gateway.APIKey,
		ecomtrade24.WithHTTPClient(gateway.HTTPClient()), ecomtrade24otel.Client(record.options...),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 3, MaxDelay: time.Nanosecond}))
	if err != nil {
		fmt.Println(err)
		return
	}
	markPaid := func(context.Context, *sql.Tx, inbox.Change) error { return nil }
	box := inbox.New(sql.OpenDB(&database{}), inbox.Postgres, markPaid, ecomtrade24otel.Inbox(telemetry...))
	verifier, err := webhook.NewVerifier(gateway.WebhookSecret)
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway.DeliverToHandler(webhook.NewHandler(verifier, box.Handle, ecomtrade24otel.Webhook(telemetry...)))

	ctx, click := record.tracers.Tracer("shop").Start(context.Background(), "buy") // on a server otelhttp starts this span
	gateway.FailCalls(1, http.StatusServiceUnavailable)
	session, err := client.CreateSession(ctx, ecomtrade24otel.WithTrace(ctx, ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: "ORDER-10001",
	}))
	click.End()
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway.Pay(session.ID)

	record.tree(os.Stdout, "ecomtrade24.outcome", "http.response.status_code", "ecomtrade24.changes")
	// Output:
	// buy
	//   ecomtrade24 create session ok
	//     POST /gateway/session.php 503
	//     POST /gateway/session.php 200
	//   ecomtrade24 webhook handled ["paid"]
	//     ecomtrade24 inbox changed ["paid"]
}
