package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

type triggerFlags struct {
	targetFlags
	formatFlags

	order            order
	secretFile       string
	repeat, parallel int
	timeout          time.Duration
}

func (a *app) triggerCommand() *cobra.Command {
	var f triggerFlags
	cmd := &cobra.Command{
		Use:   "trigger EVENT",
		Short: "Sign a webhook and post it to your endpoint",
		Long: `Sign a webhook as the gateway does, post it to your endpoint, and print the
response and how long it took. The events:

` + kindTable() + `
With --session, and if gateway and key are set, order, amount and currency come
from that session. The exit code is 1 if a response is not what a correct
endpoint responds. trigger does not see what the endpoint did with the order.`,
		Example: `  ecomtrade24 trigger paid --to http://localhost:8080/api/webhook
  ecomtrade24 trigger paid --order ORDER-7 --repeat 20 --parallel 4`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("pass one event: " + strings.Join(kindNames(), ", "))
			}
			return nil
		},
		ValidArgs: kindNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("session") {
				if err := a.ofSession(cmd, &f.order); err != nil {
					return err
				}
			}
			return a.trigger(cmd.Context(), f, args[0])
		},
	}
	flags := cmd.Flags()
	f.targetFlags.add(cmd)
	flags.StringVar(&f.secretFile, "secret-file", "", "`FILE` with the webhook secret ("+envWebhookSecret+")")
	flags.StringVar(&f.order.id, "order", "ORDER-10001", "the shop's order `ID`")
	flags.StringVar(&f.order.amount, "amount", "49.95", "decimal `AMOUNT`")
	flags.StringVar(&f.order.currency, "currency", "USD", "`CODE` of the currency")
	flags.StringVar(&f.order.session, "session", "12345", "the gateway's `ID` of the session")
	flags.StringVar(&f.order.email, "email", "", "the buyer's `ADDRESS`")
	flags.StringVar(&f.order.domain, "domain", "", "the shop's `NAME` ("+envDomain+")")
	flags.DurationVar(&f.order.age, "age", 72*time.Hour, "`TIME` since a stale event was sent")
	flags.IntVar(&f.repeat, "repeat", 1, "deliver the webhook `N` times")
	flags.IntVar(&f.parallel, "parallel", 1, "`N` deliveries at the same time")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "`TIME` to wait for each response")
	f.formatFlags.add(cmd)
	return cmd
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func kindTable() string {
	var b strings.Builder
	for _, k := range kinds() {
		fmt.Fprintf(&b, "  %-16s%s\n", k.name, k.what)
	}
	return b.String()
}

func (a *app) trigger(ctx context.Context, f triggerFlags, name string) error {
	k, secret, err := a.prepare(&f, name)
	if err != nil {
		return err
	}
	to, err := a.target(f.targetFlags)
	if err != nil {
		return err
	}
	if !a.json {
		fmt.Fprintf(a.out, "Posts %s to %s: %s\n", k.name, guard.Line(guard.URL(to), 60), guard.Line(k.says(f.order), 120))
	}
	sender := delivery.NewSender(f.timeout)
	defer sender.Close()
	work := make(chan int)
	var mu sync.Mutex // mu guards the output and the records
	var records []triggered
	var workers sync.WaitGroup
	for range min(f.parallel, f.repeat) {
		workers.Go(func() {
			for n := range work {
				body, signature := k.sign(f.order, f.format, secret, time.Now())
				header := delivery.Header()
				header.Set(f.format.Header, signature)
				r := k.record(n, sender.Post(ctx, to, header, body))
				mu.Lock()
				records = append(records, r)
				a.print(r, a.triggerLine(r))
				mu.Unlock()
			}
		})
	}
	for n := 1; n <= f.repeat && ctx.Err() == nil; n++ {
		work <- n
	}
	close(work)
	workers.Wait()
	return a.summary(records)
}

// ofSession looks up the session and fills in the fields that no flag sets. Without a gateway and key, it does nothing.
func (a *app) ofSession(cmd *cobra.Command, o *order) error {
	if a.setting("", envBaseURL) == "" || a.setting("", envAPIKey) == "" {
		return nil
	}
	return a.call(clientFlags{}, func(client *ecomtrade24.Client) error {
		s, err := client.Status(cmd.Context(), o.session)
		if err != nil {
			return err
		}
		for name, value := range map[string]struct{ to, from *string }{
			"order": {&o.id, &s.OrderID}, "amount": {&o.amount, (*string)(&s.Amount)}, "currency": {&o.currency, &s.Currency},
			"email": {&o.email, &s.CustomerEmail}, "domain": {&o.domain, &s.Domain},
		} {
			if !cmd.Flags().Changed(name) && (name != "domain" || *value.from != "") {
				*value.to = *value.from
			}
		}
		return nil
	})
}

// prepare checks all arguments before anything is sent.
func (a *app) prepare(f *triggerFlags, name string) (k kind, secret string, err error) {
	k, found := findKind(strings.NewReplacer("_", "-", " ", "-").Replace(name))
	switch {
	case !found:
		err = usage("unknown event: use one of " + strings.Join(kindNames(), ", "))
	case f.repeat < 1 || f.parallel < 1:
		err = usage("--repeat and --parallel must be 1 or more")
	case f.timeout <= 0 || f.order.age < 0:
		err = usage("--timeout must be positive, and --age not negative")
	case !ecomtrade24.Amount(f.order.amount).Valid():
		err = usage("--amount must be a decimal, such as 49.95")
	case f.order.id == "" || f.order.session == "" || f.order.currency == "":
		err = usage("--order, --session and --currency must not be empty")
	}
	if err = cmp.Or(err, f.check()); err != nil {
		return k, "", err
	}
	f.order.domain = cmp.Or(a.setting(f.order.domain, envDomain), "shop.example")
	secret, err = a.webhookSecret(f.secretFile)
	return k, secret, err
}
