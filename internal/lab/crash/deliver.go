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

const inFlight = 32

// deliver acts like the gateway: without a 2xx response, it delivers again later. After each acknowledgment it passes
// the total so far to the function acknowledged. It returns once all bodies are acknowledged.
func deliver(ctx context.Context, c *cluster.Cluster, bodies [][]byte, acknowledged func(n int)) error {
	client := &http.Client{Transport: c, Timeout: time.Minute}
	queue := make(chan []byte, len(bodies))
	for _, body := range bodies {
		queue <- body
	}
	var acks atomic.Int64
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for body := range queue {
				switch {
				case post(ctx, client, body):
					n := int(acks.Add(1))
					acknowledged(n)
					if n == len(bodies) {
						close(queue)
					}
				case ctx.Err() != nil:
					return
				default:
					select { // avoids a busy loop while no replica responds
					case <-time.After(10 * time.Millisecond):
					case <-ctx.Done():
					}
					queue <- body
				}
			}
		})
	}
	workers.Wait()
	if n := len(bodies) - int(acks.Load()); n > 0 {
		return fmt.Errorf("%d deliveries were never acknowledged: %w", n, ctx.Err())
	}
	return nil
}

// post reports whether the delivery was acknowledged.
func post(ctx context.Context, client *http.Client, body []byte) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://replica", bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Signature", webhook.Sign(secret, body))
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}
