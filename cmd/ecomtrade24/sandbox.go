package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// The sandbox's default key and secret. They protect nothing, so they may be shown.
const (
	sandboxKey    = "sandbox-key"
	sandboxSecret = "sandbox-secret"
)

// gatewayFlags configure the fake gateway and its address.
type gatewayFlags struct {
	addr, key, keyFile, secret, secretFile string
	config                                 sandbox.Config
}

func (f *gatewayFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8024", "`ADDRESS` to listen on; port 0 picks a free one")
	gateway := flag.NewFlagSet("", flag.ContinueOnError)
	f.config.AddFlags(gateway)
	flags.AddGoFlagSet(gateway)
	flags.StringVar(&f.key, "key", "", "made-up API `KEY` to accept")
	flags.StringVar(&f.keyFile, "key-file", "", "`FILE` with the API key to accept ("+envAPIKey+")")
	flags.StringVar(&f.secret, "secret", "", "made-up webhook `SECRET` to sign with")
	flags.StringVar(&f.secretFile, "secret-file", "", "`FILE` with the webhook secret ("+envWebhookSecret+")")
}

// firstSession returns a session ID above those of all earlier sandboxes. Otherwise session IDs would repeat, and a
// shop with an old database would mix up payments. The ID counts microseconds, since no sandbox creates more than one
// session in a microsecond. It stays below 2^53 until 2311.
func firstSession(now time.Time) int64 {
	return max(1, now.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds())
}

type sandboxFlags struct {
	gatewayFlags

	webhookURLs []string // URL, or DOMAIN=URL
	state       string
	yes         bool
}

func (a *app) sandboxCommand() *cobra.Command {
	f := sandboxFlags{gatewayFlags: gatewayFlags{config: sandbox.Config{
		Attempts: 8, Backoff: time.Second, KeepBytes: 4 << 10, KeepTotal: 64 << 20,
	}}}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a fake gateway to develop against",
		Long: `Run a fake gateway to develop against: it serves the API and a checkout page,
and sends signed webhooks. It prints each call and delivery. Open its address in
a browser to inspect them, to pay or decline sessions, and to simulate failures.
No money moves.

It expects the API key ` + sandboxKey + ` and signs with ` + sandboxSecret + `, unless you set
others. Use only made-up values for --key and --secret: they are visible in the
list of processes. --state keeps sessions but no deliveries.`,
		Example: `  ecomtrade24 sandbox --webhook-url http://localhost:8080/api/webhook
  ecomtrade24 sandbox --mode smart_routing --methods card,upi,-pix`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.sandbox(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.webhookURLs, "webhook-url", nil,
		"`URL` of the webhook endpoint ("+envWebhookURL+"); if not set, no webhooks are sent.\n"+
			"Repeat the flag with DOMAIN=URL for each domain that has its own endpoint")
	flags.BoolVar(&f.yes, "yes", false, "allow an endpoint on another machine")
	flags.StringVar(&f.state, "state", "", "`FILE` that keeps the sessions across restarts")
	flags.Int64Var(&f.config.FirstSession, "first-session", 0,
		"`ID` of the first session (default above all IDs of earlier sandboxes)")
	f.add(cmd)
	return cmd
}

func (a *app) sandbox(cmd *cobra.Command, f sandboxFlags) error {
	ctx := cmd.Context()
	targets, err := a.webhookTargets(f)
	if err != nil {
		return err
	}
	listener, err := a.listen(cmd, &f.gatewayFlags)
	if err != nil {
		return err
	}
	defer listener.Close()
	kept := newKeeper(f.state)
	f.config.Called = a.printCall
	f.config.Delivered = func(d sandbox.Delivery) {
		a.printDelivery(d)
		kept.save()
	}
	gateway, err := sandbox.New(f.config)
	if err != nil {
		return &usageError{err}
	}
	for _, t := range targets {
		if err := gateway.DeliverDomainTo(t.domain, t.url); err != nil {
			return &usageError{err}
		}
	}
	if err := kept.attach(gateway); err != nil {
		return err
	}
	a.describe(f.config, gateway.Targets())
	return a.serveSandbox(ctx, listener, gateway, kept)
}

// webhookTarget is the URL for a domain's webhooks. Domain "" means all other domains.
type webhookTarget struct{ domain, url string }

// webhookTargets reads --webhook-url, or the environment if the flag is not set.
func (a *app) webhookTargets(f sandboxFlags) (targets []webhookTarget, err error) {
	urls := f.webhookURLs
	if to := a.setting("", envWebhookURL); len(urls) == 0 && to != "" {
		urls = []string{to}
	}
	for _, text := range urls {
		t := webhookTarget{url: text}
		if domain, to, found := strings.Cut(text, "="); found && !strings.Contains(domain, "/") {
			t = webhookTarget{domain, to}
		}
		if err := checkTarget(t.url, f.yes); err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// listen completes the gateway's configuration and opens its port.
func (a *app) listen(cmd *cobra.Command, f *gatewayFlags) (l net.Listener, err error) {
	given := cmd.Flags().Changed
	if name := a.setting("", envDeployment); name != "" && !given("deployment") {
		f.config.Deployment = ecomtrade24.Deployment(name)
	}
	if f.config.APIKey, err = a.made(given("key"), f.key, f.keyFile, envAPIKey, sandboxKey); err != nil {
		return nil, err
	}
	f.config.WebhookSecret, err = a.made(given("secret"), f.secret, f.secretFile, envWebhookSecret, sandboxSecret)
	if err != nil {
		return nil, err
	}
	l, err = new(net.ListenConfig).Listen(cmd.Context(), "tcp", f.addr)
	if err != nil {
		return nil, cannotListen(err)
	}
	f.config.BaseURL = reachable(l.Addr())
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		f.config.Open = !tcp.IP.IsLoopback()
	}
	if f.config.FirstSession == 0 {
		f.config.FirstSession = firstSession(time.Now())
	}
	if _, err := ecomtrade24.NewClient(f.config.BaseURL, f.config.APIKey); err != nil {
		return nil, &usageError{errors.Join(err, l.Close())}
	}
	return l, nil
}

// made returns the sandbox's key or secret from the first of these that is set: the flag, the file, the setting, the
// default.
func (a *app) made(given bool, value, file, env, known string) (string, error) {
	if given {
		return value, nil
	}
	value, err := a.secret(file, env)
	return cmp.Or(value, known), err
}

// reachable returns a URL at which this machine can reach the listener.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + addr.String()
}

// serveSandbox serves until ctx ends, and then finishes the requests and webhooks in progress.
func (a *app) serveSandbox(ctx context.Context, l net.Listener, gateway *sandbox.Gateway, kept *keeper) error {
	err := serve(ctx, l, kept.handler(gateway), gateway.EndRequests)
	left := gateway.Close() //nolint:contextcheck // Close runs after ctx has ended
	kept.save()
	text := "The sandbox has stopped.\n"
	record := struct {
		Stopped bool   `json:"stopped"`
		Left    string `json:"left,omitempty"`
	}{Stopped: true}
	if left != nil {
		record.Left, text = left.Error(), left.Error()+"\n"+text
	}
	a.print(record, text)
	return errors.Join(err, kept.err())
}

// serve serves handler until ctx ends. Then it finishes the requests in progress and invokes the functions in ends,
// which stop requests that would never finish.
func serve(ctx context.Context, l net.Listener, handler http.Handler, ends ...func()) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	for _, end := range append(ends, unused(server)) {
		server.RegisterOnShutdown(end)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ending); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close() // the remaining requests had enough time
}

// unused returns a function that closes each connection on which no request has arrived yet: browsers open connections
// in advance.
func unused(server *http.Server) func() {
	var conns sync.Map
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Store(conn, true)
		} else {
			conns.Delete(conn)
		}
	}
	return func() {
		conns.Range(func(conn, _ any) bool {
			_ = conn.(net.Conn).Close()
			return true
		})
	}
}
