package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// drillFlags are those of drill. texts are what a file of requests may set too.
type drillFlags struct {
	gatewayFlags

	texts                       map[string]*string
	file, junit, domain         string
	restart, breaks, mends      string
	only                        []string
	yes                         bool
	patience, quiet, wait, page time.Duration
	stories                     int
}

const drillHelp = `Examine a shop in any language. The program is the gateway: it buys as a buyer
does, tells the shop of payments, forgeries, wrong amounts and late messages, in
good order and in bad, and looks at what the shop makes of its order. A failure
says what was done, what that costs and how to mend it.

Start it first: it prints the settings for the shop, waits for it, and begins.
The shop keeps what is bought, so give it a database that you can throw away,
and more than one worker, as in production: some scenarios make one wait.

A request is METHOD PATH and the fields of a form. Redirects are followed within
the shop, up to the checkout. A pattern says what in a page to look for:

  text:WORDS        these words, in what a person reads
  json:PATH         a value that is true, a text, or a number above zero
  json:PATH=VALUE   this value
  match:REGEXP      a regular expression; its first group may be a number

Where that is too little, --file names a file of requests, in the form of .http
files. It can also set what the flags set:

  @shop = http://localhost:8080
  @paid = json:state=paid

  ### buy: first the basket
  POST /basket item=mug

  ### buy: then the checkout, with the token of the page before
  POST /checkout
  Content-Type: application/x-www-form-urlencoded

  csrf={field:csrf}&email=buyer@example.com

  ### order
  GET /api/orders/{order}

{order} is the order's id, {field:NAME} a field of the page before, {json:PATH}
a value of the JSON before, and {cookie:NAME} a cookie.

What the shop does not have is skipped, and named. It exits with 1 if the shop
did not pass or could not be examined.`

func (a *app) drillCommand() *cobra.Command {
	f := drillFlags{texts: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Examine a shop, in any language, for ways to lose money",
		Long:  drillHelp,
		Example: `  ecomtrade24 drill --shop http://localhost:8080 --webhook /api/webhook \
    --buy 'POST /buy email=buyer@example.com' \
    --order 'GET /orders/{order}' --paid text:Paid
  ecomtrade24 drill --file drill.http --junit drill.xml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drill(cmd, f) },
	}
	f.add(cmd)
	return cmd
}

func (f *drillFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, text := range []struct{ name, usage string }{
		{"shop", "`URL` at which the shop is found"},
		{"webhook", "`PATH` of its webhook endpoint"},
		{"buy", "`REQUEST` that buys something"},
		{"order", "`REQUEST` that shows an order, with {order} for its id"},
		{"paid", "`PATTERN` of an order that is paid"},
		{"fulfilled", "`PATTERN` that counts how often goods were released for the order"},
		{"review", "`PATTERN` of an order that waits for a person"},
		{"again", "`REQUEST` that pays an order again, with {order}"},
		{"returned", "`PATTERN` of a return page that says paid"},
		{"reconcile", "`REQUEST` that makes the shop ask the gateway about what is open"},
	} {
		f.texts[text.name] = flags.String(text.name, "", text.usage)
	}
	flags.StringVar(&f.restart, "restart", "", "shell `COMMAND` that restarts the shop")
	flags.StringVar(&f.breaks, "break", "", "shell `COMMAND` that stops the shop's database, with --mend")
	flags.StringVar(&f.mends, "mend", "", "shell `COMMAND` that starts it again")
	flags.StringVar(&f.domain, "domain", "",
		"the shop's `NAME`, if its account has several: payments for another are not its own")
	flags.StringVar(&f.file, "file", "", "`FILE` of requests and settings")
	flags.StringArrayVar(&f.only, "only", nil,
		"play only scenarios whose group or name holds this `TEXT`; may be repeated")
	flags.StringVar(&f.junit, "junit", "", "write a report for CI to this `FILE`, as JUnit XML")
	flags.BoolVar(&f.yes, "yes", false, "examine a shop on another machine than this one")
	flags.DurationVar(&f.patience, "patience", 5*time.Second, "`TIME` within which the shop must do what it must")
	flags.DurationVar(&f.quiet, "quiet", 50*time.Millisecond, "`TIME` after which it must not have done what it must not")
	flags.DurationVar(&f.wait, "wait", time.Minute, "`TIME` to wait for the shop at the beginning")
	flags.DurationVar(&f.page, "timeout", 30*time.Second, "`TIME` to wait for each page")
	flags.IntVar(&f.stories, "stories", 50, "so many (`N`) random stories")
	f.gatewayFlags.add(cmd)
}

func (a *app) drill(cmd *cobra.Command, f drillFlags) error {
	shop, err := f.shop()
	if err != nil {
		return err
	}
	scenarios := selected(f.only)
	if len(scenarios) == 0 {
		return usage("--only: no scenario's group or name holds this")
	}
	listener, err := a.listen(cmd, &f.gatewayFlags)
	if err != nil {
		return err
	}
	defer listener.Close()
	if shop.gateway, err = sandbox.New(f.config); err != nil {
		return &usageError{err}
	}
	defer shop.gateway.Close()
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	served := make(chan struct{})
	go func() {
		defer close(served)
		cancel(serve(ctx, listener, shop.gateway))
	}()
	where := clean(shown(shop.url.String()), 80)
	a.print(struct {
		BaseURL string `json:"base_url"`
		Shop    string `json:"shop"`
	}{f.config.BaseURL, where},
		fmt.Sprintf("The drill plays %s with %s. No money moves. The shop's settings:\n\n%s\nWaiting for the shop at %s\n",
			f.config.Deployment, f.config.Mode, exports(f.config), where))
	if err := shop.await(ctx, f.wait); err != nil {
		return err
	}
	report := a.play(ctx, shop, scenarios, exam.Config{Patience: f.patience, Quiet: f.quiet, Stories: f.stories})
	if err := cmd.Context().Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	cancel(nil)
	<-served
	if err := report.writeJUnit(f.junit); err != nil {
		return err
	}
	return report.verdict(shop)
}

// selected are the scenarios to play.
func selected(only []string) []exam.Scenario {
	var found []exam.Scenario
	for _, s := range exam.Scenarios() {
		wanted := len(only) == 0
		for _, text := range only {
			wanted = wanted || strings.Contains(s.Group+"/"+s.Name, text)
		}
		if wanted {
			found = append(found, s)
		}
	}
	return found
}

// await waits until the shop responds to anything.
func (s *drilled) await(ctx context.Context, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		err := s.responds(ctx)
		if err == nil {
			return nil
		}
		if !time.Now().Before(deadline) {
			return fmt.Errorf("no shop at %s: start it with the settings above, or see --shop: %w",
				clean(shown(s.url.String()), 80), err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("interrupted: %w", context.Cause(ctx))
		}
	}
}

func (s *drilled) responds(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), nil)
	if err != nil {
		return err
	}
	resp, err := s.transport.RoundTrip(r)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return err
	}
	return resp.Body.Close()
}

// need is how the command line gives what a scenario needs.
func need(missing string) string {
	return cmp.Or(map[string]string{
		"Again": "--again", "Return": "--returned, and a return URL", "Reconcile": "--reconcile",
		"Break": "--break and --mend", "Restart": "--restart", "Domain": "--domain",
	}[missing], "--review")
}
