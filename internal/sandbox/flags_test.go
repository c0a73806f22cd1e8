package sandbox_test

import (
	"flag"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/sandbox"
)

func TestConfig_AddFlags(t *testing.T) {
	t.Parallel()
	usual := sandbox.Config{
		Deployment: ecomtrade24.FiavexPay, Mode: ecomtrade24.ModeHostedCheckout, SignatureHeader: "X-Signature",
		Naming: delivery.Naming{Type: ecomtrade24.EventPaymentSession}, Keep: 10_000, Seed: 1,
	}
	secrets := map[string]string{"a.example": "made-up", "b.example": "x=y"}
	with := func(change func(*sandbox.Config)) sandbox.Config {
		c := usual
		change(&c)
		return c
	}
	methods := []ecomtrade24.Method{{ID: "card", Available: true}, {ID: "pix"}}
	rows := map[string]sandbox.Config{
		"":                            usual,
		"-deployment=ecomtrade24pay":  with(func(c *sandbox.Config) { c.Deployment = ecomtrade24.EcomTrade24Pay }),
		"-mode=smart_routing":         with(func(c *sandbox.Config) { c.Mode = ecomtrade24.ModeSmartRouting }),
		"-methods=card,-pix":          with(func(c *sandbox.Config) { c.Methods = methods }),
		"-methods=":                   with(func(c *sandbox.Config) { c.Methods = methods[:0] }), // empty, not nil
		"-domains=a.example,b.c":      with(func(c *sandbox.Config) { c.Domains = []string{"a.example", "b.c"} }),
		"-signature-header=X-Webhook": with(func(c *sandbox.Config) { c.SignatureHeader = "X-Webhook" }), // New rejects it
		"-signature-prefix":           with(func(c *sandbox.Config) { c.SignaturePrefix = true }),
		"-event=payment.completed":    with(func(c *sandbox.Config) { c.Naming.Type = ecomtrade24.EventPaymentCompleted }),
		"-domain-secrets=a.example=made-up,b.example=x=y": with(func(c *sandbox.Config) { c.DomainSecrets = secrets }),
		"-keep=5":           with(func(c *sandbox.Config) { c.Keep = 5 }),
		"-seed=7":           with(func(c *sandbox.Config) { c.Seed = 7 }),
		"-strict":           with(func(c *sandbox.Config) { c.Strict = true }),
		"-require-email":    with(func(c *sandbox.Config) { c.RequireEmail = true }),
		"-no-payout-wallet": with(func(c *sandbox.Config) { c.NoPayoutWallet = true }),
	}
	for arg, want := range rows {
		var c sandbox.Config
		fs := flag.NewFlagSet("sandbox", flag.ContinueOnError)
		c.AddFlags(fs)
		require.NoError(t, fs.Parse(strings.Fields(arg)), arg)
		assert.Empty(t, cmp.Diff(want, c), arg)
	}
	var c sandbox.Config
	fs := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	c.AddFlags(fs)
	require.Error(t, fs.Parse([]string{"-methods=card,-"}))
	require.Error(t, fs.Parse([]string{"-domain-secrets=a.example"}))
}

// Each flag's help says what happens without the flag.
func TestConfig_AddFlags_help(t *testing.T) {
	t.Parallel()
	var c sandbox.Config
	fs := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	c.AddFlags(fs)
	flags := 0
	fs.VisitAll(func(f *flag.Flag) {
		flags++
		var help strings.Builder
		one := flag.NewFlagSet("", flag.ContinueOnError)
		one.SetOutput(&help)
		one.Var(f.Value, f.Name, f.Usage)
		one.PrintDefaults()
		assert.Equal(t, 1, strings.Count(help.String(), "(default "), help.String())
	})
	assert.Equal(t, reflect.TypeFor[sandbox.Config]().NumField()-len([]string{
		"BaseURL", "APIKey", "WebhookSecret", "Shape", "FirstSession", "Attempts", "Backoff", "KeepBytes", "KeepTotal", "Called", "Open",
		"Delivered",
	}), flags, "each field of Config has a flag or a reason to have no flag")
}
