package gatewaytest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// TB is the part of testing.TB that a Gateway needs. *testing.T, *testing.B and *testing.F have it. It is spelt out
// here so that a program that uses Start does not link package testing.
type TB interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Gateway is one merchant's gateway. It is safe for concurrent use, and tests with a Gateway each may run in parallel.
type Gateway struct {
	URL           string // the base URL for NewClient
	APIKey        string
	WebhookSecret string

	tb          TB
	sandbox     *sandbox.Gateway
	http        *http.Client
	server      *http.Server // nil in memory
	served      chan struct{}
	webhookPath string
}

// New returns a running gateway that closes with the test, and fails it then if a webhook is still undelivered or a
// handler still running. Options that make no sense fail the test at once.
func New(tb TB, opts ...Option) *Gateway {
	tb.Helper()
	g, err := Start(opts...)
	if err != nil {
		tb.Fatalf("gatewaytest: %v", err)
		return nil
	}
	g.tb = tb
	tb.Cleanup(func() {
		tb.Helper()
		if err := g.Close(); err != nil {
			tb.Errorf("%v", err)
		}
	})
	return g
}

// Start returns a running gateway for where there is no test: an Example, or a program that tries the SDK out. Close
// it at the end. A call that would fail a test, such as Pay for an unknown session, panics instead.
func Start(opts ...Option) (*Gateway, error) {
	o := options{
		config: sandbox.Config{
			APIKey: "test_" + rand.Text(), WebhookSecret: "whsec_" + rand.Text(), Domains: defaultDomains(), Seed: 1,
		},
		webhookPath: "/api/webhook.php",
	}
	for _, opt := range opts {
		opt(&o)
	}
	g := &Gateway{
		APIKey: o.config.APIKey, WebhookSecret: o.config.WebhookSecret, tb: program{}, webhookPath: o.webhookPath,
	}
	start := g.startOnLoopback
	if o.inMemory {
		start = g.startInMemory
	}
	if err := start(o.config); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *Gateway) startInMemory(c sandbox.Config) (err error) {
	g.URL = "https://pay.example"
	c.BaseURL = g.URL
	if g.sandbox, err = sandbox.New(c); err != nil {
		return err
	}
	g.http = &http.Client{Transport: g.sandbox.Transport()}
	return nil
}

func (g *Gateway) startOnLoopback(c sandbox.Config) error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("cannot listen on the loopback interface: %w", err)
	}
	g.URL = "http://" + listener.Addr().String()
	c.BaseURL = g.URL
	if g.sandbox, err = sandbox.New(c); err != nil {
		return errors.Join(err, listener.Close())
	}
	g.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	g.server = &http.Server{Handler: g.sandbox, ReadHeaderTimeout: 10 * time.Second}
	g.served = make(chan struct{})
	go func() {
		defer close(g.served)
		_ = g.server.Serve(listener) // ends with the listener, which Close closes
	}()
	return nil
}

// Close ends the gateway. Its error says what was left behind: webhooks that were never sent or never answered with a
// 2xx before their attempts were used up, and merchant's handlers that do not return. A second Close does nothing.
func (g *Gateway) Close() error {
	err := g.sandbox.Close()
	if err != nil {
		err = fmt.Errorf("gatewaytest: left behind: %w; Flush sends the webhooks that wait", err)
	}
	g.http.CloseIdleConnections()
	if g.server == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if g.server.Shutdown(ctx) != nil {
		err = errors.Join(err, g.server.Close())
	}
	<-g.served
	return err
}

// Client returns a client of this gateway. Options add to those that lead it here.
func (g *Gateway) Client(opts ...ecomtrade24.Option) *ecomtrade24.Client {
	g.tb.Helper()
	here := []ecomtrade24.Option{
		ecomtrade24.WithHTTPClient(g.http), ecomtrade24.WithDeployment(g.sandbox.Deployment()),
	}
	c, err := ecomtrade24.NewClient(g.URL, g.APIKey, append(here, opts...)...)
	if err != nil {
		g.tb.Fatalf("gatewaytest: %v", err)
	}
	return c
}

// HTTPClient returns an http.Client that reaches this gateway, in memory too: for ecomtrade24.WithHTTPClient where the
// shop under test makes its own client, and for the hosted page.
func (g *Gateway) HTTPClient() *http.Client {
	clone := *g.http
	return &clone
}

// program stands in for the test where there is none.
type program struct{}

func (program) Helper()                           {}
func (program) Cleanup(func())                    {}
func (program) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (program) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
