package main

import (
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Several replicas start at once on an empty database: one makes the tables, the others wait, and all of them serve.
func TestMigrate_atOnce(t *testing.T) {
	t.Parallel()
	if postgres == nil {
		t.Skip("PostgreSQL is not installed")
	}
	dsn, err := postgres.CreateDatabase(t.Context(), "at_once")
	require.NoError(t, err)
	errs := make([]error, 4)
	var replicas sync.WaitGroup
	for i := range errs {
		replicas.Go(func() {
			d, err := openDatabase(t.Context(), settings{databaseURL: dsn})
			if errs[i] = err; err == nil {
				errs[i] = d.close()
			}
		})
	}
	replicas.Wait()
	require.NoError(t, errors.Join(errs...))
}

// A restart finds the orders of before, and makes no table anew.
func TestMigrate_again(t *testing.T) {
	t.Parallel()
	set := settings{dataDir: filepath.Join(t.TempDir(), "our shop #1 100%?")} // a folder's name can be anything
	require.NoError(t, set.makeDataDir())
	before, err := openDatabase(t.Context(), set)
	require.NoError(t, err)
	o := order{ID: "ORDER-1", State: open, Amount: "14.50", Currency: currency}
	require.NoError(t, (&shop{db: before.db}).insertOrder(t.Context(), o))
	require.NoError(t, before.close())

	after, err := openDatabase(t.Context(), set)
	require.NoError(t, err)
	t.Cleanup(func() { _ = after.close() })
	assert.FileExists(t, set.sqliteFile())
	found, err := (&shop{db: after.db}).findOrder(t.Context(), o.ID)
	require.NoError(t, err)
	assert.Equal(t, o, found)
}

// The end does not wait for the pages that are open, and a load balancer sees it coming.
func TestServe_endsUnderOpenPages(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	order, _ := s.order()
	resp, err := s.browser.Do(s.request(http.MethodGet, "/orders/"+order+"/events?seen=waiting", nil))
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	begin := time.Now()
	s.stop()
	assert.Less(t, time.Since(begin), 10*time.Second)
	_, err = s.browser.Get(s.url + "/healthz")
	require.Error(t, err, "nobody listens any more")
}
