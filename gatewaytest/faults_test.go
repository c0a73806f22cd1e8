package gatewaytest_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

func TestGateway_FailCalls(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		c := g.Client(ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
		rows := []struct {
			status int
			want   error
			html   bool
		}{
			{http.StatusOK, nil, false}, // a 200 with ok:false
			{http.StatusUnauthorized, ecomtrade24.ErrUnauthorized, false},
			{http.StatusTooManyRequests, ecomtrade24.ErrRateLimited, false},
			{http.StatusInternalServerError, ecomtrade24.ErrUnavailable, false},
			{http.StatusBadGateway, ecomtrade24.ErrUnavailable, true}, // a proxy's HTML page
			{http.StatusServiceUnavailable, ecomtrade24.ErrUnavailable, true},
		}
		for _, row := range rows {
			g.FailCalls(1, row.status)
			_, err := c.Me(t.Context())
			var api *ecomtrade24.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, row.status, api.StatusCode)
			assert.Equal(t, row.html, api.Code == "", api.Body)
			if row.want != nil {
				require.ErrorIs(t, err, row.want)
			}
		}
		_, err := c.Me(t.Context())
		require.NoError(t, err)
		assert.Len(t, g.Requests(), len(rows)+1)
		assert.Equal(t, http.StatusBadGateway, g.Requests()[4].Status)
	})
}

// The worst case: the session exists, but the merchant does not know about it.
func TestGateway_DropResponses(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		c := g.Client(ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
		_, err := c.Me(t.Context()) // this call leaves an idle connection for reuse
		require.NoError(t, err)
		g.DropResponses(2)
		_, err = c.Me(t.Context())
		require.Error(t, err, "net/http must not hide the lost response with a retry")
		_, err = c.CreateSession(t.Context(), params("ORDER-1"))
		require.ErrorIs(t, err, ecomtrade24.ErrOutcomeUnknown)
		require.Len(t, g.Sessions(), 1)
		assert.Equal(t, "ORDER-1", g.Sessions()[0].OrderID)
		assert.Zero(t, g.Requests()[1].Status)
		assert.Len(t, g.Requests(), 3)
	})
}

func TestGateway_SlowCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gatewaytest.New(t, gatewaytest.WithInMemory())
		c := g.Client(ecomtrade24.WithTimeout(time.Second), ecomtrade24.WithRetry(ecomtrade24.RetryPolicy{MaxAttempts: 1}))
		g.SlowCalls(1, time.Minute)
		_, err := c.Me(t.Context())
		require.ErrorContains(t, err, "no response in time")
		_, err = c.Me(t.Context())
		require.NoError(t, err)
	})
}

// Forged webhooks never reach the shop's function; a redelivered genuine webhook does.
func TestGateway_Tamper(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		declined, paid := create(t, g, "DECLINED"), create(t, g, "PAID")
		g.TamperWebhooks(1)
		g.Decline(declined)
		g.ForgeWebhooks(1)
		g.Pay(paid)
		assert.Empty(t, s.told())
		assert.Equal(t, []int{401, 401, 401, 401}, answers(g))
		assert.Equal(t, ecomtrade24.StatusPaid, g.Deliveries()[0].Status, "the forgery says paid")
		assert.Equal(t, ecomtrade24.StatusDeclined, g.Sessions()[0].Status)

		g.Redeliver(declined)
		g.Redeliver(paid)
		assert.Equal(t, []string{"DECLINED declined", "PAID paid"}, s.told())
	}, gatewaytest.WithRedelivery(2, time.Nanosecond))
}

func TestGateway_Delay(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		g.DelayWebhooks(24 * time.Hour)
		id := create(t, g, "ORDER-1")
		g.Pay(id)
		assert.Empty(t, s.told(), "the session is paid at the gateway, but the shop does not know yet")
		assert.Equal(t, ecomtrade24.StatusPaid, g.Sessions()[0].Status)
		g.Flush()
		assert.Equal(t, []string{"ORDER-1 paid"}, s.told())
	})
}

func TestGateway_Duplicate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		g.DuplicateWebhooks(2)
		g.LoseFirstAttempts(1)
		for _, order := range []string{"A", "B", "C"} {
			g.Pay(create(t, g, order))
		}
		assert.Equal(t, []string{"A paid", "A paid", "B paid", "B paid", "C paid"}, s.told())
		assert.Equal(t, s.events[0].Key(), s.events[1].Key(), "one fact")
		require.Len(t, g.Deliveries(), 7, "the first attempt of both copies of A's webhook was lost")
		require.EqualError(t, g.Deliveries()[0].Err, "simulated loss")
	}, gatewaytest.WithRedelivery(2, time.Nanosecond))
}

func TestGateway_Reorder(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gatewaytest.Gateway) {
		t.Helper()
		s := newShop(t, g)
		id := create(t, g, "ORDER-1")
		g.ReorderWebhooks(2)
		g.Process(id)
		assert.Empty(t, s.told())
		g.Pay(id)
		assert.Equal(t, []string{"ORDER-1 paid", "ORDER-1 processing"}, s.told())
	})
}

func TestGateway_Stale(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithInMemory(), gatewaytest.WithRedelivery(1, 0))
	s := newShop(t, g, webhook.WithMaxAge(time.Hour))
	g.BackdateWebhooks(1, 2*time.Hour)
	g.Pay(create(t, g, "OLD"))
	g.Pay(create(t, g, "NEW"))
	assert.Equal(t, []string{"NEW paid"}, s.told())
	assert.Equal(t, []int{400, 200}, answers(g))
}

// Despite all faults, a correct shop ends up with the same statuses as the gateway.
func TestGateway_Chaos(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			g := gatewaytest.New(t, gatewaytest.WithInMemory(), gatewaytest.WithSeed(seed))
			s := newShop(t, g)
			g.ScrambleWebhooks(8)
			for i, move := range []func(string){g.Pay, g.Cancel, g.Pay, g.Decline} {
				id := create(t, g, string(rune('A'+i)))
				g.Process(id)
				move(id)
			}
			if seed%2 == 0 {
				g.Flush()
			} else {
				<-time.After(2 * time.Minute) // all delayed webhooks arrive without Flush
				synctest.Wait()
			}
			state := map[string]ecomtrade24.PaymentStatus{}
			for _, ev := range s.events {
				if ev.Status.Rank() > state[ev.OrderID].Rank() {
					state[ev.OrderID] = ev.Status
				}
			}
			assert.Equal(t, map[string]ecomtrade24.PaymentStatus{
				"A": "paid", "B": "cancelled", "C": "paid", "D": "declined",
			}, state, "seed %d", seed)
		})
	}
}

// Webhooks and status lookups report an edited payment.
func TestGateway_PayAs(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, gatewaytest.WithInMemory())
	bodies := make(chan string, 1)
	g.DeliverToHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
	}))
	s, err := g.Client().CreateSession(t.Context(), params("ORDER-10001"))
	require.NoError(t, err)
	g.PayAs(s.ID, func(p *ecomtrade24.Payment) { p.Amount, p.SessionID = "0.01", "" })
	assert.Contains(t, <-bodies, `"session_id":"","order_id":"ORDER-10001","status":"paid","amount":"0.01"`)
	status, err := g.Client().Status(t.Context(), s.ID)
	require.NoError(t, err)
	assert.True(t, status.Paid())
	assert.Equal(t, ecomtrade24.Amount("0.01"), status.Amount)
	assert.Equal(t, ecomtrade24.PaymentStatus("frozen"),
		g.EditPayment(s.ID, func(p *ecomtrade24.Payment) { p.Status = "frozen" }).Status)
}

// DelayResponses delays a response, and Heal ends faults that no call used.
func TestGateway_DelayResponses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gatewaytest.New(t, gatewaytest.WithInMemory())
		g.DelayResponses(1, time.Second)
		start := time.Now()
		go func() {
			<-time.After(time.Second / 2)
			assert.Len(t, g.Sessions(), 1, "it is made")
		}()
		_, err := g.Client().CreateSession(t.Context(), params("ORDER-10001"))
		require.NoError(t, err)
		assert.Equal(t, time.Second, time.Since(start))
		g.FailCalls(9, http.StatusUnauthorized)
		g.Heal()
		_, err = g.Client().CreateSession(t.Context(), params("ORDER-10001"))
		require.NoError(t, err)
	})
}
