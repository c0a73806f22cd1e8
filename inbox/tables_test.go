package inbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// Whichever step fails, Migrate says so and leaves no half of the tables.
func TestInbox_Migrate_failingStep(t *testing.T) {
	t.Parallel()
	broken := errors.New("no permission")
	for step := range 7 { // begin, the lock, four statements, commit
		d := &database{fail: func(n int) error {
			if n == step {
				return broken
			}
			return nil
		}}
		box := inbox.New(openDatabase(t, d), inbox.Postgres, ignore)
		require.ErrorIs(t, box.Migrate(t.Context()), broken, "step %d", step)
		assert.Zero(t, d.commits())
		require.NoError(t, box.Migrate(t.Context()))
		assert.Equal(t, 1, d.commits())
	}
}

func TestInbox_Prune_failingBatch(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	d := &database{fail: func(n int) error { // each batch before it says that there was something to delete
		if n == 3 {
			return broken
		}
		return nil
	}}
	require.ErrorIs(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).Prune(t.Context(), time.Hour), broken)
	assert.Len(t, d.steps, 4)
}

// A mistaken 0 would forget the events that are being delivered again just now.
func TestInbox_Prune_refusesEverything(t *testing.T) {
	t.Parallel()
	d := &database{}
	require.Error(t, inbox.New(openDatabase(t, d), inbox.SQLite, ignore).Prune(t.Context(), 0))
	assert.Empty(t, d.steps)
}
