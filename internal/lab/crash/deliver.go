package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/cluster"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// inFlight is how many deliveries are under way at once.
const inFlight = 32

// gateway delivers as the real one does: what is not answered with a 2xx comes again, later.
type gateway struct {
	client   *http.Client
	cluster  *cluster.Cluster
	onAck    func(n int64) // called with the number of acknowledged deliveries so far
	attempts atomic.Int64
	acks     atomic.Int64
}

func newGateway(c *cluster.Cluster) *gateway {
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * inFlight}
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	return &gateway{client: client, cluster: c, onAck: func(int64) {}}
}

// deliver returns when every body is acknowledged, with how long each acknowledged attempt took.
func (g *gateway) deliver(ctx context.Context, bodies [][]byte) ([]time.Duration, error) {
	queue := make(chan []byte, len(bodies))
	for _, body := range bodies {
		queue <- body
	}
	left, took := atomic.Int64{}, make([][]time.Duration, inFlight)
	left.Store(int64(len(bodies)))
	var workers sync.WaitGroup
	for i := range took {
		workers.Go(func() {
			for body := range queue {
				start := time.Now()
				switch {
				case g.post(ctx, body):
					took[i] = append(took[i], time.Since(start))
					g.onAck(g.acks.Add(1))
					if left.Add(-1) == 0 {
						close(queue)
					}
				case ctx.Err() != nil:
					return
				default:
					pause(ctx)
					queue <- body
				}
			}
		})
	}
	workers.Wait()
	var all []time.Duration
	for _, some := range took {
		all = append(all, some...)
	}
	if n := left.Load(); n > 0 {
		return all, fmt.Errorf("%d deliveries were never acknowledged: %w", n, ctx.Err())
	}
	return all, nil
}

// pause keeps the gateway from spinning while nothing answers.
func pause(ctx context.Context) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
	}
}

// post tells whether the delivery was acknowledged.
func (g *gateway) post(ctx context.Context, body []byte) bool {
	address := g.cluster.Pick(uint64(g.attempts.Add(1)))
	if address == "" {
		return false // both are being started
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Signature", webhook.Sign(secret, body))
	resp, err := g.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}
