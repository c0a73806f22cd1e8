package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// What a sandbox takes for key and secret where nothing else is set. They protect nothing, so they may be shown.
const (
	sandboxKey    = "sandbox-key"
	sandboxSecret = "sandbox-secret"
)

// sandboxFlags are those of sandbox.
type sandboxFlags struct {
	addr, key, keyFile, secret, secretFile, webhookURL, state string
	keyGiven, secretGiven, yes                                bool
	config                                                    sandbox.Config
}

func (a *app) sandboxCommand() *cobra.Command {
	f := sandboxFlags{config: sandbox.Config{Attempts: 8, Backoff: time.Second}}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a gateway to develop against",
		Long: `Serve a gateway to develop against: it takes the SDK's calls, shows the checkout
page to click through, and sends signed webhooks, which it prints as they
happen. /events shows them in a browser, and sends them again. No money moves.

It expects the API key ` + sandboxKey + ` and signs with ` + sandboxSecret + `, unless you set
others. --key and --secret show in the list of processes: make their values up.
--state keeps sessions, not deliveries.`,
		Example: `  ecomtrade24 sandbox --webhook-url http://localhost:8080/api/webhook
  ecomtrade24 sandbox --mode smart_routing --methods card,upi,-pix`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.keyGiven, f.secretGiven = cmd.Flags().Changed("key"), cmd.Flags().Changed("secret")
			if name := a.setting("", envDeployment); name != "" && !cmd.Flags().Changed("deployment") {
				f.config.Deployment = ecomtrade24.Deployment(name)
			}
			return a.sandbox(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8024", "`ADDRESS` to listen on; port 0 picks a free one")
	flags.StringVar(&f.webhookURL, "webhook-url", "",
		"`URL` of the webhook endpoint ("+envWebhookURL+"); without one no webhooks are sent")
	flags.BoolVar(&f.yes, "yes", false, "deliver to another machine than this one")
	flags.StringVar(&f.state, "state", "", "`FILE` that keeps the sessions over a restart")
	gateway := flag.NewFlagSet("", flag.ContinueOnError)
	f.config.AddFlags(gateway)
	flags.AddGoFlagSet(gateway)
	flags.StringVar(&f.key, "key", "", "made-up API `KEY` to expect")
	flags.StringVar(&f.keyFile, "key-file", "", "`FILE` with the API key to expect ("+envAPIKey+")")
	flags.StringVar(&f.secret, "secret", "", "made-up webhook `SECRET` to sign with")
	flags.StringVar(&f.secretFile, "secret-file", "", "`FILE` with the webhook secret ("+envWebhookSecret+")")
	return cmd
}

func (a *app) sandbox(ctx context.Context, f sandboxFlags) error {
	target := a.setting(f.webhookURL, envWebhookURL)
	if target != "" {
		if err := checkTarget(target, f.yes); err != nil {
			return err
		}
	}
	var err error
	if f.config.APIKey, err = a.made(f.keyGiven, f.key, f.keyFile, envAPIKey, sandboxKey); err != nil {
		return err
	}
	f.config.WebhookSecret, err = a.made(f.secretGiven, f.secret, f.secretFile, envWebhookSecret, sandboxSecret)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return cannotListen(err)
	}
	defer listener.Close()
	f.config.BaseURL = reachable(listener.Addr())
	if _, err := ecomtrade24.NewClient(f.config.BaseURL, f.config.APIKey); err != nil {
		return &usageError{err}
	}
	kept := newKeeper(f.state)
	f.config.Delivered = func(d courier.Delivery) {
		a.printDelivery(d)
		kept.save()
	}
	gateway, err := sandbox.New(f.config)
	if err != nil {
		return &usageError{err}
	}
	if target != "" {
		if err := gateway.Courier().DeliverTo(target); err != nil {
			return &usageError{err}
		}
	}
	if err := kept.attach(gateway); err != nil {
		return err
	}
	a.describe(f.config, target)
	return a.serveSandbox(ctx, listener, gateway, kept)
}

// made is the key or secret of a sandbox: the flag's, the file's or the setting's, or the one that everybody knows.
func (a *app) made(given bool, value, file, env, known string) (string, error) {
	if given {
		return value, nil
	}
	value, err := a.secret(file, env)
	return cmp.Or(value, known), err
}

// reachable is where this machine reaches a listener.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + addr.String()
}

// serveSandbox ends when ctx does, after the requests and webhooks under way.
func (a *app) serveSandbox(ctx context.Context, l net.Listener, gateway *sandbox.Gateway, kept *keeper) error {
	err := serve(ctx, l, kept.handler(gateway))
	left := gateway.Close()
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

// serve answers with handler until ctx ends, and then finishes the requests under way.
func serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
