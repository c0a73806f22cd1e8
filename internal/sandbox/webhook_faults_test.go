package sandbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// orders returns the order IDs of all deliveries so far.
func orders(g *sandbox.Gateway) string {
	var list strings.Builder
	for _, d := range g.Deliveries() {
		list.WriteString(d.OrderID)
	}
	return list.String()
}

func TestGateway_SpoilWebhooks_reorder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		g, _ := withShop(t, sandbox.Config{Seed: seed})
		g.SpoilWebhooks(sandbox.FaultReorder, 4)
		for _, order := range strings.Split("ABCDEF", "") {
			send(t, g, order)
			if order == "C" {
				assert.Empty(t, g.Deliveries(), "webhooks are held back until all four exist")
			}
		}
		got := orders(g)
		require.Len(t, got, 6, "the fourth Send waits for all four")
		assert.NotEqual(t, "ABCD", got[:4], "seed %d", seed)
		assert.Equal(t, "EF", got[4:])
		four := []byte(got[:4])
		slices.Sort(four)
		assert.Equal(t, "ABCD", string(four))
	}
}

// Flush sends all delayed and held-back webhooks, and ends FaultReorder.
func TestGateway_Flush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, m := withShop(t, sandbox.Config{})
		g.Flush()
		begin := time.Now()
		g.DelayWebhooks(time.Hour)
		send(t, g, "A")
		g.DelayWebhooks(time.Minute)
		send(t, g, "B")
		g.DelayWebhooks(0)
		g.SpoilWebhooks(sandbox.FaultReorder, 9)
		send(t, g, "C")
		send(t, g, "D")
		assert.Empty(t, g.Deliveries())
		g.Flush()
		assert.Equal(t, "BADC", orders(g), "Flush sends webhooks in the scheduled sequence")
		assert.Zero(t, time.Since(begin), "without delay")

		g.DelayWebhooks(time.Minute)
		send(t, g, "E")
		g.DelayWebhooks(0)
		send(t, g, "F")
		<-time.After(time.Minute)
		synctest.Wait()
		assert.Equal(t, "BADCFE", orders(g))
		assert.Equal(t, time.Minute, m.times[5].Sub(begin))
	})
}

func TestGateway_SpoilWebhooks_once(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	rows := map[sandbox.Fault]struct {
		arrivals int
		signed   bool
	}{
		sandbox.FaultDuplicate:   {2, true},
		sandbox.FaultLose:        {1, true},
		sandbox.FaultGone:        {0, true},
		sandbox.FaultTamper:      {1, false},
		sandbox.FaultWrongSecret: {1, false},
	}
	for fault, row := range rows {
		g, m := withShop(t, sandbox.Config{Backoff: time.Nanosecond})
		g.SpoilWebhooks(fault, 1)
		g.SpoilWebhooks(fault, -1) // a negative number changes nothing
		send(t, g, "A")
		require.Len(t, m.bodies, row.arrivals, "fault %d", fault)
		if row.arrivals > 0 {
			assert.Equal(t, row.signed, v.Verify(m.headers[0], []byte(m.bodies[0])) == nil, "fault %d", fault)
			assert.Contains(t, m.bodies[0], `"status":"paid"`, "forged webhooks also say paid")
		}
		if fault == sandbox.FaultLose {
			require.ErrorContains(t, g.Deliveries()[0].Err, "simulated loss")
		}
		send(t, g, "B")
		require.Len(t, m.bodies, row.arrivals+1, "the next webhook has no fault")
		require.NoError(t, v.Verify(m.headers[row.arrivals], []byte(m.bodies[row.arrivals])))
	}
}

func TestGateway_Stale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, m := withShop(t, sandbox.Config{})
		g.BackdateWebhooks(1, 25*time.Hour)
		send(t, g, "A")
		send(t, g, "B")
		assert.Contains(t, m.bodies[0], "1999-12-30T23:00:00+00:00")
		assert.Contains(t, m.bodies[1], "2000-01-01T00:00:00+00:00")
	})
}

// script sends ten webhooks with sandbox.FaultMix and returns their deliveries.
func script(t *testing.T, seed uint64, m *merchant) []sandbox.Delivery {
	t.Helper()
	g := start(t, sandbox.Config{Seed: seed})
	g.DeliverToHandler(m, "/")
	g.SpoilWebhooks(sandbox.FaultMix, 10)
	for _, order := range strings.Split("ABCDEFGHIJ", "") {
		send(t, g, order)
	}
	require.Empty(t, g.Deliveries(), "all webhooks are delayed")
	g.Flush()
	return g.Deliveries()
}

func TestGateway_SpoilWebhooks_mix(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	var different bool
	var forged, misSigned, lost, old, copies int
	forms := map[string]bool{}
	for seed := range uint64(10) {
		var first, second merchant
		got := runStill(t, seed, &first)
		require.Equal(t, got, runStill(t, seed, &second), "the same seed gives the same deliveries")
		require.Equal(t, first.bodies, second.bodies)
		whole := map[string]int{}
		for i, body := range first.bodies {
			ev, err := v.Parse(first.headers[i], []byte(body))
			if err != nil && strings.Contains(body, "tx_forged") {
				forged++
				continue
			}
			if err != nil {
				misSigned++
				continue
			}
			forms[form(first.headers[i])] = true
			if whole[ev.OrderID]++; whole[ev.OrderID] > 1 {
				copies++
			}
			if ev.SentAt.Year() < 2000 {
				old++
			}
		}
		assert.Len(t, whole, 10, "every genuine webhook arrives in the end")
		for _, d := range got {
			if d.Attempt == 2 {
				lost++
			}
		}
		different = different || got[0].OrderID != "A"
	}
	assert.True(t, different)
	assert.Len(t, forms, 3*2*2, "every header occurs, with and without the prefix, in uppercase and lowercase: %v", forms)
	for name, n := range map[string]int{
		"forged": forged, "wrong secret": misSigned, "lost": lost, "old": old, "copies": copies,
	} {
		assert.Positive(t, n, name)
	}
}

// form returns a description of a signature's format: header, prefix and case.
func form(h http.Header) string {
	for _, name := range webhook.SignatureHeaders() {
		if digest, prefixed := strings.CutPrefix(h.Get(name), "sha256="); digest != "" {
			return fmt.Sprint(name, prefixed, digest == strings.ToUpper(digest))
		}
	}
	return "none"
}

// runStill runs the function script with a fake clock. It removes errors from the deliveries, since errors cannot be
// compared.
func runStill(t *testing.T, seed uint64, m *merchant) (got []sandbox.Delivery) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		got = script(t, seed, m)
	})
	for i := range got {
		got[i].Err = nil
	}
	return got
}

// Close counts the waiting webhooks, and the gateway sends nothing after Close.
func TestGateway_Close_unfinished(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		leave func(*sandbox.Gateway, *merchant)
		sent  int
	}{
		"held":      {func(g *sandbox.Gateway, _ *merchant) { g.SpoilWebhooks(sandbox.FaultReorder, 2) }, 0},
		"delayed":   {func(g *sandbox.Gateway, _ *merchant) { g.DelayWebhooks(time.Minute) }, 0},
		"in a loop": {func(_ *sandbox.Gateway, m *merchant) { m.answers = []int{500} }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g, m := withShop(t, sandbox.Config{})
				row.leave(g, m)
				wait, err := g.Send(payment("A"))
				require.NoError(t, err)
				synctest.Wait()
				require.ErrorContains(t, g.Close(), "undelivered webhooks: 1")
				wait()
				g.Flush()
				g.HealWebhooks()
				<-time.After(time.Hour)
				assert.Len(t, m.bodies, row.sent)
				assert.Len(t, g.Deliveries(), row.sent)
			})
		})
	}
}

// FaultFormat changes the format even if the configured header name is in lowercase.
func TestGateway_SpoilWebhooks_format(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		g, m := withShop(t, sandbox.Config{SignatureHeader: "x-signature", Seed: seed})
		g.SpoilWebhooks(sandbox.FaultFormat, 1)
		send(t, g, "A")
		assert.NotRegexp(t, "^[0-9a-f]{64}$", m.headers[0].Get("X-Signature"), "seed %d", seed)
	}
}
