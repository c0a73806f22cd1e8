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
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

// clientFlags say how to call the gateway.
type clientFlags struct {
	baseURL, keyFile, deployment string
	timeout                      time.Duration
}

func (f *clientFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.baseURL, "base-url", "", "the gateway's `URL` ("+envBaseURL+")")
	cmd.Flags().StringVar(&f.keyFile, "key-file", "", "`FILE` with the API key ("+envAPIKey+")")
	cmd.Flags().StringVar(&f.deployment, "deployment", "",
		"`NAME` of the service: "+strings.Join(sandbox.DeploymentNames(), " or ")+" ("+envDeployment+"; default fiavexpay)")
}

// client is the SDK's, for the gateway and the key that were named.
func (a *app) client(f clientFlags) (*ecomtrade24.Client, error) {
	baseURL := a.setting(f.baseURL, envBaseURL)
	if baseURL == "" {
		return nil, usage("no gateway: give --base-url, or set " + envBaseURL)
	}
	key, err := a.secret(f.keyFile, envAPIKey)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, usage("no API key: set " + envAPIKey + ", or give --key-file")
	}
	client, err := ecomtrade24.NewClient(baseURL, key, ecomtrade24.WithUserAgent("ecomtrade24-cli/"+ecomtrade24.Version),
		ecomtrade24.WithDeployment(a.deployment(f)), ecomtrade24.WithTimeout(f.timeout))
	if err != nil {
		return nil, &usageError{err}
	}
	return client, nil
}

// deployment is the one that was named; "" means the default.
func (a *app) deployment(f clientFlags) ecomtrade24.Deployment {
	return ecomtrade24.Deployment(a.setting(f.deployment, envDeployment))
}

// callFailed turns what the SDK refused to send into a mistake in the command line, and names the host that could not
// be reached.
func (a *app) callFailed(f clientFlags, err error) error {
	var invalid *ecomtrade24.ValidationError
	var op *net.OpError
	switch {
	case errors.As(err, &invalid):
		return &usageError{asFlags(invalid)}
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w: %s cannot be reached: check --base-url or %s, and that it is running",
			err, a.gatewayHost(f), envBaseURL)
	}
	return err
}

// asFlags says of each value what is wrong with it, by the name of its flag.
func asFlags(invalid *ecomtrade24.ValidationError) error {
	flags := map[string]string{
		"Domain": "--domain", "Amount": "--amount", "Currency": "--currency", "OrderID": "--order", "Method": "--method",
		"CustomerEmail": "--email", "ReturnURL": "--return-url", "CancelURL": "--cancel-url", "Metadata": "--meta",
	}
	var all []string
	for _, f := range invalid.Fields {
		all = append(all, cmp.Or(flags[f.Field], f.Field)+": "+f.Reason)
	}
	return errors.New(strings.Join(all, "; "))
}

// inFlags puts the flags into an error's text where the SDK names its options.
func inFlags(text string) string {
	return strings.NewReplacer(
		"fill in CustomerEmail", "give --email", "and WithDeployment", "and --deployment", "check WithDeployment",
		"check --deployment", "WithTimeout", "--timeout", " or, with WithPlainHTTP, for a sandbox in another container", "",
	).Replace(text)
}

// gatewayHost is the host and port that was given, without what may be secret in the URL.
func (a *app) gatewayHost(f clientFlags) string {
	u, err := url.Parse(a.setting(f.baseURL, envBaseURL))
	if err != nil || u.Host == "" {
		return "the gateway"
	}
	return guard.Line(u.Host, 80)
}

// stamp is a time for people and programs, "" if it is not given.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// whole is a row whose value is not shortened, since somebody copies it.
func whole(name, value string) string {
	return fmt.Sprintf("%-10s %s\n", name, guard.Line(value, math.MaxInt))
}

// row is one line of what a command knows of something: a name and a value.
func row(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf("%-10s %s\n", name, guard.Line(value, 400))
}
