package main

import (
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// app is what all commands share.
type app struct {
	in       io.Reader
	out, err terminal
	getenv   func(string) string

	json     bool
	envFile  string
	file     map[string]string // what the file named by --env-file sets
	printing sync.Mutex        // of one record at a time
	started  bool              // the command line made sense: a command runs
}

const longHelp = `The gateway at the command line: a sandbox to develop against, signed webhooks
to try an endpoint with, and a doctor for an integration. It works offline and
without a login, and contacts no host that you did not name.

Settings come from flags, then from the environment, then from the file that
--env-file names:

  ECOMTRADE24_BASE_URL          the gateway's address
  ECOMTRADE24_API_KEY           the merchant's API key
  ECOMTRADE24_WEBHOOK_SECRET    the secret that webhooks are signed with
  ECOMTRADE24_PREVIOUS_SECRET   the one before it, while it is being replaced
  ECOMTRADE24_WEBHOOK_URL       the merchant's own webhook endpoint
  ECOMTRADE24_DOMAIN            the shop's approved domain
  ECOMTRADE24_DEPLOYMENT        fiavexpay (the default) or ecomtrade24pay

Do not pass a key or secret as a flag: other users of the machine could read it
in the list of processes. Use the environment, --key-file or --secret-file. The
program never prints them.

Exit codes: 0 if all is well, 1 if something failed, and 2 if the command line
or a setting makes no sense, in which case nothing was sent.`

// command is the whole program.
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
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object a line")
	root.PersistentFlags().StringVar(&a.envFile, "env-file", "", "read settings from this `FILE` of NAME=value lines")
	root.AddCommand(
		a.sandboxCommand(), a.payCommand(), a.triggerCommand(), a.checkCommand(), a.drillCommand(), a.verifyCommand(),
		a.signCommand(),
		a.sessionCommand(), a.methodsCommand(),
		a.recordCommand(), a.replayCommand(), a.schemaCommand(), a.versionCommand(),
	)
	completeValues(root)
	a.addCompletion(root)
	addHelp(root)
	return root
}

// start reads the settings' file. Whatever fails from here on is no mistake in the command line.
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
