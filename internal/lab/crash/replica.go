package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the SQLite driver

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/inbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

const secret = "crash-harness-webhook-secret"

// openShop opens a database pool with the settings that package inbox documents.
func openShop(driver, dsn string) (shop, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return shop{}, err
	}
	s := shop{driver: driver, dsn: dsn, db: db}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	switch driver {
	case "sqlite":
		s.dialect = inbox.SQLite
		db.SetMaxOpenConns(1)
	case "mysql":
		s.dialect = inbox.MySQL
	default:
		s.dialect = inbox.Postgres
	}
	return s, nil
}

// serve is the merchant's server process: it prints its address and serves until its standard input ends. Its input
// also ends when its parent dies.
func serve(name, driver, dsn, gateway string) error {
	s, err := openShop(driver, dsn)
	if err != nil {
		return err
	}
	defer s.db.Close()
	all := variants()
	i := slices.IndexFunc(all, func(v variant) bool { return v.name == name })
	if i < 0 {
		return fmt.Errorf("there is no variant %q", name)
	}
	run := all[i].start(s)
	verifier, err := webhook.NewVerifier(secret)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: webhook.NewHandler(verifier, run.handle), ReadHeaderTimeout: time.Minute}
	stopReconciling, err := run.keepReconciling(gateway)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	fmt.Println("listening: http://" + listener.Addr().String())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := web.Shutdown(context.Background()); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	stopReconciling()
	if run.drain != nil {
		run.drain()
	}
	return nil
}

// keepReconciling runs Reconcile again and again, for one second each time, until stop is called.
func (s server) keepReconciling(gateway string) (stop func(), err error) {
	if s.reconcile == nil {
		return func() {}, nil
	}
	client, err := ecomtrade24.NewClient(gateway, "crash-harness-key", ecomtrade24.WithTimeout(time.Second),
		ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		for ctx.Err() == nil {
			call, cancel := context.WithTimeout(ctx, time.Second)
			_ = s.reconcile(call, client) // errors are expected: the gateway fails at times, and the database is killed
			cancel()
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	return func() { cancel(); group.Wait() }, nil
}
