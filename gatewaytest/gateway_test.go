package gatewaytest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// shop is a merchant that accepts only signed webhooks. It keeps their events, oldest first.
type shop struct {
	http.Handler

	mu     sync.Mutex
	events []*ecomtrade24.Event
	fail   int // number of webhooks to which the shop still responds 500
}

// newShop returns a shop that receives g's webhooks.
func newShop(tb testing.TB, g *gatewaytest.Gateway, opts ...webhook.HandlerOption) *shop {
	tb.Helper()
	v, err := webhook.NewVerifier(g.WebhookSecret)
	require.NoError(tb, err)
	s := &shop{}
	s.Handler = webhook.NewHandler(v, func(_ context.Context, ev *ecomtrade24.Event) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.fail > 0 {
			s.fail--
			return errors.New("the database is down")
		}
		s.events = append(s.events, ev)
		return nil
	}, opts...)
	g.DeliverToHandler(s)
	return s
}

// told returns a line with the order ID and status for every event so far.
func (s *shop) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := []string{}
	for _, ev := range s.events {
		told = append(told, ev.OrderID+" "+string(ev.Status))
	}
	return told
}

func answers(g *gatewaytest.Gateway) []int {
	statuses := []int{}
	for _, d := range g.Deliveries() {
		statuses = append(statuses, d.Response)
	}
	return statuses
}

func params(order string) ecomtrade24.SessionParams {
	return ecomtrade24.SessionParams{
		Domain: "merchant-store.example", Amount: "49.95", Currency: "USD", OrderID: order,
		ReturnURL: "https://merchant-store.example/success", CancelURL: "https://merchant-store.example/cancel",
		CustomerEmail: "buyer@example.com", Metadata: map[string]string{"cart": "7/é"},
	}
}

func create(tb testing.TB, g *gatewaytest.Gateway, order string) string {
	tb.Helper()
	session, err := g.Client().CreateSession(context.Background(), params(order))
	require.NoError(tb, err)
	return session.ID
}

// both executes f in two subtests: one with a gateway on a socket, one with an in-memory gateway. Both gateways must
// behave alike.
func both(t *testing.T, f func(t *testing.T, g *gatewaytest.Gateway), opts ...gatewaytest.Option) {
	t.Helper()
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		f(t, gatewaytest.New(t, opts...))
	})
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		f(t, gatewaytest.New(t, append(opts, gatewaytest.WithInMemory())...))
	})
}

func TestGateway_Pay(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		id := create(t, g, "ORDER-1")
		status, err := g.Client().Status(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, ecomtrade24.StatusPending, status.Status)

		g.Pay(id)
		assert.Equal(t, []string{"ORDER-1 paid"}, s.told())
		due := ecomtrade24.Order{ID: "ORDER-1", Amount: "49.95", Currency: "USD", SessionID: id}
		status, err = g.Client().Confirm(t.Context(), s.events[0], due)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"cart": "7/é"}, status.Metadata)
		assert.Equal(t, "buyer@example.com", status.CustomerEmail)
		assert.Equal(t, status.TxID, s.events[0].TxID)
		assert.NotEmpty(t, status.TxID)
		assert.Equal(t, []int{http.StatusOK}, answers(g))
	})
}

func TestGateway_moves(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		for _, move := range []func(string){g.Fail, g.Decline, g.Expire, g.Cancel, g.Pay, g.Process} {
			move(create(t, g, "ORDER"))
		}
		g.SendTest()
		told := s.told()
		assert.Equal(t, []string{
			"ORDER failed", "ORDER declined", "ORDER expired", "ORDER cancelled", "ORDER paid", "ORDER processing",
		}, told[:6])
		require.Len(t, told, 7)
		assert.True(t, s.events[6].Test)
		assert.Len(t, g.Sessions(), 6)
		assert.Equal(t, ecomtrade24.StatusFailed, g.Sessions()[0].Status)
	})
}

// An endpoint that fails twice gets the webhook three times, even over a real connection.
func TestGateway_DeliverTo_URL(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithRedelivery(3, time.Millisecond))
	s := newShop(t, g)
	s.fail = 2
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	g.DeliverTo(server.URL + "/api/webhook")
	g.Pay(create(t, g, "ORDER-1"))
	assert.Equal(t, []int{500, 500, 200}, answers(g))
	assert.Equal(t, []string{"ORDER-1 paid"}, s.told())
}

func TestGateway_inBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gatewaytest.New(t, gatewaytest.WithInMemory(), gatewaytest.WithRedelivery(8, time.Second))
		s := newShop(t, g)
		start := time.Now()
		paid, forgotten := create(t, g, "PAID"), create(t, g, "FORGOTTEN")
		s.fail = 5
		go func() {
			<-time.After(10 * time.Second)
			g.Pay(paid)
		}()
		status, err := g.Client().Wait(t.Context(), paid)
		require.NoError(t, err)
		assert.True(t, status.Paid())
		assert.Empty(t, s.told(), "Wait returns before the failing endpoint recovers")

		status, err = g.Client().Wait(t.Context(), forgotten)
		require.NoError(t, err)
		assert.Equal(t, ecomtrade24.StatusExpired, status.Status)
		g.Flush()
		assert.Equal(t, []string{"PAID paid", "FORGOTTEN expired"}, s.told())
		assert.GreaterOrEqual(t, time.Since(start), 30*time.Minute)
	})
}
