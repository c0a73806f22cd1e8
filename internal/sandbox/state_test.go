package sandbox_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// A restored gateway continues like the original.
func TestGateway_Restore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := start(t, sandbox.Config{Mode: ecomtrade24.ModeSmartRouting})
		create(t, before, `{"method":"card","meta":{"cart":"7"},"customer_email":"buyer@example.com"}`)
		create(t, before,
			`{"method":"upi","return_url":"https://shop.example/thanks","cancel_url":"https://shop.example/no"}`)
		create(t, before, `{"method":"card"}`)
		pay(t, before, "12345")
		state, err := before.State()
		require.NoError(t, err)

		<-time.After(20 * time.Minute)
		after, m := withShop(t, sandbox.Config{Mode: ecomtrade24.ModeSmartRouting})
		require.NoError(t, after.Restore(state))
		assert.Empty(t, cmp.Diff(before.Sessions(), after.Sessions()))
		again, err := after.State()
		require.NoError(t, err)
		assert.Equal(t, string(state), string(again))
		for _, path := range []string{"/pay.php?session=12346", "/gateway/status.php?session_id=12345"} {
			_, want := call(t, before, "GET", path, "")
			_, got := call(t, after, "GET", path, "")
			assert.Equal(t, want, got, path)
		}

		pay(t, after, "12346")
		create(t, after, `{"method":"card"}`)
		<-time.After(11 * time.Minute) // by now the restored sessions have expired, but the new session has not
		synctest.Wait()
		var statuses []string
		for _, p := range after.Sessions() {
			statuses = append(statuses, p.SessionID+" "+string(p.Status))
		}
		assert.Equal(t, []string{"12345 paid", "12346 paid", "12347 expired", "12348 pending"}, statuses)
		after.Flush()
		assert.Len(t, m.bodies, 2, "since then, one session was paid and one expired")
	})
}

// A session whose time ran out while no gateway was running expires when a gateway restores it.
func TestGateway_Restore_expiresOldSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := start(t, sandbox.Config{})
		create(t, before, `{}`)
		state, err := before.State()
		require.NoError(t, err)
		require.NoError(t, before.Close())

		<-time.After(time.Hour)
		after, m := withShop(t, sandbox.Config{})
		require.NoError(t, after.Restore(state))
		synctest.Wait()
		after.Flush()
		require.Len(t, m.bodies, 1)
		assert.Contains(t, m.bodies[0], `"status":"expired"`)
	})
}

func TestGateway_Restore_rejectsInvalidState(t *testing.T) {
	t.Parallel()
	one := `[{"session_id":"12345","status":"paid"}]`
	for name, state := range map[string]string{
		"not JSON":          `sessions`,
		"an object":         `{"session_id":"12345"}`,
		"decreasing IDs":    `[{"session_id":"9","status":"paid"},{"session_id":"7","status":"paid"}]`,
		"no status":         strings.Replace(one, "paid", "", 1),
		"no id":             strings.Replace(one, "12345", "", 1),
		"an ID as a number": strings.Replace(one, `"12345"`, `12345`, 1),
	} {
		require.Error(t, start(t, sandbox.Config{}).Restore([]byte(state)), name)
	}
	g := start(t, sandbox.Config{})
	require.NoError(t, g.Restore([]byte(one)))
	require.Error(t, g.Restore([]byte(one)), "it has sessions")
	g = start(t, sandbox.Config{FirstSession: 500})
	require.NoError(t, g.Restore([]byte(strings.Replace(one, "paid", "settled", 1))), "the action tell can set any status")
	create(t, g, `{}`)
	assert.Equal(t, "12346", g.Sessions()[1].SessionID, "new IDs count up from the restored ones")
	require.NoError(t, g.Close())
	require.Error(t, g.Restore([]byte(`[]`)), "it is closed")
}

// The function Delivered gets every attempt with its result.
func TestConfig_Delivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []sandbox.Delivery
		g, _ := withShop(t, sandbox.Config{Delivered: func(d sandbox.Delivery) { told = append(told, d) }}, 500, 200)
		g.SpoilWebhooks(sandbox.FaultLose, 1)
		create(t, g, `{}`)
		pay(t, g, "12345")
		assert.Equal(t, g.Deliveries(), told)
		require.Len(t, told, 3)
		require.Error(t, told[0].Err)
		assert.Equal(t, []int{0, 500, 200}, []int{told[0].Response, told[1].Response, told[2].Response})
	})
}
