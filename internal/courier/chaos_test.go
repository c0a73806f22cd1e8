package courier_test

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

	"github.com/ecomtrade24/ecomtrade24-go/internal/courier"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// orders lists the orders of all deliveries so far.
func orders(k *courier.Courier) string {
	var list strings.Builder
	for _, d := range k.Deliveries() {
		list.WriteString(d.OrderID)
	}
	return list.String()
}

func TestCourier_Spoil_reorder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		k := start(t, courier.Config{Seed: seed})
		k.DeliverToHandler(&merchant{}, "/")
		k.Spoil(courier.FaultReorder, 4)
		for _, order := range strings.Split("ABCDEF", "") {
			send(t, k, order)
			if order == "C" {
				assert.Empty(t, k.Deliveries(), "held until all four are there")
			}
		}
		got := orders(k)
		require.Len(t, got, 6, "the fourth Send waits for all")
		assert.NotEqual(t, "ABCD", got[:4], "seed %d", seed)
		assert.Equal(t, "EF", got[4:])
		four := []byte(got[:4])
		slices.Sort(four)
		assert.Equal(t, "ABCD", string(four))
	}
}

// Flush sends what is delayed or held back so far, and ends the holding back.
func TestCourier_Flush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, m := start(t, courier.Config{}), &merchant{}
		k.DeliverToHandler(m, "/")
		k.Flush()
		begin := time.Now()
		k.Delay(time.Hour)
		send(t, k, "A")
		k.Delay(time.Minute)
		send(t, k, "B")
		k.Delay(0)
		k.Spoil(courier.FaultReorder, 9)
		send(t, k, "C")
		send(t, k, "D")
		assert.Empty(t, k.Deliveries())
		k.Flush()
		assert.Equal(t, "BADC", orders(k), "in the order in which they were due")
		assert.Zero(t, time.Since(begin), "and without their delays")

		k.Delay(time.Minute)
		send(t, k, "E")
		k.Delay(0)
		send(t, k, "F")
		<-time.After(time.Minute)
		synctest.Wait()
		assert.Equal(t, "BADCFE", orders(k))
		assert.Equal(t, time.Minute, m.times[5].Sub(begin))
	})
}

func TestCourier_Spoil_once(t *testing.T) {
	t.Parallel()
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	rows := map[courier.Fault]struct {
		arrivals int
		signed   bool
	}{
		courier.FaultDuplicate:   {2, true},
		courier.FaultLose:        {1, true},
		courier.FaultGone:        {0, true},
		courier.FaultTamper:      {1, false},
		courier.FaultWrongSecret: {1, false},
	}
	for fault, row := range rows {
		k, m := start(t, courier.Config{Backoff: time.Nanosecond}), &merchant{}
		k.DeliverToHandler(m, "/")
		k.Spoil(fault, 1)
		k.Spoil(fault, -1) // changes nothing
		send(t, k, "A")
		require.Len(t, m.bodies, row.arrivals, "fault %d", fault)
		if row.arrivals > 0 {
			assert.Equal(t, row.signed, v.Verify(m.headers[0], []byte(m.bodies[0])) == nil, "fault %d", fault)
			assert.Contains(t, m.bodies[0], `"status":"paid"`, "a forger says what the shop wants to hear")
		}
		if fault == courier.FaultLose {
			require.ErrorContains(t, k.Deliveries()[0].Err, "lost on the way")
		}
		send(t, k, "B")
		require.Len(t, m.bodies, row.arrivals+1, "the next webhook is whole again")
		require.NoError(t, v.Verify(m.headers[row.arrivals], []byte(m.bodies[row.arrivals])))
	}
}

func TestCourier_Stale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, m := start(t, courier.Config{}), &merchant{}
		k.DeliverToHandler(m, "/")
		k.Stale(1, 25*time.Hour)
		send(t, k, "A")
		send(t, k, "B")
		assert.Contains(t, m.bodies[0], "1999-12-30T23:00:00+00:00")
		assert.Contains(t, m.bodies[1], "2000-01-01T00:00:00+00:00")
	})
}

// script returns what FaultMix does to ten webhooks.
func script(t *testing.T, seed uint64, m *merchant) []courier.Delivery {
	t.Helper()
	k := start(t, courier.Config{Seed: seed})
	k.DeliverToHandler(m, "/")
	k.Spoil(courier.FaultMix, 10)
	for _, order := range strings.Split("ABCDEFGHIJ", "") {
		send(t, k, order)
	}
	require.Empty(t, k.Deliveries(), "all of it is late")
	k.Flush()
	return k.Deliveries()
}

func TestCourier_Spoil_mix(t *testing.T) {
	t.Parallel()
	v, err := webhook.NewVerifier(secret)
	require.NoError(t, err)
	var different bool
	var forged, misSigned, lost, old, copies int
	forms := map[string]bool{}
	for seed := range uint64(10) {
		var first, second merchant
		got := runStill(t, seed, &first)
		require.Equal(t, got, runStill(t, seed, &second), "the same seed, the same deliveries")
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
		assert.Len(t, whole, 10, "every true webhook arrives in the end")
		for _, d := range got {
			if d.Attempt == 2 {
				lost++
			}
		}
		different = different || got[0].OrderID != "A"
	}
	assert.True(t, different)
	assert.Len(t, forms, 3*2*2, "each header, with the prefix and without, in either case: %v", forms)
	for name, n := range map[string]int{
		"forged": forged, "wrong secret": misSigned, "lost": lost, "old": old, "copies": copies,
	} {
		assert.Positive(t, n, name)
	}
}

// form describes how a webhook's signature is written.
func form(h http.Header) string {
	for _, name := range webhook.SignatureHeaders() {
		if digest, prefixed := strings.CutPrefix(h.Get(name), "sha256="); digest != "" {
			return fmt.Sprint(name, prefixed, digest == strings.ToUpper(digest))
		}
	}
	return "none"
}

// runStill runs script under a clock that moves only for back-off. It leaves out the errors, which do not compare.
func runStill(t *testing.T, seed uint64, m *merchant) (got []courier.Delivery) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		got = script(t, seed, m)
	})
	for i := range got {
		got[i].Err = nil
	}
	return got
}

func TestCourier_Close_unfinished(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*courier.Courier, *merchant){
		"held":      func(k *courier.Courier, _ *merchant) { k.Spoil(courier.FaultReorder, 2) },
		"delayed":   func(k *courier.Courier, _ *merchant) { k.Delay(time.Minute) },
		"in a loop": func(_ *courier.Courier, m *merchant) { m.answers = []int{500} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k, m := start(t, courier.Config{}), &merchant{}
				k.DeliverToHandler(m, "/")
				leave(k, m)
				wait, err := k.Send(payment("A"))
				require.NoError(t, err)
				synctest.Wait()
				require.ErrorContains(t, k.Close(), "webhooks that were not delivered yet: 1")
				wait()
				<-time.After(time.Hour)
				assert.LessOrEqual(t, len(m.bodies), 1, "nothing is sent after Close")
			})
		})
	}
}
