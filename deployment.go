package ecomtrade24

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// Deployment names the service that runs the merchant's gateway. Both services speak the same protocol but differ in a
// few names. docs/protocol.md lists all known differences.
type Deployment string

// The deployments. One table, in internal/wire/deployment.go, lists how they differ.
const (
	FiavexPay      Deployment = "fiavexpay" // the default
	EcomTrade24Pay Deployment = "ecomtrade24pay"
)

// WithDeployment says which service runs the gateway at the base URL: FiavexPay, the default, or EcomTrade24Pay. Choose
// the service that issued the API key. NewClient returns an error for any other value.
//
// The deployment decides two names that the client sends, and nothing else:
//
//	                                 FiavexPay             EcomTrade24Pay
//	Status, Wait and Confirm use     /gateway/status.php   /gateway/session_status.php
//	SessionParams.CustomerEmail is   customer_email        email
//
// Some of EcomTrade24 Pay's routes need the buyer's email address and reject a session without it:
// ErrCustomerEmailRequired. Both deployments take the amount as a decimal string and the key as a Bearer token.
//
// Responses and webhooks do not depend on this option: the client and package webhook understand both deployments. With
// the wrong deployment a session may still be created, but the buyer's email address may be lost, and Status most
// likely fails with ErrNotFound.
func WithDeployment(d Deployment) Option {
	return func(c *Client) error {
		found := wire.FindDeployment(string(cmp.Or(d, FiavexPay)))
		if found == nil {
			return fmt.Errorf("WithDeployment: no such deployment: choose %s",
				strings.Join(wire.DeploymentNames(), " or "))
		}
		c.deployment = found
		return nil
	}
}
