package gatewaytest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// TB is the part of testing.TB that a Gateway needs. *testing.T, *testing.B and *testing.F implement TB. With this
// interface, a program that uses Start need not import package testing.
type TB interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Gateway is a fake gateway with one merchant. It is safe for concurrent use. Tests with separate Gateways may run in
// parallel. The zero value is not usable: call New or Start.
type Gateway struct {
	URL           string // the base URL for ecomtrade24.NewClient
	APIKey        string // the merchant's key, new for each Gateway
	WebhookSecret string // for webhook.NewVerifier, new for each Gateway

	tb          TB
	sandbox     *sandbox.Gateway
	http        *http.Client
	server      *http.Server // nil if WithInMemory is set
	served      chan struct{}
	webhookPath string
}

// New returns a running gateway that closes at the end of the test. The test fails if at its end a webhook is
// undelivered or a handler of the shop is still running. Invalid options fail the test immediately.
func New(tb TB, opts ...Option) *Gateway {
	tb.Helper()
	g, err := Start(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
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

// Start returns a running gateway for use outside a test: in an Example, or in a program that tries out the SDK. Call
// Close when you are done. It returns an error if an option is invalid or the port cannot be opened. Methods that would
// fail a test, such as Pay for an unknown session, panic instead.
func Start(opts ...Option) (*Gateway, error) {
	o := options{
		config: sandbox.Config{
			APIKey: "test_" + rand.Text(), WebhookSecret: "whsec_" + rand.Text(), Domains: defaultDomains(), Seed: 1,
		},
		webhookPath: "/api/webhook",
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if !strings.HasPrefix(o.webhookPath, "/") {
		return nil, fmt.Errorf("gatewaytest: WithWebhookPath: the path must start with a slash, not %q", o.webhookPath)
	}
	g := &Gateway{
		APIKey: o.config.APIKey, WebhookSecret: o.config.WebhookSecret, tb: program{}, webhookPath: o.webhookPath,
	}
	start := g.startOnLoopback
	if o.inMemory {
		start = g.startInMemory
	}
	if err := start(o.config); err != nil {
		return nil, fmt.Errorf("gatewaytest: %w", err)
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
		_ = g.server.Serve(listener) // returns when Close closes the listener
	}()
	return nil
}

// Close stops the gateway. Its error reports undelivered webhooks and handlers of the shop that did not return. A
// second Close does nothing. A gateway from New closes by itself.
func (g *Gateway) Close() error {
	err := g.sandbox.Close()
	if err != nil {
		err = fmt.Errorf("gatewaytest: left behind: %w; Flush sends waiting webhooks", err)
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

// Client returns a client for this gateway with additional options. An option that ecomtrade24.NewClient rejects fails
// the test.
func (g *Gateway) Client(opts ...ecomtrade24.Option) *ecomtrade24.Client {
	g.tb.Helper()
	own := []ecomtrade24.Option{
		ecomtrade24.WithHTTPClient(g.http), ecomtrade24.WithDeployment(g.sandbox.Deployment()),
	}
	c, err := ecomtrade24.NewClient(g.URL, g.APIKey, append(own, opts...)...)
	if err != nil {
		g.tb.Fatalf("gatewaytest: %v", err)
	}
	return c
}

// HTTPClient returns a new http.Client that reaches this gateway, with or without WithInMemory. Use it with
// ecomtrade24.WithHTTPClient if the shop under test creates its own client, or to open the checkout page.
func (g *Gateway) HTTPClient() *http.Client {
	clone := *g.http
	return &clone
}

// program implements TB for a Gateway that Start returned: there is no test that could fail.
type program struct{}

func (program) Helper()                           {}
func (program) Cleanup(func())                    {}
func (program) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (program) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
