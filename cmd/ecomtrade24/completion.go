package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/internal/wire"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// finishFlags lists each command's flags in the sequence of their definition, and lets the shell complete flags with a
// fixed set of values.
func finishFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = !cmd.HasParent()
	for name, values := range map[string][]string{
		"deployment": wire.DeploymentNames(),
		"mode":       {string(ecomtrade24.ModeHostedCheckout), string(ecomtrade24.ModeSmartRouting)},
		"header":     webhook.SignatureHeaders(), "signature-header": webhook.SignatureHeaders(),
		"event": {string(ecomtrade24.EventPaymentSession), string(ecomtrade24.EventPaymentCompleted)},
	} {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	for _, below := range cmd.Commands() {
		finishFlags(below)
	}
}

// addCompletion adds cobra's completion command, with support for --json.
func (a *app) addCompletion(root *cobra.Command) {
	var script bytes.Buffer
	root.SetOut(&script) // the completion command always writes to this buffer
	root.InitDefaultCompletionCmd()
	root.SetOut(a.out)
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	completion.Args, completion.RunE = knownCommand, a.commandMissing
	for _, shell := range completion.Commands() {
		shell.Args = noArguments
		generate := shell.RunE
		shell.RunE = func(cmd *cobra.Command, args []string) error {
			if err := generate(cmd, args); err != nil {
				return err
			}
			a.print(struct {
				Shell  string `json:"shell"`
				Script string `json:"script"`
			}{cmd.Name(), script.String()}, script.String())
			return nil
		}
	}
}
