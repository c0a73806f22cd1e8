package sandbox

import (
	"cmp"
	"errors"
	"flag"
	"strings"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// AddFlags defines flags in fs that set the fields of c. The current values of c are the defaults. New reports invalid
// values. Address, key and secret have no flag here, since each program reads them in its own way.
func (c *Config) AddFlags(fs *flag.FlagSet) {
	fs.StringVar((*string)(&c.Deployment), "deployment", cmp.Or(string(c.Deployment), string(ecomtrade24.FiavexPay)),
		"`GATEWAY` to run: "+strings.Join(wire.DeploymentNames(), " or "))
	fs.StringVar((*string)(&c.Mode), "mode", cmp.Or(string(c.Mode), string(ecomtrade24.ModeHostedCheckout)),
		"the merchant's plan, as a `MODE`: hosted_checkout or smart_routing")
	fs.Func("methods", "`IDS` of the methods, separated by commas; a minus marks unavailable ones\n"+
		"(default card,-pix,upi with smart_routing, else none)", c.setMethods)
	fs.Func("domains", "approved domain `NAMES`, separated by commas (default any bare host name)", c.setDomains)
	fs.StringVar(&c.SignatureHeader, "signature-header", cmp.Or(c.SignatureHeader, webhook.SignatureHeaders()[0]),
		"`HEADER` of the webhooks' signature: "+strings.Join(webhook.SignatureHeaders(), ", "))
	fs.BoolVar(&c.SignaturePrefix, "signature-prefix", c.SignaturePrefix,
		"sign webhooks as sha256=HEX (default false: the bare hex digits)")
	fs.StringVar((*string)(&c.Naming.Type), "event",
		cmp.Or(string(c.Naming.Type), string(ecomtrade24.EventPaymentSession)),
		"event `NAME` in webhooks: payment.session or payment.completed")
	fs.Func("domain-secrets", "made-up webhook secrets (`LIST`) of domains with a separate secret:\n"+
		"shop.example=SECRET, separated by commas (default one secret for all)", c.setDomainSecrets)
	fs.IntVar(&c.Keep, "keep", cmp.Or(c.Keep, 10_000), "keep the newest `N` calls, deliveries and sessions")
	fs.Uint64Var(&c.Seed, "seed", cmp.Or(c.Seed, 1), "`NUMBER` that seeds all random choices")
	fs.BoolVar(&c.Strict, "strict", c.Strict, "reject requests that are otherwise accepted with a warning (default false)")
	fs.BoolVar(&c.RequireEmail, "require-email", c.RequireEmail,
		"reject sessions without the buyer's email, as for some merchants (default false)")
	fs.BoolVar(&c.NoPayoutWallet, "no-payout-wallet", c.NoPayoutWallet,
		"reject every session, as for a merchant without a payout wallet\n(default false)")
}

func (c *Config) setDomains(list string) error {
	c.Domains = items(list)
	return nil
}

func (c *Config) setDomainSecrets(list string) error {
	c.DomainSecrets = map[string]string{}
	for _, item := range items(list) {
		domain, secret, _ := strings.Cut(item, "=")
		if domain == "" || secret == "" {
			return errors.New("each must look like shop.example=SECRET")
		}
		c.DomainSecrets[domain] = secret
	}
	return nil
}

func (c *Config) setMethods(list string) error {
	c.Methods = []ecomtrade24.Method{}
	for _, item := range items(list) {
		id, off := strings.CutPrefix(item, "-")
		if id == "" {
			return errors.New("a method has no id")
		}
		c.Methods = append(c.Methods, ecomtrade24.Method{ID: id, Available: !off})
	}
	return nil
}

// items splits a list at commas and spaces, and returns its items.
func items(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
