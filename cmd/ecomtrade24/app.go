package main

import (
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// app is the state that all commands share.
type app struct {
	in       io.Reader
	out, err terminal
	getenv   func(string) string

	json     bool
	envFile  string
	file     map[string]string // the settings of --env-file
	printing sync.Mutex        // held while a record is printed
	started  bool              // set once the command line is valid and a command runs
}

const longHelp = `Develop and test a shop that takes payments through the gateway: run a sandbox,
send signed test webhooks, and check your setup and your shop. It works offline
and without a login, and contacts only the hosts that you name.

Flags override environment variables, which override the file of --env-file:

  ECOMTRADE24_BASE_URL          the gateway's URL
  ECOMTRADE24_API_KEY           the merchant's API key
  ECOMTRADE24_WEBHOOK_SECRET    the secret that webhooks are signed with
  ECOMTRADE24_PREVIOUS_SECRET   the previous secret, while you rotate it
  ECOMTRADE24_WEBHOOK_URL       the shop's webhook endpoint
  ECOMTRADE24_DOMAIN            the shop's approved domain
  ECOMTRADE24_DEPLOYMENT        fiavexpay (the default) or ecomtrade24pay

Do not pass a key or secret as a flag: other users of the machine can see it in
the list of processes. Use the environment, --key-file or --secret-file. The
program never prints them.

Exit codes: 0 for success, 1 for a failure, and 2 for a mistake in the command
line or a setting, in which case nothing was sent.`

// command returns the root command.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:               "ecomtrade24",
		Short:             "Develop and check a shop that takes payments through the gateway",
		Long:              longHelp,
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              knownCommand,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.start() },
		RunE:              a.commandMissing,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(strings.NewReplacer(
		".FlagUsages", ".FlagUsagesWrapped 80", " for more information about a command.", " to learn more.",
	).Replace(root.UsageTemplate()))
	root.PersistentFlags().SortFlags = false
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object per line")
	root.PersistentFlags().StringVar(&a.envFile, "env-file", "", "read settings from this `FILE` of NAME=value lines")
	root.AddCommand(
		a.sandboxCommand(), a.payCommand(), a.triggerCommand(), a.checkCommand(), a.drillCommand(), a.verifyCommand(),
		a.signCommand(),
		a.sessionCommand(), a.methodsCommand(),
		a.recordCommand(), a.replayCommand(), a.schemaCommand(), a.versionCommand(),
	)
	finishFlags(root)
	a.addCompletion(root)
	addHelp(root)
	return root
}

// start reads the file of --env-file. Later errors are failures of the command, not mistakes in the command line.
func (a *app) start() error {
	if a.envFile != "" {
		file, err := readEnvFile(a.envFile)
		if err != nil {
			return err
		}
		a.file = file
	}
	a.started = true
	return nil
}
