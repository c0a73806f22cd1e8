package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// onEachPlan runs the test on both plans.
func onEachPlan(t *testing.T, story func(v *visit)) {
	t.Helper()
	for _, plan := range plans() {
		t.Run(string(plan), func(t *testing.T) {
			t.Parallel()
			story(newVisit(t, "shop", plan))
		})
	}
}

func TestCheckout_paid(t *testing.T) {
	t.Parallel()
	onEachPlan(t, func(v *visit) {
		v.buy()
		checkout := v.location()
		v.decide("#pay")
		v.gateway.Flush()
		v.open(v.location())
		assert.Equal(v.t, "Paid", v.text("#state"))

		v.open(checkout) // the buyer's back button
		assert.Equal(v.t, "paid", v.text("#status"))
		v.click("#back")
		assert.Equal(v.t, "Paid", v.text("#state"))
		assert.Equal(v.t, []int{200}, v.answers())
	})
}

// The buyer returns before the webhook. Neither the return nor a query parameter marks the order paid.
func TestCheckout_webhookDelayed(t *testing.T) {
	t.Parallel()
	onEachPlan(t, func(v *visit) {
		v.gateway.DelayWebhooks(time.Hour)
		v.buy()
		v.decide("#pay")
		require.Equal(v.t, "Not yet paid", v.text("#state"))
		v.open(v.location() + "?status=paid&session_id=" + v.session().SessionID)
		require.Equal(v.t, "Not yet paid", v.text("#state"))
		v.gateway.Flush()
		v.click("#again")
		assert.Equal(v.t, "Paid", v.text("#state"))
	})
}

func TestCheckout_notPaid(t *testing.T) {
	t.Parallel()
	for button, status := range map[string]string{"#decline": "declined", "#cancel": "cancelled", "#expire": "expired"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			onEachPlan(t, func(v *visit) {
				v.gateway.DelayWebhooks(time.Hour)
				v.buy()
				v.decide(button)
				require.Equal(v.t, "Not yet paid", v.text("#state"))
				v.gateway.Flush()
				v.click("#again")
				assert.Equal(v.t, "Not paid", v.text("#state"))
				assert.Contains(v.t, v.text("main"), status)
			})
		})
	}
}

// A webhook changed from declined to paid in transit is rejected, because its signature does not match.
func TestCheckout_webhookForged(t *testing.T) {
	t.Parallel()
	onEachPlan(t, func(v *visit) {
		v.gateway.TamperWebhooks(1)
		v.buy()
		v.decide("#decline")
		v.gateway.Flush()
		v.open(v.location())
		require.Equal(v.t, "Not yet paid", v.text("#state"))
		assert.Equal(v.t, []int{401, 401, 401, 401, 401}, v.answers())
	})
}

// A webhook signed with another secret is rejected; the genuine webhook is accepted.
func TestCheckout_wrongSecret(t *testing.T) {
	t.Parallel()
	onEachPlan(t, func(v *visit) {
		v.gateway.ForgeWebhooks(1)
		v.buy()
		v.decide("#pay")
		v.gateway.Flush()
		order := v.location()
		v.open(order)
		require.Equal(v.t, "Not yet paid", v.text("#state"))

		v.open(v.gateway.URL + "/deliveries/5")
		assert.Contains(v.t, v.text("#answer"), "401")
		v.click("#resend")
		v.gateway.Flush()
		v.open(v.gateway.URL + "/deliveries/6")
		assert.Contains(v.t, v.text("#answer"), "200")
		v.open(order)
		assert.Equal(v.t, "Paid", v.text("#state"))
	})
}
