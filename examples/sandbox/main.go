// Command sandbox serves a gateway to develop against: it takes the SDK's calls, shows the hosted page and sends signed
// webhooks. It keeps everything in memory, and no money moves.
//
//	go run ./examples/sandbox -webhook-url http://localhost:8080/webhook
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8024", "`address` to listen on; port 0 picks a free one")
	key := flags.String("key", "sandbox-key", "API `key` that the merchant sends")
	secret := flags.String("secret", "sandbox-secret", "webhook `secret`")
	target := flags.String("webhook-url", "",
		"`URL` of the merchant's webhook endpoint (default none: no webhooks are sent)")
	config := sandbox.Config{Attempts: 8, Backoff: time.Second}
	config.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	config.BaseURL, config.APIKey, config.WebhookSecret = baseURL(listener.Addr()), *key, *secret
	gateway, err := sandbox.New(config)
	if err != nil {
		return err
	}
	if *target != "" {
		if err := gateway.DeliverTo(*target); err != nil {
			return err
		}
	}
	if _, err := ecomtrade24.NewClient(config.BaseURL, *key); err != nil {
		return fmt.Errorf("these settings are of no use: %w", err)
	}
	describe(stdout, config, *target)
	return serve(ctx, stdout, listener, gateway)
}

// baseURL is where this machine reaches a listener.
func baseURL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + addr.String()
}

// describe prints the settings to copy.
func describe(w io.Writer, c sandbox.Config, target string) {
	if target == "" {
		target = "nowhere: give -webhook-url"
	}
	fmt.Fprintf(w, "The sandbox plays %s with %s. No money moves.\n\n", c.Deployment, c.Mode)
	fmt.Fprintf(w, "export ECOMTRADE24_BASE_URL=%s\n", c.BaseURL)
	fmt.Fprintf(w, "export ECOMTRADE24_API_KEY=%s\n", c.APIKey)
	fmt.Fprintf(w, "export ECOMTRADE24_WEBHOOK_SECRET=%s\n\n", c.WebhookSecret)
	fmt.Fprintf(w, "Webhooks go to    %s\nDeliveries are at %s/events\nStop with Ctrl-C.\n", target, c.BaseURL)
}

// serve ends when ctx does, after the requests and webhooks under way.
func serve(ctx context.Context, stdout io.Writer, listener net.Listener, gateway *sandbox.Gateway) error {
	server := &http.Server{Handler: gateway, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return errors.Join(err, gateway.Close())
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := server.Shutdown(ending)
	if left := gateway.Close(); left != nil {
		fmt.Fprintln(stdout, left)
	}
	fmt.Fprintln(stdout, "The sandbox has stopped.")
	return err
}
