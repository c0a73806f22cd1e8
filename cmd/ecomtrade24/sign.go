package main

import (
	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// formFlags select the format of a signature.
type formFlags struct {
	header        string
	prefix, upper bool
}

func (f *formFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.header, "header", webhook.SignatureHeaders()[0], "`NAME` of the header with the signature")
	cmd.Flags().BoolVar(&f.prefix, "prefix", false, "write sha256= before the digits")
}

func (a *app) signCommand() *cobra.Command {
	var form formFlags
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
		RunE: func(_ *cobra.Command, args []string) error { return a.sign(form, secretFile, args) },
	}
	cmd.Flags().SortFlags = false
	form.add(cmd)
	cmd.Flags().BoolVar(&form.upper, "upper", false, "write the digits in uppercase")
	cmd.Flags().StringVar(&secretFile, "secret-file", "", "`FILE` with the webhook secret")
	return cmd
}

// signed is the record that sign prints.
type signed struct {
	Header string `json:"header"`
	Value  string `json:"value"`
}

func (a *app) sign(flags formFlags, secretFile string, args []string) error {
	form, err := signatureForm(flags.header, flags.prefix, flags.upper)
	if err != nil {
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
	value := form.Sign(secret, body)
	a.print(signed{form.Header, value}, form.Header+": "+value+"\n")
	return nil
}
