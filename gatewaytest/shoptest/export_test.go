package shoptest

import (
	"testing"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/internal/exam"
)

// Examine plays one scenario in a bubble, and returns what came of it instead of failing t.
func Examine(
	t *testing.T, s exam.Scenario, open func(t *testing.T, g *gatewaytest.Gateway) Shop,
) (failure *exam.Failure) {
	t.Helper()
	return inBubble(t, open, func(t *testing.T, g *gatewaytest.Gateway, shop *exam.Shop, c exam.Config) *exam.Failure {
		t.Helper()
		if s.Missing(shop) != "" {
			return nil
		}
		return s.Examine(t.Context(), gateway{g}, shop, c)
	})
}

// Fit tells whether the shop can be examined.
func Fit(t *testing.T, open func(t *testing.T, g *gatewaytest.Gateway) Shop) *exam.Failure {
	t.Helper()
	return inBubble(t, open, func(t *testing.T, g *gatewaytest.Gateway, shop *exam.Shop, c exam.Config) *exam.Failure {
		t.Helper()
		return exam.Fit(t.Context(), gateway{g}, shop, c)
	})
}

func inBubble(
	t *testing.T, open func(t *testing.T, g *gatewaytest.Gateway) Shop,
	f func(*testing.T, *gatewaytest.Gateway, *exam.Shop, exam.Config) *exam.Failure,
) (failure *exam.Failure) {
	t.Helper()
	c := config{
		Config: exam.Config{Patience: 5 * time.Second, Quiet: 20 * time.Millisecond, Stories: 30},
		path:   "/api/webhook", bubble: true, judge: func(f *exam.Failure) { failure = f },
	}
	c.play(t, open, func(t *testing.T, g *gatewaytest.Gateway, shop *exam.Shop) *exam.Failure {
		t.Helper()
		return f(t, g, shop, c.Config)
	})
	return failure
}
