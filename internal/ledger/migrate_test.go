package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tables is a database in which one step may fail.
type tables struct {
	settings  map[string]string
	fail      string
	elsewhere bool // the tables are not where Probe looks
	made      int
}

func (f *tables) step(name string) error {
	if name == f.fail {
		return errors.New(name + " failed")
	}
	return nil
}

func (f *tables) Settings(context.Context) (map[string]string, error) {
	return f.settings, f.step("settings")
}

func (f *tables) Probe(context.Context) (bool, error) {
	return f.made > 0 && !f.elsewhere, f.step("probe")
}

func (f *tables) Make(context.Context) error {
	f.made++
	return f.step("make")
}

func TestEngine_Migrate(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]*tables{
		"inbox: migrate: settings failed":         {fail: "settings"},
		"inbox: migrate: autocommit is":           {settings: map[string]string{"autocommit": "OFF"}},
		"inbox: migrate: make failed":             {fail: "make"},
		"not those of this version: probe failed": {fail: "probe"},
		"the first schema of the search path":     {elsewhere: true},
	} {
		require.ErrorContains(t, newBox().Migrate(t.Context(), f), want)
	}
	f := &tables{}
	for range 2 {
		require.NoError(t, newBox().Migrate(t.Context(), f))
	}
	assert.Equal(t, 1, f.made, "the second time there is nothing to make")
}
