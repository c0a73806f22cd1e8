package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

type replayFlags struct {
	targetFlags

	secretFile      string
	secret, shuffle bool
	signLines       []int
	seed            uint64
	timeout         time.Duration
}

func (a *app) replayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Deliver recorded webhooks to another endpoint",
		Long: `Deliver the webhooks that record stored in FILE to another endpoint. They keep
their signatures, or are signed again: --secret uses the secret in
` + envWebhookSecret + `, and --secret-file the one in a file. Bodies never
change.

Only verified deliveries are signed again, since anyone can send to record's
port. To sign an unverified one that you have checked, use --sign-line. Replay
skips other unverified deliveries, and incomplete ones.

The exit code is 1 if a response is not 2xx.`,
		Example: `  ecomtrade24 replay deliveries.jsonl --to http://localhost:8080/api/webhook
  ecomtrade24 replay deliveries.jsonl --secret --shuffle --seed 7`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("pass one file that record created; --secret takes no value")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = rand.Uint64() //nolint:gosec // not security-relevant
			}
			return a.replay(cmd.Context(), f, args[0])
		},
	}
	flags := cmd.Flags()
	f.add(cmd)
	flags.BoolVar(&f.secret, "secret", false, "sign again with the secret in "+envWebhookSecret)
	flags.StringVar(&f.secretFile, "secret-file", "", "sign again with the secret in this `FILE`")
	flags.IntSliceVar(&f.signLines, "sign-line", nil,
		"also sign the unverified delivery in this `LINE` of the file; may be repeated")
	flags.BoolVar(&f.shuffle, "shuffle", false, "deliver in random sequence")
	flags.Uint64Var(&f.seed, "seed", 0, "seed `N` of the random sequence (default random)")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "`TIME` to wait for each response")
	return cmd
}

func (a *app) replay(ctx context.Context, f replayFlags, file string) error {
	to, err := a.target(f.targetFlags)
	if err != nil {
		return err
	}
	if f.timeout <= 0 {
		return usage("--timeout must be positive")
	}
	secret := ""
	if f.secret || f.secretFile != "" {
		if secret, err = a.webhookSecret(f.secretFile); err != nil {
			return err
		}
	}
	all, err := readRecorded(file)
	if err != nil {
		return err
	}
	if err := f.checkLines(all, secret != ""); err != nil {
		return err
	}
	deliveries, out := f.choose(all, secret)
	a.printLeftOut(out)
	order := make([]int, len(deliveries))
	for i := range order {
		order[i] = i
	}
	if f.shuffle {
		random := rand.New(rand.NewPCG(f.seed, f.seed)) //nolint:gosec // not security-relevant
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if !a.json {
			fmt.Fprintf(a.out, "shuffled with --seed %d\n", f.seed)
		}
	}
	sender := delivery.NewSender(f.timeout)
	defer sender.Close()
	wanted := kind{name: "replay", want: wantTaken}
	var records []triggered
	for _, i := range order {
		d := deliveries[i]
		response := sender.Post(ctx, to, replayed(d, secret), d.content())
		if ctx.Err() != nil {
			break
		}
		r := wanted.record(i+1, response)
		if ev := d.event(); ev != nil {
			r.Status, r.OrderID = string(ev.Status), ev.OrderID
		}
		records = append(records, r)
		a.print(r, a.triggerLine(r))
	}
	return a.summary(records)
}

type leftOut struct {
	Line int    `json:"skipped_line"`
	Why  string `json:"why"`
}

// choose returns the deliveries to replay and those to skip.
func (f *replayFlags) choose(all []recorded, secret string) (chosen []recorded, out []leftOut) {
	for _, d := range all {
		named := slices.Contains(f.signLines, d.line)
		switch {
		case d.Incomplete != "":
			out = append(out, leftOut{d.line, "it is incomplete"})
		case secret != "" && secret != sandboxSecret && d.Sandbox && !named:
			out = append(out, leftOut{d.line, "not signed with another secret, since it comes from a sandbox: see --sign-line"})
		case secret != "" && !d.verified() && !named:
			out = append(out, leftOut{d.line, "not signed, because it is not verified: see --sign-line"})
		default:
			chosen = append(chosen, d)
		}
	}
	return chosen, out
}

// checkLines rejects lines that cannot be signed.
func (f *replayFlags) checkLines(all []recorded, signs bool) error {
	for _, line := range f.signLines {
		switch {
		case !signs:
			return usage("--sign-line needs --secret or --secret-file")
		case !slices.ContainsFunc(all, func(d recorded) bool { return d.line == line && d.Incomplete == "" }):
			return usage(fmt.Sprintf("--sign-line: line %d of the file is not a complete delivery", line))
		}
	}
	return nil
}

func (a *app) printLeftOut(out []leftOut) {
	for _, l := range out {
		a.print(l, fmt.Sprintf("  skipped: line %d of the file: %s\n", l.Line, l.Why))
	}
	if len(out) > 0 && !a.json {
		fmt.Fprintf(a.out, "%d skipped\n", len(out))
	}
}

// readRecorded reads a file that the record command created.
func readRecorded(name string) ([]recorded, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, cannotOpen("replay", err, "name a file that record created")
	}
	defer file.Close()
	var all []recorded
	lines, end := bufio.NewReader(file), error(nil)
	for n := 1; end == nil; n++ {
		var line []byte
		if line, end = lines.ReadBytes('\n'); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		d := recorded{line: n}
		if json.Unmarshal(line, &d) != nil || d.Method == "" {
			return nil, usage(fmt.Sprintf("replay: line %d of the file was not written by record", n))
		}
		all = append(all, d)
	}
	switch {
	case !errors.Is(end, io.EOF):
		return nil, cannotOpen("replay", end, "name a file that record created")
	case len(all) == 0:
		return nil, usage("replay: the file contains no deliveries: name a file that record created")
	}
	return all, nil
}

// replayed returns the stored headers without those of the connection. If secret is not empty, replayed signs the body
// again and replaces each signature, keeping its header name and format.
func replayed(d recorded, secret string) http.Header {
	h := http.Header{}
	for name, values := range d.Header {
		name = http.CanonicalHeaderKey(name)
		if !slices.Contains(connectionHeaders(), name) {
			h[name] = slices.Clone(values)
		}
	}
	if secret == "" {
		return h
	}
	signed := false
	for _, name := range webhook.SignatureHeaders() {
		for i, value := range h[name] {
			h[name][i] = delivery.Format{Prefix: strings.HasPrefix(value, "sha256=")}.Sign(secret, d.content())
			signed = true
		}
	}
	if !signed {
		h.Set(webhook.SignatureHeaders()[0], delivery.Format{}.Sign(secret, d.content()))
	}
	return h
}

func connectionHeaders() []string {
	return []string{
		"Accept-Encoding", "Authorization", "Connection", "Content-Length", "Cookie", "Host", "Keep-Alive",
		"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}
}
