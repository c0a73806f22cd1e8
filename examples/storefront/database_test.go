package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Several replicas start simultaneously on an empty database: one creates the tables, the others wait, and then all
// serve.
func TestMigrate_atOnce(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t, "at_once", "template1")
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

// A restart keeps the orders and does not create the tables again.
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

// At shutdown, /readyz fails while the shop still serves requests.
func TestServe_drains(t *testing.T) {
	t.Parallel()
	s, _, _ := quietShop(t)
	s.drainFor = time.Hour
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, end := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- s.serve(ctx, listener) }()
	browser := &store{t: t, url: "http://" + listener.Addr().String(), browser: plainBrowser(t)}
	browser.eventually("ready", func() bool { return browser.get("/readyz").status == http.StatusOK })
	end()
	browser.eventually("not ready", func() bool { return browser.get("/readyz").status == http.StatusServiceUnavailable })
	assert.Equal(t, http.StatusOK, browser.get("/").status)
	listener.Close()
	require.ErrorIs(t, <-served, net.ErrClosed)
}

// The shutdown does not wait for open order pages.
func TestServe_endsDespiteOpenPages(t *testing.T) {
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
	require.Error(t, err, "the server has stopped")
}
