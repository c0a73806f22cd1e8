package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// payFlags are those of pay.
type payFlags struct {
	baseURL, as, status, amount, currency, event, omit string
	times                                              int
}

func (a *app) payCommand() *cobra.Command {
	var f payFlags
	cmd := &cobra.Command{
		Use:   "pay SESSION",
		Short: "Pay a session of a running sandbox, or end it in another way",
		Long: `Press one of the buttons that a running sandbox has for a session, wait until
the shop has answered the webhook, and print the session. Only a sandbox can be
driven: no other gateway takes such a call. The actions of --as:

  ` + strings.Join(sandbox.Actions(), "\n  ") + `

tell has the gateway say what --status, --amount, --currency and --event say,
and leave out of the webhook what --omit names.`,
		Example: `  ecomtrade24 pay 12345
  ecomtrade24 pay 12345 --as decline
  ecomtrade24 pay 12345 --as tell --amount 1.00 --omit txid
  ecomtrade24 pay 12345 --as resend --times 16`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usage("name one session, as the sandbox shows it")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.pay(cmd, f, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.baseURL, "base-url", "", "the sandbox's `URL` ("+envBaseURL+")")
	flags.StringVar(&f.as, "as", "pay", "`ACTION`")
	flags.StringVar(&f.status, "status", "", "`STATUS` to tell")
	flags.StringVar(&f.amount, "amount", "", "`AMOUNT` to tell")
	flags.StringVar(&f.currency, "currency", "", "`CODE` of the currency to tell")
	flags.StringVar(&f.event, "event", "", "`NAME` of the event to tell")
	flags.StringVar(&f.omit, "omit", "", "`FACTS` to leave out: session_id, order_id, amount, currency, txid")
	flags.IntVar(&f.times, "times", 1, "how often to send it again, at once (`N`)")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions(sandbox.Actions(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) pay(cmd *cobra.Command, f payFlags, session string) error {
	base := a.setting(f.baseURL, envBaseURL)
	if base == "" {
		return usage("no sandbox: give --base-url, or set " + envBaseURL)
	}
	if !slices.Contains(sandbox.Actions(), f.as) {
		return usage("--as: no such action: choose one of " + strings.Join(sandbox.Actions(), ", "))
	}
	told := map[string]any{}
	for name, value := range map[string]string{
		"status": f.status, "amount": f.amount, "currency": f.currency, "event": f.event, "omit": f.omit,
	} {
		if cmd.Flags().Changed(name) {
			if f.as != "tell" {
				return usage("--" + name + " goes with --as tell")
			}
			told[name] = value
		}
	}
	if f.as == "resend" {
		told["times"] = f.times
	} else if cmd.Flags().Changed("times") {
		return usage("--times goes with --as resend")
	}
	record, err := drive(cmd.Context(), base, "sessions/"+url.PathEscape(session)+"/"+f.as, told)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	a.print(record, row("session", record.SessionID)+row("order", record.OrderID)+row("status", record.Status)+
		row("amount", strings.TrimSpace(record.Amount+" "+record.Currency)))
	return nil
}

// drive asks a sandbox to do something, and returns the session that it was about.
func drive(ctx context.Context, base, path string, what map[string]any) (record sandbox.SessionRecord, err error) {
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
	return record, fmt.Errorf("%s answers %d: it is no sandbox", guard.Line(r.URL.Host, 80), resp.StatusCode)
}
