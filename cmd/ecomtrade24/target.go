package main

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// targetFlags name an endpoint to deliver to.
type targetFlags struct {
	to  string
	yes bool
}

func (f *targetFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.to, "to", "", "`URL` of the webhook endpoint ("+envWebhookURL+")")
	f.addYes(cmd)
}

func (f *targetFlags) addYes(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.yes, "yes", false, "allow an endpoint on another machine")
}

// target returns the endpoint from the flag or the setting. An endpoint on another machine needs --yes.
func (a *app) target(f targetFlags) (string, error) {
	to := a.setting(f.to, envWebhookURL)
	if to == "" {
		return "", usage("no endpoint: set --to, such as http://localhost:8080/api/webhook, or " + envWebhookURL)
	}
	return to, checkTarget(to, f.yes)
}

// checkTarget checks the URL. Its errors name only the host, since the rest may contain a password.
func checkTarget(to string, yes bool) error {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return usage("the endpoint must be an absolute URL, such as http://localhost:8080/api/webhook")
	case !yes && !guard.Loopback(u.Hostname()):
		return usage(fmt.Sprintf("%.80q is not this machine: a signed webhook could mark a real order paid there. "+
			"Use --yes if that is intended", u.Hostname()))
	}
	return nil
}
