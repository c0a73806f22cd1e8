// Command hosted-checkout is a shop on the Free plan: the gateway's page asks how to pay.
//
//	go run ./examples/hosted-checkout
//
// Without the ECOMTRADE24_ settings in the environment it starts a gateway of its own, where no money moves.
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

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
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
	flags := flag.NewFlagSet("hosted-checkout", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 picks a free one")
	public := flags.String("url", "", "the shop's `URL` as buyers see it; the default is that of -addr")
	domain := flags.String("domain", "merchant-store.example", "approved `domain` of the merchant")
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
	s, local, err := connect(getenv, *domain)
	if err != nil {
		return err
	}
	if local != nil {
		defer local.Close() //nolint:contextcheck // it closes when ctx has ended too
		local.DeliverTo(here + "/api/webhook")
		fmt.Fprintf(stdout, "no ECOMTRADE24_ settings: using a gateway in this process, where no money moves: %s/events\n", local.URL)
	}
	shop, err := newShop(s, url, *domain, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "shop: %s/\nwebhook: %s/api/webhook\nCtrl-C ends it\n", url, url)
	return serve(ctx, listener, shop)
}

// settings are what the merchant has from the gateway.
type settings struct{ baseURL, key, secret string }

// connect reads the settings. Where the environment has none it starts a gateway in this process, for the caller to
// close.
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
		return s, nil, errors.New("set all of ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET, or none of them")
	}
	return s, nil, nil
}

// serve ends when ctx does, after the requests under way.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
