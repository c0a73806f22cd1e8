// Command quickstart takes one payment from start to finish: it creates a session, receives the signed webhook and
// checks that the payment settles the order. It needs no setup:
//
//	go run ./examples/quickstart
//
// If ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET are set, it creates the session at that
// gateway instead, and you pay in a browser.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run returns nil only if the order is paid.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(out)
	order := flags.String("order", "ORDER-10001", "order `id`; use a new one for each run")
	domain := flags.String("domain", "merchant-store.example", "approved `domain` of the merchant")
	method := flags.String("method", "", "`method` to pay with, for Smart Routing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, local, err := connect(getenv, *domain)
	if err != nil {
		return err
	}
	if local != nil {
		defer local.Close() //nolint:contextcheck // close the gateway even after ctx has ended
		fmt.Fprintln(out, "no ECOMTRADE24_ settings: using a gateway in this process, where no money moves")
	}
	client, err := ecomtrade24.NewClient(s.baseURL, s.key)
	if err != nil {
		return err
	}
	verifier, err := webhook.NewVerifier(s.secret)
	if err != nil {
		return err
	}

	due := ecomtrade24.Order{ID: *order, Amount: "49.95", Currency: "USD"} // from the shop's own records
	session, err := client.Checkout(ctx, ecomtrade24.SessionParams{
		Domain: *domain, Amount: due.Amount, Currency: due.Currency, OrderID: due.ID, Method: *method,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "session %s created; the buyer pays at %s\n", session.ID, session.CheckoutURL)
	var payment *ecomtrade24.Payment
	if local != nil {
		payment, err = byWebhook(ctx, local, verifier, session.ID, out)
	} else {
		payment, err = byStatus(ctx, client, session.ID, out)
	}
	if err != nil {
		return err
	}
	if err := payment.Settles(due); err != nil {
		return err
	}
	fmt.Fprintf(out, "the payment settles what is due: %s %s\norder %s is paid\n", due.Amount, due.Currency, due.ID)
	return nil
}

// settings are the merchant's settings from the gateway.
type settings struct{ baseURL, key, secret string }

// connect reads the settings from the environment. If none are set, it starts a fake gateway in this process; the
// caller closes the gateway.
func connect(getenv func(string) string, domain string) (settings, *gatewaytest.Gateway, error) {
	s := settings{getenv("ECOMTRADE24_BASE_URL"), getenv("ECOMTRADE24_API_KEY"), getenv("ECOMTRADE24_WEBHOOK_SECRET")}
	if s == (settings{}) {
		local, err := gatewaytest.Start(gatewaytest.WithDomains(domain))
		if err != nil {
			return s, nil, err
		}
		return settings{local.URL, local.APIKey, local.WebhookSecret}, local, nil
	}
	if s.baseURL == "" || s.key == "" || s.secret == "" {
		return s, nil, errors.New(
			"set all of ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET, or none of them")
	}
	return s, nil, nil
}
