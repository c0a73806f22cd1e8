package inbox_test

import (
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/inbox"
)

// If any step fails, Migrate returns an error and leaves no incomplete tables.
func TestInbox_Migrate_failingStep(t *testing.T) {
	t.Parallel()
	missing, broken := errors.New("no such table"), errors.New("no permission")
	const probe = "SELECT o.namespace"
	for _, failing := range []string{
		"SELECT name, setting", "begin", "SELECT pg_advisory_xact_lock", "CREATE TABLE IF NOT EXISTS ecomtrade24_orders",
		"CREATE TABLE IF NOT EXISTS ecomtrade24_facts", "CREATE INDEX", "commit", probe,
	} {
		d := &database{}
		d.Fail = func(n int) error {
			switch step := d.Steps[n]; {
			case strings.HasPrefix(step, probe) && !slices.Contains(d.Steps, "commit"):
				return missing
			case strings.HasPrefix(step, failing):
				return broken
			}
			return nil
		}
		db := d.Open(t)
		require.ErrorIs(t, inbox.New(db, inbox.Postgres, ignore).Migrate(t.Context()), broken, failing)
		assert.Equal(t, failing == probe, d.Commits() == 1)
		d.Fail = nil
		require.NoError(t, inbox.New(db, inbox.Postgres, ignore).Migrate(t.Context()))
	}
}

// Tables in a later schema of the search path may belong to another shop, so Migrate does not use them.
func TestInbox_Migrate_firstSchemaOnly(t *testing.T) {
	t.Parallel()
	d := &database{Elsewhere: true}
	err := inbox.New(d.Open(t), inbox.Postgres, ignore).Migrate(t.Context())
	require.ErrorContains(t, err, "not tables in the first schema of the search path")
	assert.Equal(t, 2, d.Count("CREATE TABLE"), "it has tried")
}

// Migrate returns an error for a setting under which no event could be stored.
func TestInbox_Migrate_settings(t *testing.T) {
	t.Parallel()
	for dialect, setting := range map[inbox.Dialect][]driver.Value{
		inbox.Postgres: {"server_encoding", "LATIN1"}, inbox.MySQL: {"autocommit", "OFF"},
	} {
		d := &database{Settings: [][]driver.Value{setting}}
		err := inbox.New(d.Open(t), dialect, ignore).Migrate(t.Context())
		require.ErrorContains(t, err, "ecomtrade24 inbox: migrate: ")
		assert.Zero(t, d.Count("CREATE"))
	}
}

// If the tables exist, Migrate only reads: it needs no lock, no transaction and no right to create tables.
func TestInbox_Migrate_nothingToMake(t *testing.T) {
	t.Parallel()
	for _, dialect := range []inbox.Dialect{inbox.Postgres, inbox.SQLite, inbox.MySQL} {
		d := &database{}
		require.NoError(t, inbox.New(d.Open(t), dialect, ignore).Migrate(t.Context()))
		for _, step := range d.Steps {
			assert.Regexp(t, "^(SELECT|SHOW) ", step)
		}
	}
}

func TestWithSchema(t *testing.T) {
	t.Parallel()
	d := &database{}
	d.Fail = func(n int) error {
		if n == 1 {
			return errors.New("no such table")
		}
		return nil
	}
	box := inbox.New(d.Open(t), inbox.Postgres, ignore, inbox.WithSchema(`"pay$1"`))
	require.NoError(t, box.Migrate(t.Context()))
	require.NoError(t, box.Handle(t.Context(), paidEvent()))
	for _, step := range d.Steps {
		rest := strings.NewReplacer(
			`"pay$1".ecomtrade24_orders`, "", `"pay$1".ecomtrade24_facts`, "", "ecomtrade24_facts_next_check", "")
		assert.NotContains(t, rest.Replace(step), "ecomtrade24_")
	}
}
