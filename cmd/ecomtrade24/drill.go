package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/neterr"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// drillFlags holds the flags of the drill command. The field texts holds requests and patterns by flag name.
type drillFlags struct {
	gatewayFlags

	texts                        map[string]*string
	effects, counted             []string // NAME=PATTERN
	file, junit, html            string
	restart, breaks, fixes, log  string
	domain                       string
	only                         []string
	yes                          bool
	patience, settle, wait, page time.Duration
	stories, parallel            int

	at   map[string]string // position in the file, by flag name
	args []string          // arguments that repeat this drill
}

const drillHelp = `Test a shop in any language for ways to lose money. drill runs a fake gateway:
it buys like a buyer, sends payments, forged webhooks, wrong amounts and late
webhooks, opens the return page as a stranger, and compares the shop's orders
with what they should be. A failure says what happened, what it costs and how
to fix it.

Start drill first: it prints the settings for the shop, then waits for the shop.
The shop keeps what drill buys, so use a throwaway database, and run several
workers, as in production. Some scenarios need more than a purchase, such as a
request that looks up open payments or a command that restarts the shop. drill
tries each of them first. If one has no effect, the summary lists its scenarios
as not examined.

A request is METHOD PATH and form fields. drill follows redirects within the
shop, up to the checkout. A pattern says what to look for in a page:

  text:WORDS        these words in the visible text
  json:PATH         a value that is true, a string, or a number above zero
  json:PATH=VALUE   this value
  match:REGEXP      a regular expression; its first group may be a number

For more, put the requests into a file like an .http file and use --file. A line
@NAME = VALUE sets a flag that the command line does not set:

  @shop = http://localhost:8080
  @paid = json:state=paid
  @effect = receipts=json:receipts

  ### buy: fill the basket
  POST /basket item=mug

  ### buy: check out, with the token from the previous page
  POST /checkout
  Content-Type: application/x-www-form-urlencoded

  csrf={field:csrf}&email=buyer@example.com

  ### order
  GET /api/orders/{order}

{order} is the order ID, {field:NAME} a form field of the previous page,
{json:PATH} a value of the previous JSON, and {cookie:NAME} a cookie.

The exit code is 1 if the shop failed a scenario or could not be examined.`

func (a *app) drillCommand() *cobra.Command {
	f := drillFlags{texts: map[string]*string{}, at: map[string]string{}}
	f.config.KeepBytes, f.config.KeepTotal = 4<<10, 256<<20
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Test a shop in any language for ways to lose money",
		Long:  drillHelp,
		Example: `  ecomtrade24 drill --shop http://localhost:8080 --webhook /api/webhook \
    --buy 'POST /buy email=buyer@example.com' \
    --order 'GET /orders/{order}' --paid text:Paid
  ecomtrade24 drill --file drill.http --html report.html`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.drill(cmd, &f) },
	}
	f.add(cmd)
	return cmd
}

func (f *drillFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	for _, text := range []struct{ name, usage string }{
		{"shop", "`URL` of the shop"},
		{"webhook", "`PATH` of its webhook endpoint"},
		{"buy", "`REQUEST` that buys something"},
		{"order", "`REQUEST` that shows an order; {order} is its ID"},
		{"paid", "`PATTERN` of a paid order"},
		{"fulfilled", "`PATTERN` that counts how often the order was shipped"},
		{"review", "`PATTERN` of an order in manual review"},
		{"invoice", "`PATTERN` of the order's unique invoice number"},
		{"again", "`REQUEST` that opens another session for {order}"},
		{"returned", "`PATTERN` of a return page that says paid"},
		{"reconcile", "`REQUEST` that makes the shop look up payments, including those of ended\n" +
			"sessions; package inbox delays lookups, so add --patience 20s"},
		{"totals", "`REQUEST` that shows totals of all orders, such as stock; needs --total"},
	} {
		f.texts[text.name] = flags.String(text.name, "", text.usage)
	}
	flags.StringArrayVar(&f.effects, "effect", nil,
		"`NAME=PATTERN` that counts a side effect of the order's payment, such as\nreceipts=json:receipts; may be repeated")
	flags.StringArrayVar(&f.counted, "total", nil,
		"`NAME=PATTERN` of a number in the page of --totals, such as\nstock=json:stock; may be repeated")
	flags.StringVar(&f.restart, "restart", "", "shell `COMMAND` that restarts the shop")
	flags.StringVar(&f.breaks, "break", "", "shell `COMMAND` that stops the shop's database; needs --fix")
	flags.StringVar(&f.fixes, "fix", "", "shell `COMMAND` that starts the database again")
	flags.StringVar(&f.log, "log", "", "`FILE` that the shop logs to")
	flags.StringVar(&f.domain, "domain", "",
		"the shop's domain `NAME`, if its account has several: payments for other\ndomains must not count")
	flags.StringVar(&f.file, "file", "", "`FILE` of requests and settings")
	flags.StringArrayVar(&f.only, "only", nil,
		"play only the scenario GROUP/NAME, or all that contain `TEXT`; may be\nrepeated")
	flags.StringVar(&f.junit, "junit", "", "write a JUnit XML report for CI to this `FILE`")
	flags.StringVar(&f.html, "html", "", "write an HTML report to this `FILE`")
	flags.BoolVar(&f.yes, "yes", false, "allow a shop on another machine")
	flags.DurationVar(&f.patience, "patience", 5*time.Second, "longest `TIME` to wait for an expected result")
	flags.DurationVar(&f.settle, "settle", 0,
		"`TIME` to wait before checking that nothing wrong happened (default\nmeasured)")
	flags.DurationVar(&f.wait, "wait", time.Minute, "`TIME` to wait for the shop to start")
	flags.DurationVar(&f.page, "timeout", 30*time.Second, "`TIME` to wait for each page")
	flags.IntVar(&f.stories, "stories", 50, "number (`N`) of random webhook sequences")
	flags.IntVar(&f.parallel, "parallel", 8, "number (`N`) of scenarios to play at the same time")
	f.gatewayFlags.add(cmd)
}

func (a *app) drill(cmd *cobra.Command, f *drillFlags) error {
	shop, err := f.shop(cmd)
	if err != nil {
		return err
	}
	scenarios, hooks := selected(f.only)
	if len(scenarios)+len(hooks) == 0 {
		return usage("--only: no scenario's group or name contains this text")
	}
	for flag, file := range map[string]string{"--junit": f.junit, "--html": f.html} {
		if err := creatable(file); err != nil {
			return cannotOpen(flag, err, "name a writable file")
		}
	}
	listener, err := a.listen(cmd, &f.gatewayFlags)
	if err != nil {
		return err
	}
	defer listener.Close()
	shop.gateway, err = sandbox.New(f.config)
	if err != nil {
		return &usageError{err}
	}
	defer shop.gateway.Close()
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	served := make(chan struct{})
	go func() {
		defer close(served)
		cancel(serve(ctx, listener, shop.gateway, shop.gateway.EndRequests))
	}()
	where := guard.Line(guard.URL(shop.url.String()), 80)
	a.print(struct {
		BaseURL string `json:"base_url"`
		Shop    string `json:"shop"`
	}{f.config.BaseURL, where},
		fmt.Sprintf("The drill runs a %s gateway with %s. No money moves. Settings for the shop:\n\n"+
			"%s\nWaiting for the shop at %s\n", f.config.Deployment, f.config.Mode, exports(f.config), where))
	if err := shop.await(ctx, f.wait); err != nil {
		return err
	}
	report := a.play(ctx, shop, scenarios, hooks)
	if err := cmd.Context().Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	cancel(nil)
	<-served
	verdict := report.verdict()
	if err := errors.Join(report.writeJUnit(f.junit), report.writeHTML(f.html)); err != nil {
		return err
	}
	return verdict
}

// creatable checks in advance that the file can be written, so that a drill does not run for minutes and then fail. ""
// means no file.
func creatable(name string) error {
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// selected returns the scenarios to play and the hooks they need. A text that is exactly GROUP/NAME selects only that
// scenario.
func selected(only []string) (scenarios []exam.Scenario, hooks []exam.Hook) {
	all := exam.Scenarios()
	exact := map[string]bool{}
	for _, s := range all {
		exact[s.Group+"/"+s.Name] = true
	}
	for _, hook := range exam.Hooks() {
		exact[hook.Group+"/"+hook.Name] = true
	}
	wanted := func(s exam.Scenario) bool {
		name := s.Group + "/" + s.Name
		for _, text := range only {
			if name == text || !exact[text] && strings.Contains(name, text) {
				return true
			}
		}
		return len(only) == 0
	}
	// Scenarios with lookups run first: a shop looks up all open sessions, and at the beginning few are open.
	for _, looksUp := range []bool{true, false} {
		for _, s := range all {
			if wanted(s) && s.Needs("Reconcile") == looksUp {
				scenarios = append(scenarios, s)
			}
		}
	}
	for _, hook := range exam.Hooks() {
		needed := wanted(hook.Scenario)
		for _, s := range scenarios {
			needed = needed || s.Needs(hook.Proves)
		}
		if needed {
			hooks = append(hooks, hook)
		}
	}
	return scenarios, hooks
}

// await waits until the shop responds.
func (s *drilled) await(ctx context.Context, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		err := s.responds(ctx)
		if err == nil {
			return nil
		}
		if !time.Now().Before(deadline) {
			where := guard.Line(guard.URL(s.url.String()), 80)
			if errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("the shop at %s did not respond within %v: see --timeout", where, s.flags.page)
			}
			return fmt.Errorf("no shop at %s: start it with the settings above, or check --shop: %w", where, err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("interrupted: %w", context.Cause(ctx))
		}
	}
}

func (s *drilled) responds(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.flags.page)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), nil)
	if err != nil {
		return err
	}
	resp, err := s.transport.RoundTrip(r)
	if err != nil {
		return neterr.WithoutURL(err)
	}
	return resp.Body.Close()
}

// need returns the flags that provide a missing hook.
func need(missing string) string {
	hook, broken := strings.CutSuffix(missing, " that works")
	flag := cmp.Or(map[string]string{
		"Front": "a return_url in the shop's sessions", "Again": "--again", "Return": "--returned, and a return_url",
		"Reconcile": "--reconcile", "Break": "--break and --fix", "Restart": "--restart", "Domain": "--domain",
		"Totals": "--totals and --total", "Log": "--log", "count of shipments": "--fulfilled",
		"Statements": "shoptest, which can make single statements fail",
	}[hook], "--review")
	if broken {
		return flag + ", which failed its own check"
	}
	return flag
}
