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

type recordFlags struct {
	addr, out, secretFile string
	response, count       int
}

func (a *app) recordCommand() *cobra.Command {
	var f recordFlags
	cmd := &cobra.Command{
		Use:   "record --out FILE",
		Short: "Store incoming webhooks, to replay them later",
		Long: `Listen for webhooks and append each to FILE as a line of JSON: path, query,
headers, the exact body, and whether the signature is valid. Without a secret
(environment or --secret-file) it does not check signatures. It stores every
delivery and gives all the same response. Of a body that is over 1 MiB or ends
early it stores the beginning, marked "incomplete", which cannot be replayed. It
prints no content of unverified deliveries.

The file contains buyers' data. If record creates it, only you can read it.`,
		Example: `  ecomtrade24 record --out deliveries.jsonl
  ecomtrade24 record --out deliveries.jsonl --response 503 --count 3`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.record(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`FILE` to append the deliveries to")
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8025", "`ADDRESS` to listen on; port 0 picks a free one")
	flags.StringVar(&f.secretFile, "secret-file", "", "`FILE` with the webhook secret ("+envWebhookSecret+")")
	flags.IntVar(&f.response, "response", http.StatusOK, "`STATUS` to respond with")
	flags.IntVar(&f.count, "count", 0, "stop after `N` deliveries; 0 means no limit")
	return cmd
}

// recorded is a stored delivery.
type recorded struct {
	ReceivedAt time.Time   `json:"received_at"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Query      string      `json:"query,omitempty"`
	Header     http.Header `json:"header"`
	Body       string      `json:"body,omitempty"`       // set if the body is text
	Base64     []byte      `json:"base64,omitempty"`     // set if the body is not text
	Incomplete string      `json:"incomplete,omitempty"` // why the body is incomplete
	Verified   *bool       `json:"verified"`             // null if the secret or part of the body is missing
	Sandbox    bool        `json:"sandbox,omitempty"`    // true if verified with the sandbox's default secret
	Why        []string    `json:"why,omitempty"`        // why the delivery is not verified

	line int // line number in the file
}

func (r *recorded) verified() bool { return r.Verified != nil && *r.Verified }

// event returns the event of a verified delivery, or nil. Unverified bodies are neither decoded nor printed.
func (r *recorded) event() *ecomtrade24.Event {
	var ev ecomtrade24.Event
	if !r.verified() || ev.UnmarshalJSON(r.content()) != nil {
		return nil
	}
	return &ev
}

// content returns the exact body.
func (r *recorded) content() []byte {
	if len(r.Base64) > 0 {
		return r.Base64
	}
	return []byte(r.Body)
}

func (a *app) record(ctx context.Context, f recordFlags) error {
	switch {
	case f.out == "":
		return usage("set --out to a file for the deliveries, such as --out deliveries.jsonl")
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
		return cannotOpen("--out", err, "name a writable file in an existing folder")
	}
	defer r.file.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return cannotListen(err)
	}
	url := reachable(listener.Addr())
	a.print(map[string]string{"url": url}, "Send webhooks to "+url+"/ (any path). Stop with Ctrl-C.\n\n")
	if err := serve(ctx, listener, r); err != nil {
		return err
	}
	return r.failed
}
