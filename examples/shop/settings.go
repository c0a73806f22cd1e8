package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/gatewaytest"
)

// settings are the merchant's settings from the gateway.
type settings struct {
	baseURL, key, secret string

	deployment ecomtrade24.Deployment // the service that runs the gateway
}

// connect reads the settings. If none are set, it starts a fake gateway in this process; the caller closes the gateway.
func connect(getenv func(string) string, domain string, mode ecomtrade24.IntegrationMode) (
	settings, *gatewaytest.Gateway, error,
) {
	s := settings{
		getenv("ECOMTRADE24_BASE_URL"), getenv("ECOMTRADE24_API_KEY"), getenv("ECOMTRADE24_WEBHOOK_SECRET"),
		ecomtrade24.Deployment(cmp.Or(getenv("ECOMTRADE24_DEPLOYMENT"), string(ecomtrade24.FiavexPay))),
	}
	if s.baseURL+s.key+s.secret == "" {
		local, err := startGateway(domain, mode, s.deployment)
		if err != nil {
			return s, nil, err
		}
		return settings{local.URL, local.APIKey, local.WebhookSecret, s.deployment}, local, nil
	}
	if s.baseURL == "" || s.key == "" || s.secret == "" {
		return s, nil, errors.New("set all of ECOMTRADE24_BASE_URL, ECOMTRADE24_API_KEY and ECOMTRADE24_WEBHOOK_SECRET, " +
			"or none of them")
	}
	return s, nil, nil
}

// startGateway starts a fake gateway; mode is the merchant's plan.
func startGateway(domain string, mode ecomtrade24.IntegrationMode, d ecomtrade24.Deployment) (
	*gatewaytest.Gateway, error,
) {
	if mode != ecomtrade24.ModeHostedCheckout && mode != ecomtrade24.ModeSmartRouting {
		return nil, fmt.Errorf("-mode: %q is not a plan: use hosted_checkout or smart_routing", mode)
	}
	return gatewaytest.Start(gatewaytest.WithDomains(domain), gatewaytest.WithPlan(mode),
		gatewaytest.WithDeployment(d), gatewaytest.WithMethodsShape(gatewaytest.ShapeMap))
}
