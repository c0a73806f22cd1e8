// Package exam tests a shop with scenarios in which it could lose money. A fake gateway plays them against the shop.
// Package gatewaytest/shoptest runs the scenarios as subtests, and the command "ecomtrade24 drill" runs them from
// outside.
//
// A scenario is a function that buys, delivers webhooks and checks the shop's record of the order. Scenarios lists all
// scenarios by group. To add a scenario, add it to a list: shoptest, drill and docs/shoptest.md pick it up. The tests
// of gatewaytest/shoptest then fail until you add to them a bug that the new scenario finds.
package exam

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// Gateway is the fake gateway that the shop is connected to. Most methods work as in gatewaytest.Gateway.
type Gateway interface {
	Sessions() []ecomtrade24.Payment
	// Open creates a session for an order that the shop does not know, as another shop with the same account would.
	Open(ctx context.Context, p ecomtrade24.SessionParams) error
	EditPayment(session string, change func(*ecomtrade24.Payment)) ecomtrade24.Payment
	ReturnURLs(session string) (paid, canceled string) // the URLs as the shop sent them
	Calls() int                                        // number of API calls so far
	Rejected(since int) []string                       // why calls were rejected; since is how many calls to skip
	FailCalls(n, status int)
	SetLookupResponse(session string, status int, body string) // status 0 means no response
	RewriteResponses(change func(body string) string)          // changes each response until Heal
	DropResponses(n int)
	SlowCalls(n int, d time.Duration)
	DelayResponses(n int, d time.Duration)
	Heal()
	Plan() (ecomtrade24.IntegrationMode, []ecomtrade24.Method)
	SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method)
	SetNextSessionID(id int64)
}

// Config sets the waiting times of the examination.
type Config struct {
	Patience time.Duration // how long the shop may take to do what it should
	Settle   time.Duration // how long to wait before checking that nothing wrong happened; 0: Fit measures it
	Stories  int           // number of random webhook sequences
	// Broken has an entry for each hook whose own check failed: the reason why it failed.
	Broken map[string]string

	effects map[string]int // the side effects that the shop counts, set by Fit
}

// Scenario is one check of the shop.
type Scenario struct {
	Group, Name string
	Fix         string // how to fix a shop that fails the scenario, with the SDK function to use
	// Alone says that the scenario affects the gateway or shop for everyone, so no other scenario may run at the same
	// time.
	Alone bool

	needs []string
	run   func(x *exam)
}

// Missing returns the first hook that the scenario needs and the shop lacks, or "" if it can be played. A broken hook
// counts as missing.
func (s Scenario) Missing(shop *Shop, c Config) string {
	for _, name := range s.needs {
		if !shop.has(name) {
			return name
		}
		if c.Broken[name] != "" {
			return name + " that works"
		}
	}
	return ""
}

// Needs reports whether the scenario needs the hook.
func (s Scenario) Needs(hook string) bool { return slices.Contains(s.needs, hook) }

// Failure reports a scenario that the shop failed, or that could not be played.
//
//nolint:errname // it is a report, not an error that code handles
type Failure struct {
	Scenario

	Impact     Impact
	Unfit      bool     // the shop or a hook does not work well enough for the scenario
	Skipped    bool     // the scenario does not apply to this shop; Problem says why
	Transcript []string // what happened, in sequence
	Problem    string
}

// Error returns the report.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Problem)
	for i, line := range f.Transcript {
		fmt.Fprintf(&b, "\n  %2d. %s", i+1, line)
	}
	if f.Unfit || f.Skipped {
		return b.String()
	}
	fmt.Fprintf(&b, "\nImpact: %v", f.Impact)
	if f.Fix != "" {
		fmt.Fprintf(&b, "\nFix: %s", f.Fix)
	}
	return b.String()
}

// Examine plays the scenario and returns nil if the shop passes. It ignores the sessions that the gateway already has,
// so scenarios can share a gateway and a shop.
//
// Like a test, a scenario runs in its own goroutine, which ends when the scenario fails. A hook may also end that
// goroutine, like testing.T.FailNow. In that case Examine ends its caller's goroutine too.
func (s Scenario) Examine(ctx context.Context, g Gateway, shop *Shop, c Config) *Failure {
	x := &exam{
		ctx: ctx, gateway: g, shop: shop, config: c, scenario: s, earlier: len(g.Sessions()),
		fresh: map[string]Order{}, seen: map[string]bool{}, wasPaid: map[string]bool{},
	}
	if s.Alone {
		mode, methods := g.Plan()
		defer func() {
			g.Heal()
			g.SetPlan(mode, methods...)
		}()
	}
	returned, panicked := false, ""
	var scenario sync.WaitGroup
	scenario.Go(func() {
		defer func() {
			if value := recover(); value != nil {
				panicked = fmt.Sprintf("%v\n\n%s", value, debug.Stack())
			}
		}()
		s.run(x)
		returned = true
	})
	scenario.Wait()
	if panicked != "" { // panics on the caller's goroutine, so that package testing names the subtest
		panic(panicked)
	}
	if !returned && x.failure == nil {
		runtime.Goexit()
	}
	return x.failure
}

// exam is a running scenario.
type exam struct {
	ctx        context.Context //nolint:containedctx // when it ends, all steps end
	gateway    Gateway
	shop       *Shop
	config     Config
	scenario   Scenario
	earlier    int // number of sessions of earlier scenarios
	transcript []string

	quietSince time.Time        // when the last delivery or visit ended
	fresh      map[string]Order // each order right after the purchase
	seen       map[string]bool  // orders that the shop knew
	wasPaid    map[string]bool  // by order ID
	rejected   int              // response status if the shop rejected the last correctly signed webhook, else 0
	sent       []string         // bodies of the webhooks that were sent
	sentTo     string           // where the last Buy or Again sent the buyer, if known
	about      string           // the current case of the scenario
	response   string           // the body of the last response
	failure    *Failure         // the failure that ended the scenario
}

func (x *exam) note(format string, args ...any) {
	x.transcript = append(x.transcript, fmt.Sprintf(format, args...))
}

func (x *exam) fails(impact Impact, format string, args ...any) {
	problem := fmt.Sprintf(format, args...)
	if x.about != "" {
		problem = x.about + ": " + problem
	}
	if x.rejected == http.StatusUnauthorized || x.rejected == http.StatusForbidden {
		problem += fmt.Sprintf("; the shop rejected a correctly signed webhook with %d", x.rejected)
	}
	x.end(&Failure{Impact: impact, Problem: problem})
}

// unfit ends a scenario that cannot be played.
func (x *exam) unfit(format string, args ...any) {
	x.end(&Failure{Unfit: true, Problem: fmt.Sprintf(format, args...)})
}

// skip ends a scenario that does not apply to this shop.
func (x *exam) skip(format string, args ...any) {
	x.end(&Failure{Skipped: true, Problem: fmt.Sprintf(format, args...)})
}

// end ends the exam's goroutine. It must be invoked on that goroutine.
func (x *exam) end(f *Failure) {
	f.Scenario, f.Transcript = x.scenario, x.transcript
	x.failure = f
	runtime.Goexit()
}

func (x *exam) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.ctx.Done():
	}
	x.interrupted()
}

// interrupted ends the scenario if the examination was interrupted.
func (x *exam) interrupted() {
	if x.ctx.Err() != nil {
		x.unfit("the examination was interrupted: %v", context.Cause(x.ctx))
	}
}

// sender returns an exam for another goroutine that delivers webhooks. Call interrupted afterwards.
func (x *exam) sender() *exam {
	return &exam{ctx: x.ctx, gateway: x.gateway, shop: x.shop, config: x.config, scenario: x.scenario}
}

// settle waits for work that the shop does after its last response.
func (x *exam) settle() { x.pause(x.config.Settle - time.Since(x.quietSince)) }
