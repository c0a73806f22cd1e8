package main

import (
	"context"
	"slices"
	"time"
)

// speed is what one server process did with 32 deliveries in flight.
type speed struct {
	handler  string // "no-op", or the database's name
	load     string
	acks     int
	perSec   float64
	p50, p99 time.Duration
}

// measure times the plan, or, for fresh, the first delivery about each order only: then none is a repetition and each
// costs a commit.
func measure(ctx context.Context, v variant, b *backend, orders int, fresh bool) (*speed, error) {
	p := newPlan(orders)
	m := &speed{handler: v.name, load: "as above"}
	if v.name == "inbox" {
		m.handler = b.name
	}
	if fresh {
		m.load = "new events only"
		p.firstOnly()
	}
	dsn, err := b.create(ctx)
	if err != nil {
		return nil, err
	}
	s, err := openShop(b.driver, dsn)
	if err != nil {
		return nil, err
	}
	defer s.db.Close()
	if err := s.makeTables(ctx, p.orders); err != nil {
		return nil, err
	}
	c, err := startCluster(ctx, 1, v, b.driver, dsn)
	if err != nil {
		return nil, err
	}
	g := newGateway(c.address)
	defer g.client.CloseIdleConnections()
	all := bodies(p, time.Now())
	start := time.Now()
	took, err := g.deliver(ctx, all)
	elapsed := time.Since(start)
	if stopped := c.stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(took)
	m.acks, m.perSec = len(took), float64(len(took))/elapsed.Seconds()
	m.p50, m.p99 = took[len(took)/2], took[len(took)*99/100]
	return m, nil
}

// firstOnly leaves the first delivery about each order.
func (p *plan) firstOnly() {
	seen := make(map[string]bool)
	p.deliveries = slices.DeleteFunc(p.deliveries, func(d delivery) bool {
		again := seen[d.order]
		seen[d.order] = true
		return again
	})
}
