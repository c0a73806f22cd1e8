package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/diagnose"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

type verifyFlags struct {
	headers              []string
	secret, previousFile string
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify --header 'NAME: VALUE' [FILE]",
		Short: "Verify a webhook's signature, and explain why it does not match",
		Long: `Verify a webhook's signature as the SDK does. If it does not match, verify finds
the probable reason: a line break was added to the body, the JSON was decoded
and encoded again, the secret has a space around it, and so on. The body comes
from FILE or from standard input.

The exit code is 1 if the signature does not match.`,
		Example: `  ecomtrade24 verify --header 'X-Signature: 5f1c…' body.json
  curl … | ecomtrade24 verify --header 'X-Signature: sha256=5f1c…' --json`,
		Args: oneFile,
		RunE: func(_ *cobra.Command, args []string) error { return a.verify(f, args) },
	}
	cmd.Flags().StringArrayVar(&f.headers, "header", nil, "header `LINE` with the signature; may be repeated")
	cmd.Flags().StringVar(&f.secret, "secret-file", "", "`FILE` with the webhook secret")
	cmd.Flags().StringVar(&f.previousFile, "previous-secret-file", "", "`FILE` with the previous webhook secret")
	return cmd
}

// verified is the record that the verify command prints.
type verified struct {
	Verified bool              `json:"verified"`
	Header   string            `json:"header,omitempty"`
	Reasons  []diagnose.Reason `json:"reasons"`
}

func (a *app) verify(f verifyFlags, args []string) error {
	if len(f.headers) == 0 {
		return usage("set --header to the line with the signature: --header 'X-Signature: 5f1c…'")
	}
	header, err := parseHeaders(f.headers)
	if err != nil {
		return err
	}
	in := diagnose.Input{Header: header}
	if in.Secret, err = a.secret(f.secret, envWebhookSecret); err != nil {
		return err
	}
	if in.Secret == "" {
		return usage("no webhook secret: set " + envWebhookSecret + ", or use --secret-file")
	}
	previous, err := a.secret(f.previousFile, envPreviousSecret)
	if err != nil {
		return err
	}
	if previous != "" {
		in.Previous = []string{previous}
	}
	if in.Body, err = a.body(args); err != nil {
		return err
	}
	result := diagnose.Diagnose(in)
	a.print(verified{result.Verified, result.Header, append([]diagnose.Reason{}, result.Reasons...)}, a.verdict(result))
	if !result.Verified {
		return errFailed
	}
	return nil
}

// parseHeaders parses header lines in the format of curl's -H.
func parseHeaders(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !found || name == "" || strings.ContainsAny(name, " \t=") {
			return nil, usage("--header takes a complete line, such as 'X-Signature: 5f1c…'")
		}
		header.Add(name, strings.TrimSpace(value))
	}
	return header, nil
}

func (a *app) verdict(r diagnose.Result) string {
	var b strings.Builder
	switch {
	case r.Verified:
		fmt.Fprintf(&b, "%s the signature in %s matches the body.\n",
			a.color(a.out, green, "verified:"), guard.Line(r.Header, 40))
	case r.Header != "":
		fmt.Fprintf(&b, "%s, because:\n", a.color(a.out, red, "not verified"))
	default:
		fmt.Fprintf(&b, "%s:\n", a.color(a.out, red, "not verified"))
	}
	for _, reason := range r.Reasons {
		text := reason.Text
		if reason.Harmless {
			text = "note: " + text
		}
		b.WriteString("\n- " + strings.TrimPrefix(wrap(guard.Line(text, 400)+".", "  ", 78), "  "))
		b.WriteString(wrap(reason.Fix, "  ", 78))
	}
	return b.String()
}
