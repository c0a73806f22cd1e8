package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// formatFlags select the format of a signature.
type formatFlags struct{ format delivery.Format }

func (f *formatFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.format.Header, "header", webhook.SignatureHeaders()[0],
		"`NAME` of the header with the signature")
	cmd.Flags().BoolVar(&f.format.Prefix, "prefix", false, "write sha256= before the digits")
}

func (f *formatFlags) check() error {
	f.format.Header = http.CanonicalHeaderKey(f.format.Header)
	if known := webhook.SignatureHeaders(); !slices.Contains(known, f.format.Header) {
		return usage("--header: unknown signature header: use one of " + strings.Join(known, ", "))
	}
	return nil
}

func (a *app) signCommand() *cobra.Command {
	var f formatFlags
	var secretFile string
	cmd := &cobra.Command{
		Use:   "sign [FILE]",
		Short: "Print the header line that signs a body",
		Long: `Print the header line that signs a body from FILE or standard input. Every byte
counts, including a line break at the end.

The gateway writes bare hex digits into X-Signature. The flags select the other
formats that an endpoint must accept.`,
		Example: `  ecomtrade24 sign body.json
  curl -H "$(ecomtrade24 sign b.json)" --data-binary @b.json localhost:8080`,
		Args: oneFile,
		RunE: func(_ *cobra.Command, args []string) error { return a.sign(f, secretFile, args) },
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.format.Upper, "upper", false, "write the digits in uppercase")
	cmd.Flags().StringVar(&secretFile, "secret-file", "", "`FILE` with the webhook secret")
	return cmd
}

func (a *app) sign(f formatFlags, secretFile string, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	secret, err := a.webhookSecret(secretFile)
	if err != nil {
		return err
	}
	body, err := a.body(args)
	if err != nil {
		return err
	}
	header, value := f.format.Header, f.format.Sign(secret, body)
	a.print(map[string]string{"header": header, "value": value}, header+": "+value+"\n")
	return nil
}
