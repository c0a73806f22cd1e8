package browser_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

func plans() []ecomtrade24.IntegrationMode {
	return []ecomtrade24.IntegrationMode{ecomtrade24.ModeHostedCheckout, ecomtrade24.ModeSmartRouting}
}

// visit is one buyer's visit to a shop, with a gateway, the shop's process and a browser.
type visit struct {
	*tab

	plan    ecomtrade24.IntegrationMode
	gateway *gatewaytest.Gateway
	shop    string // the shop's URL, without a slash at the end
}

// newVisit starts one of the shops with additional settings.
func newVisit(t *testing.T, program string, plan ecomtrade24.IntegrationMode, env ...string) *visit {
	t.Helper()
	b := newTab(t)
	g := gatewaytest.New(t, gatewaytest.WithPlan(plan), gatewaytest.WithMethodsShape(gatewaytest.ShapeMap))
	shop := startProgram(t, program, g, env...)
	g.DeliverTo(shop + "/api/webhook")
	return &visit{b, plan, g, shop}
}

// startProgram starts one of the shops with additional settings, as a separate process, and returns its URL. When the
// test ends, the process must exit without an error.
func startProgram(t *testing.T, program string, g *gatewaytest.Gateway, env ...string) string {
	t.Helper()
	cmd := exec.Command(programs+program, "-addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(),
		"ECOMTRADE24_BASE_URL="+g.URL, "ECOMTRADE24_API_KEY="+g.APIKey, "ECOMTRADE24_WEBHOOK_SECRET="+g.WebhookSecret)
	cmd.Env = append(cmd.Env, env...)
	var log strings.Builder
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())
		assert.NotContains(t, log.String(), g.WebhookSecret)
		assert.NotContains(t, log.String(), g.APIKey)
		assert.NotContains(t, log.String(), buyer)
		if t.Failed() {
			t.Log(log.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, found := strings.CutPrefix(lines.Text(), "shop: "); found {
			return strings.TrimSuffix(url, "/")
		}
	}
	require.Fail(t, "the shop has not started")
	return ""
}

const buyer = "buyer@example.com"

// buy goes from the shop's page to the checkout, and chooses UPI if there is a choice.
func (v *visit) buy() {
	v.t.Helper()
	v.open(v.shop + "/")
	v.write("#email", buyer)
	if v.plan == ecomtrade24.ModeSmartRouting {
		v.press("label[for=method-upi]")
	}
	v.click("#buy")
	require.True(v.t, strings.HasPrefix(v.location(), v.gateway.URL+"/pay.php?"), v.location())
	assert.Contains(v.t, v.text("#amount"), "49.95")
	assert.Equal(v.t, v.session().OrderID, v.text("#order"))
	assert.Equal(v.t, buyer, v.session().CustomerEmail)
	if v.plan == ecomtrade24.ModeSmartRouting {
		assert.Equal(v.t, "UPI", v.text("#method"))
	}
}

// decide presses a button on the hosted page and returns to the shop.
func (v *visit) decide(button string) {
	v.t.Helper()
	v.click(button)
	assert.Equal(v.t, v.shop+"/orders/"+v.session().OrderID, v.location())
}

// session returns the gateway's only session.
func (v *visit) session() ecomtrade24.Payment {
	v.t.Helper()
	sessions := v.gateway.Sessions()
	require.Len(v.t, sessions, 1)
	return sessions[0]
}

// answers returns the status of the shop's response to each delivery.
func (v *visit) answers() []int {
	var answers []int
	for _, d := range v.gateway.Deliveries() {
		answers = append(answers, d.Response)
	}
	return answers
}
