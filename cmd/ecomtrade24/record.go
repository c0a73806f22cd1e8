package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// recordFlags are those of record.
type recordFlags struct {
	addr, out, secretFile string
	response, count       int
}

func (a *app) recordCommand() *cobra.Command {
	var f recordFlags
	cmd := &cobra.Command{
		Use:   "record --out FILE",
		Short: "Store the webhooks that arrive, to replay them later",
		Long: `Listen for webhooks and store each as it came: path, query, headers, the body
byte for byte, and whether the signature is right, as one JSON object a line at
the end of FILE. Without a secret (environment or --secret-file) the signature
is not checked. Every delivery is stored and gets the same response, verified or
not. Of a body over 1 MiB, or one that breaks off, the beginning is stored and
marked "incomplete", its signature is not checked, and it cannot be replayed. Of
what was not verified nothing is printed.

The file holds what the gateway sent, buyers' addresses too. Only you can read
it, if record has created it.`,
		Example: `  ecomtrade24 record --out deliveries.jsonl
  ecomtrade24 record --out deliveries.jsonl --response 503 --count 3`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.record(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.out, "out", "", "`FILE` to add the deliveries to")
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8025", "`ADDRESS` to listen on; port 0 picks a free one")
	flags.StringVar(&f.secretFile, "secret-file", "", "`FILE` with the webhook secret ("+envWebhookSecret+")")
	flags.IntVar(&f.response, "response", http.StatusOK, "`STATUS` to respond with")
	flags.IntVar(&f.count, "count", 0, "stop after `N` deliveries; 0 goes on")
	return cmd
}

// recorded is a delivery as it came.
type recorded struct {
	ReceivedAt time.Time   `json:"received_at"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Query      string      `json:"query,omitempty"`
	Header     http.Header `json:"header"`
	Body       string      `json:"body,omitempty"`       // if it is text
	Base64     []byte      `json:"base64,omitempty"`     // if it is not
	Incomplete string      `json:"incomplete,omitempty"` // why the body is only the beginning
	Verified   *bool       `json:"verified"`             // null if there was no secret, or no whole body
	Sandbox    bool        `json:"sandbox,omitempty"`    // verified under the sandbox's secret, which everybody knows
	Why        []string    `json:"why,omitempty"`        // it is not verified

	line int // of the file
}

func (r *recorded) verified() bool { return r.Verified != nil && *r.Verified }

// event is what a verified delivery says, or nil: what was not verified is not read, so that nothing of it is shown.
func (r *recorded) event() *ecomtrade24.Event {
	var ev ecomtrade24.Event
	if !r.verified() || ev.UnmarshalJSON(r.content()) != nil {
		return nil
	}
	return &ev
}

// content is the body, byte for byte.
func (r *recorded) content() []byte {
	if len(r.Base64) > 0 {
		return r.Base64
	}
	return []byte(r.Body)
}

func (a *app) record(ctx context.Context, f recordFlags) error {
	switch {
	case f.out == "":
		return usage("name the file to store in: --out deliveries.jsonl")
	case f.response < 200 || f.response > 599:
		return usage("--response must be a status from 200 to 599")
	case f.count < 0:
		return usage("--count must not be negative")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := &recorder{app: a, response: f.response, count: f.count, stop: stop}
	if secret, err := a.secret(f.secretFile, envWebhookSecret); err != nil {
		return err
	} else if secret != "" {
		if r.verifier, err = webhook.NewVerifier(secret); err != nil {
			return &usageError{err}
		}
		r.secret = secret
	}
	var err error
	if r.file, err = os.OpenFile(f.out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return cannotOpen("--out", err, "name a file to write to, in a folder that exists")
	}
	defer r.file.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return cannotListen(err)
	}
	url := reachable(listener.Addr())
	a.print(struct {
		URL string `json:"url"`
	}{url}, "Have webhooks delivered to "+url+"/ (any path). Stop with Ctrl-C.\n\n")
	if err := serve(ctx, listener, r); err != nil {
		return err
	}
	return r.failed
}
