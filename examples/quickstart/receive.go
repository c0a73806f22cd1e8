package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// byWebhook serves the shop's endpoint, plays the buyer at the fake gateway and returns the payment that its webhook
// reports.
func byWebhook(
	ctx context.Context, gateway *gatewaytest.Gateway, verifier *webhook.Verifier, sessionID string, out io.Writer,
) (*ecomtrade24.Payment, error) {
	events := make(chan *ecomtrade24.Event, 1)
	shop := receive(verifier, func(ev *ecomtrade24.Event) {
		select {
		case events <- ev:
		default: // a repeated delivery
		}
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: shop, ReadHeaderTimeout: 10 * time.Second}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // serves until Close

	gateway.DeliverTo("http://" + listener.Addr().String() + "/api/webhook")
	gateway.Pay(sessionID) // Pay returns after the shop has responded to the webhook
	select {
	case ev := <-events:
		fmt.Fprintf(out, "the buyer has paid, and a webhook with a valid signature says: order %s is %s\n",
			ev.OrderID, ev.Status)
		return &ev.Payment, nil
	default:
		return nil, errors.New("no webhook with a valid signature arrived")
	}
}

// receive returns the endpoint's handler, which invokes the function take only for events that the gateway has signed.
func receive(verifier *webhook.Verifier, take func(*ecomtrade24.Event)) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /api/webhook", webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
		take(ev)
		return nil // 200; an error would give 500, and the gateway would deliver again
	}))
	return mux
}

// byStatus polls a real gateway until the payment's status is final, since the gateway's webhooks cannot reach a
// loopback address. A shop does this only if a webhook is late.
func byStatus(
	ctx context.Context, client *ecomtrade24.Client, sessionID string, out io.Writer,
) (*ecomtrade24.Payment, error) {
	fmt.Fprintln(out, "open this URL in a browser and pay; waiting for the gateway's status (press Ctrl-C to stop)")
	status, err := client.Wait(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "the gateway says: order %s is %s\n", status.OrderID, status.Status)
	return &status.Payment, nil
}
