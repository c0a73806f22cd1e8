package shoptest

import (
	"testing"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// Examine plays one scenario in a bubble, and returns what came of it instead of failing t. A scenario that the shop
// lacks a hook for, or that does not apply to it, passes.
func Examine(
	t *testing.T, s exam.Scenario, open func(t *testing.T, g *gatewaytest.Gateway) Shop,
) (failure *exam.Failure) {
	t.Helper()
	c := examining()
	return c.examine(t, s, open)
}

// FitAndExamine is Examine after Fit, which has found out what the shop counts.
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

// Fit reports whether the shop can be examined.
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

// Only makes Run play these scenarios.
func Only(scenarios []exam.Scenario) Option { return func(c *config) { c.scenarios = scenarios } }

// FailNth makes the n-th statement from now on fail.
func FailNth(s *Statements, n int) { counter{s}.FailNth(n) }

// Count returns the statements since FailNth.
func Count(s *Statements) int { return counter{s}.Count() }
