package gatewaytest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// fakeTB implements TB for a test that is expected to fail. Its close method ends the test.
type fakeTB struct {
	mu       sync.Mutex
	said     []string
	cleanups []func()
}

func (f *fakeTB) Helper()           {}
func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}
func (f *fakeTB) Fatalf(format string, args ...any) { f.Errorf("fatal: "+format, args...) }

func (f *fakeTB) close() string {
	for _, fn := range f.cleanups {
		fn()
	}
	return fmt.Sprint(f.said)
}

func noop(http.ResponseWriter, *http.Request) {}

// Each misuse of the API fails the test with a message that says what to do.
func TestNew_failures(t *testing.T) {
	t.Parallel()
	inMemory := []gatewaytest.Option{gatewaytest.WithInMemory()}
	rows := map[string]struct {
		opts []gatewaytest.Option
		do   func(*gatewaytest.Gateway)
		want string
	}{
		"unknown session": {nil, func(g *gatewaytest.Gateway) { g.Pay("1") }, `no session "1"`},
		"paid twice": {inMemory, func(g *gatewaytest.Gateway) {
			id := create(t, g, "ORDER-1")
			g.Pay(id)
			g.Expire(id)
		}, "session 12345 is paid and cannot become expired"},
		"nobody there": {inMemory, func(g *gatewaytest.Gateway) {
			g.DeliverToHandler(http.NotFoundHandler())
			g.Pay(create(t, g, "ORDER-1"))
		}, "it serves nothing at https://merchant.example/api/webhook"},
		"redelivered too soon": {nil, func(g *gatewaytest.Gateway) { g.Redeliver("1") }, `no session "1"`},
		"no target":            {nil, func(g *gatewaytest.Gateway) { g.DeliverToHandler(nil) }, "the handler is nil"},
		"no URL":               {nil, func(g *gatewaytest.Gateway) { g.DeliverTo("") }, "not an absolute http or https URL"},
		"bad URL": {
			nil, func(g *gatewaytest.Gateway) { g.DeliverTo("shop.example") }, "not an absolute http or https URL",
		},
		"URL in memory": {
			inMemory, func(g *gatewaytest.Gateway) { g.DeliverTo("http://localhost/") }, "a URL needs a socket",
		},
		"nil function": {nil, func(g *gatewaytest.Gateway) {
			g.DeliverToHandler(http.HandlerFunc(nil))
		}, "the handler is nil (http.HandlerFunc)"},
		"nil pointer": {nil, func(g *gatewaytest.Gateway) {
			g.DeliverToHandler((*http.ServeMux)(nil))
		}, "the handler is nil (*http.ServeMux)"},
		"bad status": {nil, func(g *gatewaytest.Gateway) { g.FailCalls(1, 100) }, "100 is not a final HTTP status"},
		"bad client option": {nil, func(g *gatewaytest.Gateway) {
			g.Client(ecomtrade24.WithTimeout(-1))
		}, "fatal: gatewaytest: ecomtrade24: new client: WithTimeout"},
		"webhook left behind": {inMemory, func(g *gatewaytest.Gateway) {
			g.DeliverToHandler(http.HandlerFunc(noop))
			g.DelayWebhooks(time.Hour)
			g.Pay(create(t, g, "ORDER-1"))
		}, "gatewaytest: left behind: undelivered webhooks: 1; Flush sends"},
	}
	for name, row := range rows {
		tb := &fakeTB{}
		row.do(gatewaytest.New(tb, row.opts...))
		said := tb.close()
		assert.Contains(t, said, row.want, name)
		assert.NotContains(t, said, "sandbox", name)
	}
	tb := &fakeTB{}
	assert.Nil(t, gatewaytest.New(tb, gatewaytest.WithPlan("express")))
	assert.Nil(t, gatewaytest.New(tb, gatewaytest.WithPlan("express"), gatewaytest.WithInMemory()))
	assert.Contains(t, tb.close(), `fatal: gatewaytest: no such mode: choose hosted_checkout or smart_routing`)
}

// On a gateway from Start, misuse panics, and Close reports undelivered webhooks.
func TestStart(t *testing.T) {
	t.Parallel()
	g, err := gatewaytest.Start()
	require.NoError(t, err)
	assert.PanicsWithValue(t, `gatewaytest: no session "1"`, func() { g.Pay("1") })
	assert.Panics(t, func() { g.DeliverTo("/hook") })
	g.DeliverToHandler(http.HandlerFunc(noop))
	g.ReorderWebhooks(2)
	g.Pay(create(t, g, "ORDER-1"))
	require.ErrorContains(t, g.Close(), "undelivered webhooks: 1")
	require.NoError(t, g.Close(), "once is enough")
	_, err = g.Client(ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1})).Me(t.Context())
	require.Error(t, err, "the port is closed")
	_, err = gatewaytest.Start(gatewaytest.WithPlan("express"))
	require.ErrorContains(t, err, "gatewaytest: no such mode")
	_, err = gatewaytest.Start(gatewaytest.WithWebhookPath("hook"))
	require.EqualError(t, err, `gatewaytest: WithWebhookPath: the path must start with a slash, not "hook"`)
}
