package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/doctor"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

type checkFlags struct {
	targetFlags
	clientFlags

	secretFile, domain, currency, email string
	create                              bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Find what is wrong with an integration, and how to fix it",
		Long: `Find what is wrong with an integration, and how to fix it. With --base-url it
checks the connection to the gateway: DNS, TLS, key, plan, methods and domain.
With --to it checks your webhook endpoint: whether it rejects forged webhooks
and accepts signed ones.

It calls only me.php on the gateway. --create also creates a session, which is
the only way to find out whether the domain is approved. Nobody pays the
session, so it expires.

Any 2xx response counts as accepted and any other as rejected, as it does for
the gateway. A response that takes longer than --timeout counts as too late; how
long the gateway itself waits is not known.

The endpoint gets up to ` + strconv.Itoa(doctor.MostDeliveries) + ` test events, which never mark an order paid.
They cannot show whether the shop compares order, amount and currency, applies a
real payment once, compares signatures in constant time, or takes too long with
a real payment. To check those, run drill against a test shop.

The exit code is 1 if a check failed.`,
		Example: `  ecomtrade24 check --to http://localhost:8080/api/webhook
  ecomtrade24 check --env-file .env --create`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.targetFlags.add(cmd)
	flags.StringVar(&f.secretFile, "secret-file", "", "`FILE` with the webhook secret ("+envWebhookSecret+")")
	f.clientFlags.add(cmd)
	flags.StringVar(&f.domain, "domain", "", "the shop's approved `NAME` ("+envDomain+")")
	flags.BoolVar(&f.create, "create", false, "create a session of 10.00 to check that the domain is approved")
	flags.StringVar(&f.currency, "currency", "USD", "currency `CODE` of the session that --create creates")
	flags.StringVar(&f.email, "email", "", "the buyer's `ADDRESS` in the session that --create creates")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "`TIME` to wait for each response")
	return cmd
}

func (a *app) check(ctx context.Context, f checkFlags) error {
	baseURL, to := a.setting(f.baseURL, envBaseURL), a.setting(f.to, envWebhookURL)
	switch {
	case baseURL == "" && to == "":
		return usage("nothing to check: set --to for your endpoint, --base-url for the gateway, or both")
	case f.timeout <= 0:
		return usage("--timeout must be positive")
	}
	var gateway, endpoint iter.Seq[doctor.Finding]
	if baseURL != "" {
		g, err := a.gatewayToCheck(f, baseURL)
		if err != nil {
			return err
		}
		gateway = g.Check(ctx)
	}
	if to != "" {
		if err := checkTarget(to, f.yes); err != nil {
			return err
		}
		secret, err := a.webhookSecret(f.secretFile)
		if err != nil {
			return err
		}
		sender := delivery.NewSender(f.timeout)
		defer sender.Close()
		domain := cmp.Or(a.setting(f.domain, envDomain), "shop.example")
		endpoint = doctor.Endpoint{
			URL: to, Secret: secret, Domain: domain, Deployment: a.deployment(f.clientFlags), Sender: sender,
		}.Check(ctx)
	}
	results := map[doctor.Result]int{}
	a.show("The gateway at "+guard.URL(baseURL), gateway, results)
	a.show("The webhook endpoint at "+guard.URL(to), endpoint, results)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: %w", ctx.Err())
	}
	return a.diagnosis(results, endpoint != nil)
}

func (a *app) gatewayToCheck(f checkFlags, baseURL string) (*doctor.Gateway, error) {
	client, err := a.client(f.clientFlags)
	if err != nil {
		return nil, err
	}
	domain := a.setting(f.domain, envDomain)
	if f.create && domain == "" {
		return nil, usage("--create needs the shop's domain: give --domain, or set " + envDomain)
	}
	return &doctor.Gateway{
		BaseURL: baseURL, Client: client, Create: f.create,
		Session: ecomtrade24.SessionParams{Domain: domain, Amount: "10.00", Currency: f.currency, CustomerEmail: f.email},
	}, nil
}

// show prints each finding as it arrives and counts the results.
func (a *app) show(title string, findings iter.Seq[doctor.Finding], results map[doctor.Result]int) {
	if findings == nil {
		return
	}
	if !a.json {
		fmt.Fprintln(a.out, guard.Line(title, 80))
	}
	for f := range findings {
		results[f.Result]++
		a.print(f, a.findingText(f))
	}
	if !a.json {
		fmt.Fprintln(a.out)
	}
}

// findingText returns a finding's table row. After a failure it adds the consequence and the fix.
func (a *app) findingText(f doctor.Finding) string {
	mark := map[doctor.Result]string{
		doctor.OK:      a.color(a.out, green, "ok    "),
		doctor.Failed:  a.color(a.out, red, "FAILED"),
		doctor.Skipped: a.color(a.out, yellow, "-     "),
	}[f.Result]
	const margin = "                      " // as wide as the two columns before the text
	var b strings.Builder
	fmt.Fprintf(&b, "  %s  %-12s%s", mark, f.Check, strings.TrimPrefix(wrap(guard.Line(f.What, 400), margin, 80), margin))
	for _, advice := range []string{f.Means, f.Fix} {
		if advice != "" {
			b.WriteString(wrap(advice, margin+"  ", 80))
		}
	}
	return b.String()
}

// diagnosis prints the totals, and fails if a check failed.
func (a *app) diagnosis(results map[doctor.Result]int, endpoint bool) error {
	passed, failures, skipped := results[doctor.OK], results[doctor.Failed], results[doctor.Skipped]
	color := green
	if failures > 0 {
		color = red
	}
	text := fmt.Sprintf("Checks: %d passed, %d failed, %d skipped.", passed, failures, skipped)
	text = a.color(a.out, color, text) + "\n"
	if endpoint && failures == 0 {
		text += doctor.Blind + "\n"
	}
	a.print(struct {
		Passed  int `json:"passed"`
		Failed  int `json:"failed"`
		Skipped int `json:"skipped"`
	}{passed, failures, skipped}, text)
	if failures > 0 {
		return errFailed
	}
	return nil
}
