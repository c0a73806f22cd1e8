package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/cluster"
)

// experiment is one run of the plan.
type experiment struct {
	variant variant
	backend *backend
	orders  int
	kills   int
	crashes bool // the database server also crashes, halfway through the run
}

// outcome is the result of an experiment.
type outcome struct {
	experiment
	deliveries int
	lookups    int
	counts     counts
	took       time.Duration
}

// run delivers the plan while replicas are killed, judges the orders, delivers everything again without kills, and
// judges again.
func (e experiment) run(ctx context.Context) (*outcome, error) {
	start, p := time.Now(), newPlan(e.orders, e.variant.lost)
	g := startGateway(p.orders)
	defer g.Close()
	dsn, err := e.backend.create(ctx)
	if err != nil {
		return nil, err
	}
	s, err := openShop(e.backend.driver, dsn)
	if err != nil {
		return nil, err
	}
	defer s.db.Close()
	if err := s.makeTables(ctx, p.orders); err != nil {
		return nil, err
	}
	found := func() (bool, error) { return e.lookedUp(ctx, s.db, p.orders) }
	if err := e.deliver(ctx, dsn, g.URL, bodies(p, start), e.kills, found); err != nil {
		return nil, err
	}
	before, err := judge(ctx, s.db, p.orders)
	if err != nil {
		return nil, err
	}
	if err := e.deliver(ctx, dsn, g.URL, bodies(p, start.Add(24*time.Hour)), 0, found); err != nil {
		return nil, err
	}
	o := &outcome{experiment: e, deliveries: len(p.deliveries), lookups: g.lookups(), took: time.Since(start)}
	if o.counts, err = judge(ctx, s.db, p.orders); err != nil {
		return nil, err
	}
	o.counts.lost, o.counts.lostForGood = before.lost, o.counts.lost
	o.counts.unpaid = max(o.counts.unpaid, before.unpaid) // the full redelivery may hide these mistakes
	o.counts.untold = max(o.counts.untold, before.untold)
	return o, nil
}

// bodies returns the bodies of the plan's deliveries. Each sent_at is a second later than the previous sent_at.
func bodies(p *plan, start time.Time) [][]byte {
	all := make([][]byte, len(p.deliveries))
	for i := range p.deliveries {
		all[i] = p.deliveries[i].body(start.Add(time.Duration(i) * time.Second).UTC())
	}
	return all
}

// deliver delivers the bodies to two replicas, kills the replicas in turn at even intervals, and lets them finish at
// the end. The replicas look up sessions until the function found returns true.
func (e experiment) deliver(
	ctx context.Context, dsn, gateway string, bodies [][]byte, kills int, found func() (bool, error),
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	program, err := os.Executable()
	if err != nil {
		return err
	}
	c, err := cluster.Start(ctx, 2, cluster.Program{
		Path: program,
		Args: []string{"-replica", e.variant.name, "-driver", e.backend.driver, "-dsn", dsn, "-gateway", gateway},
	})
	if err != nil {
		return err
	}
	due, killer := make(chan int), make(chan error, 1)
	acknowledged := func(n int) {
		distance := len(bodies) / (kills + 1)
		if i := n / distance; n%distance == 0 && i <= kills {
			select {
			case due <- i: // blocks this worker until fire has caught up
			case <-ctx.Done():
			}
		}
	}
	go func() {
		err := e.fire(ctx, c, due, kills)
		if err != nil {
			cancel(err)
		}
		killer <- err
	}()
	err = deliver(ctx, c, bodies, acknowledged)
	cancel(nil) // makes the method fire return an error if it has not finished yet
	return errors.Join(err, <-killer, waitUntil(found), c.Stop())
}

// waitUntil waits until the function found returns true, but two minutes at most. After that, judge reports what is
// missing.
func waitUntil(found func() (bool, error)) error {
	tick, end := time.NewTicker(100*time.Millisecond), time.After(2*time.Minute)
	defer tick.Stop()
	for {
		if done, err := found(); done || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-end:
			return nil
		}
	}
}

// lookedUp reports whether all orders with a lost webhook are paid. For a control, which makes no lookups, it returns
// true.
func (e experiment) lookedUp(ctx context.Context, db *sql.DB, orders []order) (bool, error) {
	if e.variant.wrong != "" {
		return true, nil
	}
	fates, err := readFates(ctx, db)
	for _, o := range orders {
		if err == nil && len(o.expected) > 0 && fates[o.id].state != "paid" {
			return false, nil
		}
	}
	return true, err
}

// fire kills a replica for each value that it receives from the channel due, until all kills are done.
func (e experiment) fire(ctx context.Context, c *cluster.Cluster, due <-chan int, kills int) error {
	alive := context.WithoutCancel(ctx) // the new processes outlive ctx
	for n := range kills {
		select {
		case i := <-due:
			if err := c.Kill(alive); err != nil {
				return err
			}
			if e.crashes && i == kills/2 {
				e.backend.server.Crash()
				if err := e.backend.server.Start(alive); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d kills happened before the deliveries ended", n, kills)
		}
	}
	return nil
}

// verdict returns nil if the inbox made no mistake, or if a control made its expected mistake.
func (o *outcome) verdict() error {
	switch {
	case o.variant.wrong == "" && o.counts != counts{}:
		return fmt.Errorf("%s on %s: %v", o.variant.name, o.backend.name, o.counts)
	case o.variant.wrong != "" && !o.variant.fails(o.counts):
		return fmt.Errorf("control %s on %s did not fail as expected, so this run proves nothing: %v",
			o.variant.name, o.backend.name, o.counts)
	}
	return nil
}
