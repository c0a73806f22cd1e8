package sandbox_test

import (
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// The gateway keeps no more data than the configuration allows, regardless of how much it receives.
//
//nolint:paralleltest // the test measures the memory of the process
func TestKeepTotal(t *testing.T) {
	const total = 1 << 19
	g := start(t, sandbox.Config{Keep: 400, KeepBytes: 1 << 10, KeepTotal: total})
	g.DeliverToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), "/hook")
	call(t, g, http.MethodGet, "/gateway/me.php", "")
	long := strings.Repeat("x", 50<<10)
	before := heap()
	headers := http.Header{}
	for i := range 500 {
		headers.Set("X-"+strconv.Itoa(i), "1")
	}
	for i := range 120 {
		call(t, g, http.MethodGet, "/gateway/me.php?"+long, "")
		do(t, g, http.MethodGet, "/gateway/me.php", "", headers)
		call(t, g, http.MethodPost, "/gateway/session.php", session(`{"domain":"a/`+long+`"}`))
		call(t, g, http.MethodPost, "/gateway/session.php", session(`{"currency":"`+long+`"}`))
		do(t, g, http.MethodGet, "/gateway/"+long, "", http.Header{"X-Long": {long}})
		create(t, g, `{"meta":{"note":"`+long+`"}}`)
		id := g.Sessions()[len(g.Sessions())-1].SessionID
		if i%2 == 0 {
			_, err := g.EditPayment(id, func(p *ecomtrade24.Payment) { p.Status = ecomtrade24.PaymentStatus(long) })
			require.NoError(t, err)
		}
		pay(t, g, id)
	}
	for range 20 {
		g.FailCalls(1_000_000, 500)
	}
	assert.Less(t, heap()-before, 20*total, "more than 30 MiB were sent")
	assert.Less(t, len(g.Sessions()), 30)
	assert.Less(t, len(g.Requests()), 100)
	state, err := g.State()
	require.NoError(t, err)
	assert.Less(t, len(state), 2*total)
}

// The gateway sends held-back webhooks as soon as too many are waiting, and loses no webhook.
func TestKeep_heldBack(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(*sandbox.Gateway){
		"reordered": func(g *sandbox.Gateway) { g.SpoilWebhooks(sandbox.FaultReorder, 1_000_000) },
		"delayed":   func(g *sandbox.Gateway) { g.DelayWebhooks(time.Hour) },
	} {
		for what, row := range map[string]struct {
			config sandbox.Config
			order  string
			sent   int // smallest number that is too many
		}{
			"by number": {sandbox.Config{Keep: 5}, "A", 6},
			"by bytes":  {sandbox.Config{KeepTotal: 10_000}, strings.Repeat("A", 4_000), 3},
		} {
			g, m := withShop(t, row.config)
			hold(g)
			for range row.sent - 1 {
				send(t, g, row.order)
			}
			assert.Equal(t, row.sent-1, g.Waiting(), "%s %s", name, what)
			assert.Empty(t, m.bodies)
			send(t, g, row.order)
			assert.Zero(t, g.Waiting(), "%s %s", name, what)
			g.Flush()
			assert.Len(t, m.bodies, row.sent, "%s %s", name, what)
		}
	}
}

// Ended sessions are dropped first.
func TestKeep_endedFirst(t *testing.T) {
	t.Parallel()
	few := start(t, sandbox.Config{Keep: 3, KeepTotal: 1 << 20})
	for range 9 {
		create(t, few, `{}`)
	}
	_, err := few.Move("12352", "paid", "")
	require.NoError(t, err)
	create(t, few, `{}`)
	var ids []string
	for _, p := range few.Sessions() {
		ids = append(ids, p.SessionID)
	}
	assert.Equal(t, []string{"12351", "12353", "12354"}, ids, "ended sessions are dropped first")
	status, _ := call(t, few, http.MethodGet, "/gateway/status.php?session_id=12345", "")
	assert.Equal(t, http.StatusNotFound, status)
}

// heap returns the heap bytes in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
