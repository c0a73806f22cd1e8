// Command shop is a small shop that takes payments on either plan. With Smart Routing, the shop asks how to pay; with
// hosted checkout, the gateway's page asks.
//
//	go run ./examples/shop                        with a fake gateway in this process, where no money moves
//	go run ./examples/shop -mode smart_routing    the same on a Pro or Unlimited plan
//
// If ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET are set, the shop uses that gateway. For
// EcomTrade24 Pay, set ECOMTRADE24_DEPLOYMENT=ecomtrade24pay too. The shop keeps its orders in memory;
// examples/storefront keeps them in a database.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves the shop until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 picks a free one")
	public := flags.String("url", "", "the shop's `URL` as buyers see it (default: the URL of -addr)")
	domain := flags.String("domain", "merchant-store.example", "approved `domain` of the merchant")
	mode := flags.String("mode", string(ecomtrade24.ModeHostedCheckout),
		"the built-in gateway's `plan`: hosted_checkout or smart_routing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	here := "http://" + listener.Addr().String()
	url := strings.TrimRight(cmp.Or(*public, here), "/")
	s, local, err := connect(getenv, *domain, ecomtrade24.IntegrationMode(*mode))
	if err != nil {
		return err
	}
	if local != nil {
		defer local.Close() //nolint:contextcheck // close the gateway even after ctx has ended
		local.DeliverTo(here + "/api/webhook")
		fmt.Fprintf(stdout, "no ECOMTRADE24_ settings: using a fake gateway in this process, where no money moves: %s/\n",
			local.URL)
	}
	shop, err := newShop(s, url, *domain, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "shop: %s/\nwebhook: %s/api/webhook\nPress Ctrl-C to stop\n", url, url)
	return serve(ctx, listener, shop, shop.hook.Wait)
}

// serve runs until ctx ends. Then it waits for the running requests, and for webhooks whose sender has hung up.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, wait func(context.Context) error) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(ending), wait(ending))
}
