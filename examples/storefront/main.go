// Command storefront is a shop as a merchant would run it: orders in a database, webhooks through the inbox, receipts
// by a queue, lost webhooks recovered, and pages for the shopkeeper.
//
//	go run . -demo                        a gateway in this process and SQLite in a new temporary folder
//	go run . -demo -mode smart_routing    the same on a Pro or Unlimited plan
//
// Settings come from the environment; settings.go lists them. ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and
// ECOMTRADE24_WEBHOOK_SECRET set the gateway, a real one or "ecomtrade24 sandbox". DATA_DIR keeps the orders in a
// folder, and DATABASE_URL in PostgreSQL, for any number of processes. README.md says what to change first, and the
// SDK's docs/going-live.md says what else a live shop needs.
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
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "storefront:", err)
		os.Exit(1)
	}
}

// run serves the shop until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	set, err := readSettings(args, getenv, stderr)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", set.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	here := "http://" + listener.Addr().String()
	if set.publicURL == "" {
		set.publicURL = here
	}
	if set.demo.on {
		gateway, err := set.demo.start(&set, here+"/api/webhook", stdout)
		if err != nil {
			return err
		}
		defer gateway.Close() //nolint:contextcheck // close the gateway even after ctx has ended
	}
	s, err := newShop(ctx, set, log)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Fprintf(stdout, "data: %s\nlistening: %s\n", cmp.Or(set.dataDir, "PostgreSQL"), here)
	if set.adminPassword != "" {
		fmt.Fprintf(stdout, "admin: %s/admin\n", set.publicURL)
	}
	fmt.Fprintf(stdout, "shop: %s/\nPress Ctrl-C to stop\n", set.publicURL)
	return s.serve(ctx, listener)
}

// serve runs the queue and serves requests until ctx ends. Then it drains: during drainFor, /readyz responds 503 but
// the shop still accepts requests, so that a load balancer sends new requests elsewhere. At the end it waits for
// running requests with their open transactions, then for webhooks whose sender has hung up, and then for the jobs.
func (s *shop) serve(ctx context.Context, listener net.Listener) error {
	lasting := context.WithoutCancel(ctx)
	if err := s.queue.Start(lasting); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.ready.Store(true)
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.ready.Store(false)
		select {
		case err = <-served:
		case <-time.After(s.drainFor):
		}
	}
	close(s.stopping) // ends the streams of order pages
	ending, cancel := context.WithTimeout(lasting, 20*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ending), s.hook.Wait(ending), s.queue.Stop(ending))
}
