package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

type payFlags struct {
	baseURL, as, status, amount, currency, event, omit string
	times                                              int
}

func (a *app) payCommand() *cobra.Command {
	var f payFlags
	cmd := &cobra.Command{
		Use:   "pay SESSION",
		Short: "Pay, decline or expire a session of a running sandbox",
		Long: `Change a session in a running sandbox, like a button in its workbench. pay waits
up to 10 seconds until the shop accepts the webhook, and prints the session and
the result. It works only with a sandbox. The actions of --as:

` + actionsHelp() + `
The exit code is 1 if the shop did not accept a webhook.`,
		Example: `  ecomtrade24 pay 12345
  ecomtrade24 pay 12345 --as decline
  ecomtrade24 pay 12345 --as tell --amount 1.00 --omit txid
  ecomtrade24 pay 12345 --as resend --times 16`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usage("pass one session ID, as the sandbox shows it")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.pay(cmd, f, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.baseURL, "base-url", "", "the sandbox's `URL` ("+envBaseURL+")")
	flags.StringVar(&f.as, "as", "pay", "`ACTION`")
	flags.StringVar(&f.status, "status", "", "`STATUS` to send")
	flags.StringVar(&f.amount, "amount", "", "`AMOUNT` to send")
	flags.StringVar(&f.currency, "currency", "", "`CODE` of the currency to send")
	flags.StringVar(&f.event, "event", "", "`NAME` of the event to send")
	flags.StringVar(&f.omit, "omit", "", "`FIELDS` to omit: session_id, order_id, status,\namount, currency, txid, domain")
	flags.IntVar(&f.times, "times", 1, "resend the webhook `N` times concurrently")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions(actionNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) pay(cmd *cobra.Command, f payFlags, session string) error {
	base := a.setting(f.baseURL, envBaseURL)
	if base == "" {
		return usage("no sandbox: set --base-url or " + envBaseURL)
	}
	if names := actionNames(); !slices.Contains(names, f.as) {
		return usage("--as: unknown action: use one of " + strings.Join(names, ", "))
	}
	told := map[string]any{}
	for name, value := range map[string]string{
		"status": f.status, "amount": f.amount, "currency": f.currency, "event": f.event, "omit": f.omit,
	} {
		if cmd.Flags().Changed(name) {
			if f.as != "tell" {
				return usage("--" + name + " needs --as tell")
			}
			told[name] = value
		}
	}
	if f.as == "resend" {
		told["times"] = f.times
	} else if cmd.Flags().Changed("times") {
		return usage("--times needs --as resend")
	}
	record, err := drive(cmd.Context(), base, "sessions/"+url.PathEscape(session)+"/"+f.as, told)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	text := row("session", record.SessionID) + row("order", record.OrderID) + row("status", record.Status) +
		row("amount", strings.TrimSpace(record.Amount+" "+record.Currency))
	outcomes, taken := cameOf(record)
	a.print(record, text+outcomes)
	if !taken {
		return errFailed
	}
	return nil
}

// cameOf describes the shop's responses to the webhooks. The result taken reports whether the shop accepted all
// webhooks.
func cameOf(record sandbox.Acted) (text string, taken bool) {
	switch {
	case record.Nowhere:
		return row("webhook", "none: the sandbox has no --webhook-url"), true
	case len(record.Webhooks) == 0 && record.HeldBack > 0:
		return row("webhook", "held back by a fault in the sandbox"), false
	case len(record.Webhooks) == 0:
		return row("webhook", "none was sent"), true
	}
	times, taken := map[string]int{}, true
	for _, w := range record.Webhooks {
		outcome, ok := outcomeOf(w)
		times[outcome]++
		taken = taken && ok
	}
	var b strings.Builder
	for _, outcome := range slices.Sorted(maps.Keys(times)) {
		if n := times[outcome]; n > 1 {
			outcome = fmt.Sprintf("%s (%d times)", outcome, n)
		}
		b.WriteString(row("webhook", outcome))
	}
	return b.String(), taken
}

func outcomeOf(w sandbox.SentWebhook) (text string, taken bool) {
	switch {
	case w.Response >= 200 && w.Response <= 299:
		return fmt.Sprintf("accepted: %d", w.Response), true
	case w.Response > 0:
		text = fmt.Sprintf("not accepted: %d", w.Response)
	case w.Error != "":
		text = "not accepted: " + w.Error
	default:
		return "no response yet", false
	}
	if w.Attempt > 1 {
		text += fmt.Sprintf(", after %d attempts", w.Attempt)
	}
	if w.Again {
		text += "; the sandbox keeps trying"
	}
	return text, false
}

func actionNames() (names []string) {
	for _, action := range sandbox.Actions() {
		names = append(names, action.Name)
	}
	return names
}

// actionsHelp explains each action in a line.
func actionsHelp() string {
	var b strings.Builder
	for _, action := range sandbox.Actions() {
		fmt.Fprintf(&b, "  %-23s  %s\n", action.Name, action.Does)
	}
	return b.String()
}

// drive calls the sandbox's control API and returns the session.
func drive(ctx context.Context, base, path string, what map[string]any) (record sandbox.Acted, err error) {
	body, err := json.Marshal(what)
	if err != nil {
		return record, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(base, "/")+"/sandbox/"+path,
		bytes.NewReader(body))
	if err != nil {
		return record, &usageError{errors.New("--base-url: it must be an absolute URL")}
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return record, fmt.Errorf("the sandbox at %s cannot be reached: is it running?", guard.Line(r.URL.Host, 80))
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return record, err
	}
	refused := struct {
		Error string `json:"error"`
	}{}
	switch {
	case resp.StatusCode == http.StatusOK && json.Unmarshal(content, &record) == nil:
		return record, nil
	case json.Unmarshal(content, &refused) == nil && refused.Error != "":
		return record, errors.New(guard.Line(refused.Error, 300))
	}
	return record, fmt.Errorf("%s responds with %d: it is not a sandbox", guard.Line(r.URL.Host, 80), resp.StatusCode)
}
