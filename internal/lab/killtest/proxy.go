package main

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/cluster"
)

// keep is the header of a webhook that must not get lost: the gateway does not know of it, so nothing could mend that.
const keep = "X-Keep"

// proxy is a load balancer, and the network before it: some webhooks it loses although it answers 200, some it
// delivers twice at the same time, some it holds back so that later ones overtake them.
type proxy struct {
	url     string
	cluster atomic.Pointer[cluster.Cluster]
	server  *http.Server
	client  *http.Client
	next    atomic.Uint64
	copies  sync.WaitGroup

	webhooks, lost, duplicated, delayed, failed atomic.Int64
}

func newProxy(ctx context.Context) (*proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{url: "http://" + listener.Addr().String(), client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // ends with close
	return p, nil
}

func (p *proxy) close() {
	_ = p.server.Close()
	p.copies.Wait()
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.URL.Path == "/api/webhook" {
		p.webhooks.Add(1)
		if r.Header.Get(keep) == "" && chance(5) {
			p.lost.Add(1)
			return // 200: the gateway believes that it was delivered
		}
		if chance(15) {
			p.delayed.Add(1)
			time.Sleep(rand.N(400 * time.Millisecond)) //nolint:forbidigo // the network's own time
		}
		if chance(15) {
			p.duplicated.Add(1)
			ctx := context.WithoutCancel(r.Context())
			p.copies.Go(func() { p.forward(ctx, nowhere{}, r, body) })
		}
	}
	p.forward(r.Context(), w, r, body)
}

// forward answers 502 where the replica died, as a load balancer does.
func (p *proxy) forward(ctx context.Context, w http.ResponseWriter, r *http.Request, body []byte) {
	fail := func() {
		p.failed.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}
	c := p.cluster.Load()
	if c == nil {
		fail()
		return
	}
	address := c.Pick(p.next.Add(1))
	if address == "" {
		fail()
		return
	}
	url := address + r.URL.RequestURI()
	req, err := http.NewRequestWithContext(ctx, r.Method, url, bytes.NewReader(body))
	if err != nil {
		fail()
		return
	}
	req.Header = r.Header.Clone()
	resp, err := p.client.Do(req)
	if err != nil {
		fail()
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		fail()
		return
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

func chance(percent int) bool { return rand.IntN(100) < percent }

// nowhere is the answer to a copy.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// traffic is what went through the proxy.
type traffic struct{ webhooks, lost, duplicated, delayed, failed int64 }

func (p *proxy) counts() traffic {
	return traffic{p.webhooks.Load(), p.lost.Load(), p.duplicated.Load(), p.delayed.Load(), p.failed.Load()}
}
