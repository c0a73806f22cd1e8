package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// firstSession begins the ids of this gateway's sessions far from those of another process or an earlier one, which may
// be in the same database.
func firstSession() int64 { return 1_000_000 + rand.Int64N(1_000_000_000) } //nolint:gosec // it keeps no secret

// startGateway starts a gateway in this process, fills in its settings and has it deliver to webhookURL.
func startGateway(s *settings, webhookURL string) (*gatewaytest.Gateway, error) {
	if s.mode != ecomtrade24.ModeHostedCheckout && s.mode != ecomtrade24.ModeSmartRouting {
		return nil, fmt.Errorf("-mode: %q is no plan: use hosted_checkout or smart_routing", s.mode)
	}
	local, err := gatewaytest.Start(gatewaytest.WithDomains(s.domain), gatewaytest.WithPlan(s.mode),
		gatewaytest.WithDeployment(s.deployment), gatewaytest.WithRedelivery(8, time.Second),
		gatewaytest.WithFirstSessionID(firstSession()))
	if err != nil {
		return nil, err
	}
	local.DeliverTo(webhookURL)
	s.baseURL, s.key, s.secret = local.URL, local.APIKey, local.WebhookSecret
	return local, nil
}
