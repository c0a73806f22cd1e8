// Package exam examines a merchant's shop: scenarios in which a shop could lose money, played against it by a fake
// gateway. Package gatewaytest/shoptest runs them as subtests, and the command ecomtrade24 drill from outside.
//
// A scenario is a function that buys, delivers webhooks and judges the shop's record of the order. Scenarios lists all
// of them by group, and the file of a group's theme has their functions. To add one, add it to one of these lists:
// shoptest, the drill and docs/shoptest.md take it from there. Its fault goes into gatewaytest/shoptest's tests, which
// fail until one is planted that the scenario finds.
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

// Gateway is the fake gateway that the shop is connected to. Its methods are those of gatewaytest.Gateway.
type Gateway interface {
	Sessions() []ecomtrade24.Payment
	// Open makes a session for an order that the shop does not know, as another shop of the account does.
	Open(ctx context.Context, p ecomtrade24.SessionParams) error
	EditPayment(session string, change func(*ecomtrade24.Payment)) ecomtrade24.Payment
	ReturnURLs(session string) (paid, canceled string) // as the shop has sent them
	Calls() int                                        // to its API, so far
	Rejected(since int) []string                       // why it rejected the calls after the first since ones
	FailCalls(n, status int)
	SetLookupResponse(session string, status int, body string) // to lookups; 0: not at all
	RewriteResponses(change func(body string) string)          // each response, until Heal
	DropResponses(n int)
	SlowCalls(n int, d time.Duration)
	DelayResponses(n int, d time.Duration)
	Heal()
	Plan() (ecomtrade24.IntegrationMode, []ecomtrade24.Method)
	SetPlan(mode ecomtrade24.IntegrationMode, methods ...ecomtrade24.Method)
	SetNextSessionID(id int64)
}

// Config is how patient the examination is.
type Config struct {
	Patience time.Duration // the time in which the shop must do what it must
	Settle   time.Duration // the time after which it must not have done what it must not; 0: Fit measures it
	Stories  int           // random stories
	// Broken are the hooks whose own scenario failed, each with a text that is not empty.
	Broken map[string]string

	effects map[string]int // the side effects that the shop counts, found out by Fit
}

// Scenario is one thing that a shop must do.
type Scenario struct {
	Group, Name string
	Fix         string // what to change in a shop that fails it, with the SDK's name for it
	// Alone says that the scenario changes the gateway or the shop as a whole: no other scenario may run beside it.
	Alone bool

	needs []string
	run   func(x *exam)
}

// Missing returns the hooks that the scenario needs and the shop does not have, or "" if it can be played. A hook that
// Fit found broken counts as missing.
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

// Failure is a scenario that the shop did not pass, or that could not be played.
//
//nolint:errname // it is a report, not an error that code handles
type Failure struct {
	Scenario

	Impact     Impact
	Unfit      bool     // the shop, or a hook, does not work well enough to be examined
	Skipped    bool     // the scenario does not apply to this shop: Problem says why
	Transcript []string // what was done and what was seen, in order
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
// Like a test, a scenario has its own goroutine, which ends where it fails. A hook may end it too, as testing.T.FailNow
// does: then Examine ends the goroutine of its caller. A panic of a hook goes on in the caller, with its stack.
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
	if panicked != "" { // on the caller's goroutine, so that package testing names the subtest
		panic(panicked)
	}
	if !returned && x.failure == nil {
		runtime.Goexit()
	}
	return x.failure
}

// exam is a scenario under way.
type exam struct {
	ctx        context.Context //nolint:containedctx // of one scenario, whose steps all end with it
	gateway    Gateway
	shop       *Shop
	config     Config
	scenario   Scenario
	earlier    int // sessions of the scenarios before
	transcript []string

	quietSince time.Time        // when the last delivery or visit ended
	fresh      map[string]Order // each order as it was right after the purchase
	seen       map[string]bool  // orders that the shop knew
	wasPaid    map[string]bool  // by order
	rejected   int              // the status of a correctly signed webhook that the shop rejected
	sent       []string         // bodies
	sentTo     string           // where the last Buy or Again sent the buyer, if it says so
	about      string           // which of its cases a scenario is at
	response   string           // the body of the last one
	failure    *Failure         // that ended it
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

// end ends the goroutine, which must be the exam's own.
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

// sender is an exam for another goroutine, which delivers webhooks. It may be interrupted: call interrupted after it.
func (x *exam) sender() *exam {
	return &exam{ctx: x.ctx, gateway: x.gateway, shop: x.shop, config: x.config, scenario: x.scenario}
}

// settle gives the shop the time to do what it still does after its last response.
func (x *exam) settle() { x.pause(x.config.Settle - time.Since(x.quietSince)) }
