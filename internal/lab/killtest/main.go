// Command killtest tries to make the storefront lose a payment. Buyers shop at two replicas behind a round-robin proxy,
// which duplicates, reorders and loses webhooks. Every second, one replica in turn is killed with SIGKILL. At the end
// every order is compared with its expected state.
//
//	go run ./killtest                      the run of docs/reliability.md: 2,000 orders on PostgreSQL
//	go run ./killtest -database sqlite     one process on a SQLite file
//	go run ./killtest -orders 160          shorter, as in CI
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/cluster"
)

func main() {
	var c config
	flag.IntVar(&c.orders, "orders", 2000, "number of buyers, each with one order")
	flag.StringVar(&c.database, "database", "postgres", "postgres (two replicas) or sqlite (one process)")
	flag.IntVar(&c.perSecond, "rate", 25, "number of new buyers per second")
	flag.DurationVar(&c.killEvery, "every", time.Second, "time between kills")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	r, err := run(ctx, c)
	stop()
	if err == nil {
		fmt.Println(r)
		err = r.problem()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "killtest:", err)
		os.Exit(1)
	}
}

type config struct {
	orders    int
	perSecond int
	database  string
	killEvery time.Duration
}

// run starts everything, runs the buyers, waits until all work is done, and judges the result.
func run(ctx context.Context, c config) (*report, error) {
	start := time.Now()
	b, err := newBench(ctx, c.database)
	defer b.close()
	if err != nil {
		return nil, err
	}
	killing, stopKilling := context.WithCancel(ctx)
	defer stopKilling()
	killed := make(chan error, 1)
	go func() { killed <- killEach(killing, b.cluster, c.killEvery) }()
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	seenPaid := make(chan map[string]bool, 1)
	go func() { seenPaid <- b.watchPaid(watching) }()

	stories, err := b.shopAll(ctx, c.orders, c.perSecond)
	stopKilling()
	if err := errors.Join(err, <-killed); err != nil {
		return nil, err
	}
	b.gateway.Flush()
	r, err := b.settle(ctx, stories)
	stopWatching()
	if err != nil {
		return nil, err
	}
	r.unpaid, err = b.noLongerPaid(ctx, <-seenPaid)
	if err != nil {
		return nil, err
	}
	wrong, err := b.faces(ctx, stories)
	r.faces = append(r.faces, wrong...)
	r.proxy, r.kills, r.took = b.proxy, b.cluster.Kills(), time.Since(start)
	r.where = c.database
	return r, err
}

// killEach kills the replicas in turn until ctx ends.
func killEach(ctx context.Context, c *cluster.Cluster, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := c.Kill(ctx); err != nil {
			return err
		}
	}
}
