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
	cmd.Flags().BoolVar(&f.yes, "yes", false, "deliver to another machine than this one")
}

// target is the endpoint that was named, by flag or by setting; one that is not on this machine needs --yes.
func (a *app) target(f targetFlags) (string, error) {
	to := a.setting(f.to, envWebhookURL)
	if to == "" {
		return "", usage("no endpoint: give --to, such as http://localhost:8080/api/webhook, or set " + envWebhookURL)
	}
	return to, checkTarget(to, f.yes)
}

// checkTarget names no more of the URL than its host: the rest of it may hold a password.
func checkTarget(to string, yes bool) error {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return usage("the endpoint must be an absolute URL, such as http://localhost:8080/api/webhook")
	case !yes && !guard.Loopback(u.Hostname()):
		return usage(fmt.Sprintf("%.80q is not this machine: a signed event could pay for a real order there. "+
			"Give --yes if you mean it", u.Hostname()))
	}
	return nil
}
