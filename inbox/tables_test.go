package inbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// Whichever step fails, Migrate says so and leaves no half of the tables.
func TestInbox_Migrate_failingStep(t *testing.T) {
	t.Parallel()
	missing, broken := errors.New("no such table"), errors.New("no permission")
	for step := 1; step <= 7; step++ { // after the probe: begin, the lock, three statements, commit, the probe again
		failed := false
		d := &database{}
		d.fail = func(n int) error {
			switch {
			case n == 0:
				return missing
			case n == step && !failed:
				failed = true
				return broken
			}
			return nil
		}
		box := inbox.New(openDatabase(t, d), inbox.Postgres, ignore)
		require.ErrorIs(t, box.Migrate(t.Context()), broken, "step %d", step)
		require.NoError(t, box.Migrate(t.Context()))
	}
}

// Where the tables exist, Migrate only reads: no lock, no transaction, no right to create anything.
func TestInbox_Migrate_nothingToMake(t *testing.T) {
	t.Parallel()
	for _, dialect := range []inbox.Dialect{inbox.Postgres, inbox.SQLite, inbox.MySQL} {
		d := &database{}
		require.NoError(t, inbox.New(openDatabase(t, d), dialect, ignore).Migrate(t.Context()))
		for _, step := range d.steps {
			assert.True(t, strings.HasPrefix(step, "SELECT "), step)
		}
	}
}

func TestWithSchema(t *testing.T) {
	t.Parallel()
	d := &database{fail: func(n int) error {
		if n == 0 {
			return errors.New("no such table")
		}
		return nil
	}}
	box := inbox.New(openDatabase(t, d), inbox.Postgres, ignore, inbox.WithSchema(`"pay$1"`))
	require.NoError(t, box.Migrate(t.Context()))
	require.NoError(t, box.Handle(t.Context(), paidEvent()))
	for _, step := range d.steps {
		rest := strings.NewReplacer(
			`"pay$1".ecomtrade24_orders`, "", `"pay$1".ecomtrade24_facts`, "", "ecomtrade24_facts_due", "")
		assert.NotContains(t, rest.Replace(step), "ecomtrade24_")
	}
}
