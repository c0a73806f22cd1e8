package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/database"
)

// Without MariaDB the run uses the databases that are installed. In CI, where nobody would notice the missing database,
// the run fails.
func TestWithBackends_missing(t *testing.T) {
	var names []string
	list := func(_ context.Context, backends []*backend) error {
		for _, b := range backends {
			names = append(names, b.name)
		}
		return publish(backends, "crash table", "")
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("CI", "")
	require.NoError(t, withBackends(t.Context(), list))
	assert.Contains(t, names, "SQLite")
	assert.NotContains(t, names, "MariaDB")

	t.Setenv("CI", "true")
	require.ErrorIs(t, withBackends(t.Context(), list), database.ErrMissing)
}
