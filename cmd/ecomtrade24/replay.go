package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// replayFlags are those of replay.
type replayFlags struct {
	targetFlags

	secretFile      string
	secret, shuffle bool
	seed            uint64
	timeout         time.Duration
}

func (a *app) replayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Deliver recorded webhooks again, to another endpoint",
		Long: `Deliver the webhooks that record has stored in FILE to another endpoint, with
the signatures that they came with, or signed again: --secret uses the secret of
` + envWebhookSecret + `, --secret-file that of a file. Bodies never change.

It exits with 1 if a delivery is not answered with 2xx.`,
		Example: `  ecomtrade24 replay deliveries.jsonl --to http://localhost:8080/api/webhook
  ecomtrade24 replay deliveries.jsonl --secret --shuffle --seed 7`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one file that record has stored; --secret takes no value")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = rand.Uint64() //nolint:gosec // an order of deliveries guards nothing
			}
			return a.replay(cmd.Context(), f, args[0])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.add(cmd)
	flags.BoolVar(&f.secret, "secret", false, "sign again, with the secret of "+envWebhookSecret)
	flags.StringVar(&f.secretFile, "secret-file", "", "sign again, with the secret in this `FILE`")
	flags.BoolVar(&f.shuffle, "shuffle", false, "deliver in another order")
	flags.Uint64Var(&f.seed, "seed", 0, "`N` that the order depends on (default: another each time)")
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
	deliveries, err := readRecorded(file)
	if err != nil {
		return err
	}
	order := make([]int, len(deliveries))
	for i := range order {
		order[i] = i
	}
	if f.shuffle {
		random := rand.New(rand.NewPCG(f.seed, f.seed)) //nolint:gosec // an order of deliveries guards nothing
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
		response := sender.Post(ctx, to, replayed(d, secret), d.content(), false)
		if ctx.Err() != nil {
			break
		}
		r := wanted.record(i+1, response)
		var ev ecomtrade24.Event
		if ev.UnmarshalJSON(d.content()) == nil {
			r.Status, r.OrderID = string(ev.Status), ev.OrderID
		}
		records = append(records, r)
		a.print(r, a.triggerLine(r))
	}
	return a.summary(records)
}

// readRecorded reads what record has stored.
func readRecorded(name string) ([]recorded, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, cannotOpen("replay", err, "name a file that record has stored")
	}
	defer file.Close()
	var all []recorded
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 8*largestRecorded)
	for n := 1; lines.Scan(); n++ {
		var d recorded
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if json.Unmarshal(lines.Bytes(), &d) != nil || d.Method == "" {
			return nil, usage(fmt.Sprintf("replay: line %d of the file is not one that record has stored", n))
		}
		if d.Incomplete != "" {
			return nil, usage(fmt.Sprintf("replay: line %d of the file is not a whole delivery (%.40s): remove the line",
				n, d.Incomplete))
		}
		all = append(all, d)
	}
	switch {
	case lines.Err() != nil:
		return nil, cannotOpen("replay", lines.Err(), "name a file that record has stored")
	case len(all) == 0:
		return nil, usage("replay: the file holds no deliveries: name one that record has stored")
	}
	return all, nil
}

// replayed are the headers to deliver with: those that came, without what belongs to the connection that they came
// over. With a secret each signature is made again, in the header and the form that it had.
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
			h[name][i] = courier.SignatureForm{Prefix: strings.HasPrefix(value, "sha256=")}.Value(secret, d.content())
			signed = true
		}
	}
	if !signed {
		h.Set(webhook.SignatureHeaders()[0], courier.SignatureForm{}.Value(secret, d.content()))
	}
	return h
}

func connectionHeaders() []string {
	return []string{
		"Accept-Encoding", "Authorization", "Connection", "Content-Length", "Cookie", "Host", "Keep-Alive",
		"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}
}
