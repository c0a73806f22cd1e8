package shoptest

import (
	"testing"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// Examine plays one scenario in a bubble and returns its failure instead of failing t. It returns nil if the scenario
// passes, does not apply to the shop, or needs a hook that the shop lacks.
func Examine(
	t *testing.T, s exam.Scenario, open func(t *testing.T, g *gatewaytest.Gateway) Shop,
) (failure *exam.Failure) {
	t.Helper()
	c := examining()
	return c.examine(t, s, open)
}

// FitAndExamine runs Fit, which finds out which side effects the shop counts, and then Examine.
func FitAndExamine(
	t *testing.T, s exam.Scenario, open func(t *testing.T, g *gatewaytest.Gateway) Shop,
) (failure *exam.Failure) {
	t.Helper()
	c := examining()
	if failure := c.fit(t, open); failure != nil {
		return failure
	}
	return c.examine(t, s, open)
}

// Fit returns the reason why the shop cannot be examined, or nil.
func Fit(t *testing.T, open func(t *testing.T, g *gatewaytest.Gateway) Shop) (failure *exam.Failure) {
	t.Helper()
	c := examining()
	return c.fit(t, open)
}

func (c *config) fit(t *testing.T, open func(t *testing.T, g *gatewaytest.Gateway) Shop) (failure *exam.Failure) {
	t.Helper()
	c.play(t, open, func(t *testing.T, g exam.Gateway, shop *exam.Shop) {
		t.Helper()
		failure = exam.Fit(t.Context(), g, shop, &c.Config)
	})
	return failure
}

func (c *config) examine(
	t *testing.T, s exam.Scenario, open func(t *testing.T, g *gatewaytest.Gateway) Shop,
) (failure *exam.Failure) {
	t.Helper()
	c.play(t, open, func(t *testing.T, g exam.Gateway, shop *exam.Shop) {
		t.Helper()
		if s.Missing(shop, c.Config) == "" {
			failure = s.Examine(t.Context(), g, shop, c.Config)
		}
	})
	if failure != nil && failure.Skipped {
		return nil
	}
	return failure
}

func examining() config {
	return config{
		Config: exam.Config{Patience: 5 * time.Second, Settle: 20 * time.Millisecond, Stories: 30},
		path:   "/api/webhook", bubble: true,
	}
}

// Only makes Run play only these scenarios.
func Only(scenarios []exam.Scenario) Option { return func(c *config) { c.scenarios = scenarios } }

// FailNth makes the n-th statement from now on fail.
func FailNth(s *Statements, n int) { counter{s}.FailNth(n) }

// Count returns the number of statements since FailNth.
func Count(s *Statements) int { return counter{s}.Count() }
