package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go/internal/lab/cluster"
)

// keep is the header of a webhook that the proxy must not lose: the gateway does not know the webhook's payment, so no
// lookup could recover it.
const keep = "X-Keep"

// proxy is a load balancer behind a bad network. It loses some webhooks although it responds 200, delivers some twice
// at the same time, and delays some so that later webhooks overtake them.
type proxy struct {
	url      string
	listener net.Listener
	shop     *httputil.ReverseProxy
	server   *http.Server
	copies   sync.WaitGroup

	webhooks, lost, duplicated, delayed, failed atomic.Int64 // numbers of webhooks and of failed requests
}

func newProxy(ctx context.Context) (*proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &proxy{url: "http://" + listener.Addr().String(), listener: listener, server: &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
	}}, nil
}

// serve forwards requests to the cluster until close.
func (p *proxy) serve(c *cluster.Cluster) {
	p.shop = &httputil.ReverseProxy{
		Transport: c,
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", "replica" },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			p.failed.Add(1)
			w.WriteHeader(http.StatusBadGateway) // a replica died; load balancers respond like this
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	p.server.Handler = p
	go func() { _ = p.server.Serve(p.listener) }()
}

func (p *proxy) close() {
	_ = p.listener.Close()
	_ = p.server.Close()
	p.copies.Wait()
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/webhook" {
		p.shop.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // without a response, the gateway sends the webhook again
	}
	p.webhooks.Add(1)
	if r.Header.Get(keep) == "" && chance(5) {
		p.lost.Add(1)
		return // responds with 200, so the gateway believes that the shop got the webhook
	}
	if chance(15) {
		p.delayed.Add(1)
		time.Sleep(rand.N(400 * time.Millisecond)) //nolint:forbidigo // network latency
	}
	if chance(15) {
		p.duplicated.Add(1)
		again := r.Clone(context.Background()) //nolint:contextcheck // the copy outlives its original
		again.Body = io.NopCloser(bytes.NewReader(body))
		p.copies.Go(func() { p.shop.ServeHTTP(httptest.NewRecorder(), again) })
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.shop.ServeHTTP(w, r)
}

func chance(percent int) bool { return rand.IntN(100) < percent }
