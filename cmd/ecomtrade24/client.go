package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
)

// clientFlags holds the flags for calls to the gateway.
type clientFlags struct {
	baseURL, keyFile, deployment string
	timeout                      time.Duration
}

func (f *clientFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.baseURL, "base-url", "", "the gateway's `URL` ("+envBaseURL+")")
	cmd.Flags().StringVar(&f.keyFile, "key-file", "", "`FILE` with the API key ("+envAPIKey+")")
	cmd.Flags().StringVar(&f.deployment, "deployment", "",
		"`NAME` of the service: "+strings.Join(wire.DeploymentNames(), " or ")+" ("+envDeployment+"; default fiavexpay)")
}

// client returns an SDK client for the configured gateway and key.
func (a *app) client(f clientFlags) (*ecomtrade24.Client, error) {
	baseURL := a.setting(f.baseURL, envBaseURL)
	if baseURL == "" {
		return nil, usage("no gateway: set --base-url or " + envBaseURL)
	}
	key, err := a.secret(f.keyFile, envAPIKey)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, usage("no API key: set " + envAPIKey + ", or use --key-file")
	}
	client, err := ecomtrade24.NewClient(baseURL, key, ecomtrade24.WithUserAgent("ecomtrade24-cli/"+ecomtrade24.Version),
		ecomtrade24.WithDeployment(a.deployment(f)), ecomtrade24.WithTimeout(f.timeout))
	if err != nil {
		return nil, &usageError{err}
	}
	return client, nil
}

// call invokes the function do with a client for the gateway, and explains the error that do returns.
func (a *app) call(f clientFlags, do func(*ecomtrade24.Client) error) error {
	client, err := a.client(f)
	if err != nil {
		return err
	}
	return a.callFailed(f, do(client))
}

// deployment returns the deployment that is set; "" means the default.
func (a *app) deployment(f clientFlags) ecomtrade24.Deployment {
	return ecomtrade24.Deployment(a.setting(f.deployment, envDeployment))
}

// callFailed turns the SDK's validation errors into usage errors about flags, and adds the host to connection errors.
func (a *app) callFailed(f clientFlags, err error) error {
	var invalid *ecomtrade24.ValidationError
	var op *net.OpError
	switch {
	case errors.As(err, &invalid):
		return &usageError{asFlags(invalid)}
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w: %s cannot be reached: check --base-url or %s, and that the gateway is running",
			err, a.gatewayHost(f), envBaseURL)
	}
	return err
}

// asFlags rewrites a validation error to name flags instead of fields.
func asFlags(invalid *ecomtrade24.ValidationError) error {
	names := map[string]string{}
	for _, f := range sessionFlags(&ecomtrade24.SessionParams{}) {
		names[f.field] = "--" + f.name
	}
	var all []string
	for _, f := range invalid.Fields {
		all = append(all, cmp.Or(names[f.Field], f.Field)+": "+f.Reason)
	}
	return errors.New(strings.Join(all, "; "))
}

// inFlags rewrites an error's text to name flags instead of the SDK's options.
func inFlags(text string) string {
	return strings.NewReplacer(
		"fill in CustomerEmail", "set --email", "and WithDeployment", "and --deployment", "check WithDeployment",
		"check --deployment", "WithTimeout", "--timeout", " or, with WithPlainHTTP, for a sandbox in another container", "",
	).Replace(text)
}

// gatewayHost returns the gateway's host and port, without the parts of the URL that may be secret.
func (a *app) gatewayHost(f clientFlags) string {
	u, err := url.Parse(a.setting(f.baseURL, envBaseURL))
	if err != nil || u.Host == "" {
		return "the gateway"
	}
	return guard.Line(u.Host, 80)
}

// stamp formats a time. The zero time becomes "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// whole formats a line like the function row, but never shortens the value.
func whole(name, value string) string {
	return fmt.Sprintf("%-10s %s\n", name, guard.Line(value, math.MaxInt))
}

// row formats one line with a name and a value.
func row(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf("%-10s %s\n", name, guard.Line(value, 400))
}
