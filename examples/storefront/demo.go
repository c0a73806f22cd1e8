package main

// The gateway of -demo. A live shop does not need this file: remove it and the two lines that use it.

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// demo is a fake gateway in this process for trying the shop: no money moves. Its sessions are lost when the process
// ends.
type demo struct {
	on   bool   // flag -demo
	mode string // flag -mode: the plan
}

func (d *demo) flags(flags *flag.FlagSet) {
	flags.BoolVar(&d.on, "demo", false, "start a gateway in this process, where no money moves")
	flags.StringVar(&d.mode, "mode", string(ecomtrade24.ModeHostedCheckout),
		"the `plan` of the -demo gateway: hosted_checkout or smart_routing")
}

// firstSession returns a random first session ID, so that two processes with the same database do not use the same
// session IDs.
func firstSession() int64 { return 1_000_000 + rand.Int64N(1_000_000_000) } //nolint:gosec // session IDs are not secret

// check rejects a demo that could be mistaken for a live shop.
func (d *demo) check(s *settings) error {
	switch mode := ecomtrade24.IntegrationMode(d.mode); {
	case !d.on:
	case s.baseURL+s.key+s.secret != "":
		return errors.New("-demo starts its own gateway: unset ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and " +
			"ECOMTRADE24_WEBHOOK_SECRET, or leave -demo out")
	case strings.HasPrefix(s.publicURL, "https://"):
		return errors.New("-demo takes no money, but PUBLIC_URL is public: leave -demo out")
	case mode != ecomtrade24.ModeHostedCheckout && mode != ecomtrade24.ModeSmartRouting:
		return fmt.Errorf("-mode: unknown plan %q: use hosted_checkout or smart_routing", mode)
	}
	return nil
}

// start starts the gateway, points the shop's settings at it and sends its webhooks to webhookURL. The caller closes
// the gateway.
func (d *demo) start(s *settings, webhookURL string, stdout io.Writer) (*gatewaytest.Gateway, error) {
	local, err := gatewaytest.Start(gatewaytest.WithDomains(s.domain),
		gatewaytest.WithPlan(ecomtrade24.IntegrationMode(d.mode)), gatewaytest.WithDeployment(s.deployment),
		gatewaytest.WithRedelivery(8, time.Second),
		gatewaytest.WithFirstSessionID(firstSession()))
	if err != nil {
		return nil, err
	}
	local.DeliverTo(webhookURL)
	s.baseURL, s.key, s.secret, s.drainFor = local.URL, local.APIKey, local.WebhookSecret, 0
	fmt.Fprintf(stdout, "gateway: %s/ (in this process: no money moves)\n", local.URL)
	return local, nil
}
