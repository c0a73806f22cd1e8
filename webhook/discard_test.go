package webhook_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func TestDiscard_keepsTheError(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such order")
	err := webhook.Discard(failure)
	require.ErrorIs(t, err, failure)
	require.EqualError(t, err, "no such order")
	require.NoError(t, webhook.Discard(nil))
}

func TestDiscarded(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such order")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nil":           {nil, false},
		"another error": {failure, false},
		"discarded":     {webhook.Discard(failure), true},
		"discarded nil": {webhook.Discard(nil), false},
		"wrapped":       {fmt.Errorf("order 7: %w", webhook.Discard(failure)), true},
		// a redelivery may still fix the other error
		"beside another":    {errors.Join(webhook.Discard(failure), failure), false},
		"wrapped with two":  {fmt.Errorf("%w, %w", webhook.Discard(failure), failure), false},
		"discarded as both": {webhook.Discard(errors.Join(failure, failure)), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, webhook.Discarded(c.err))
		})
	}
}
