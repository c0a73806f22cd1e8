package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The checks of arguments and flags never repeat what was given: a key or secret may have been given in the wrong
// place.

// noArguments refuses any argument.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Sprintf("%s takes no arguments, only flags: see %[1]s --help", cmd.CommandPath()))
	}
	return nil
}

// oneFile takes the name of one file or none.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(fmt.Sprintf("%s takes one FILE at most: see %[1]s --help", cmd.CommandPath()))
	}
	return nil
}

// oneSession takes the id of a session.
func oneSession(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("name one session by its id, as session create prints it: " + cmd.CommandPath() + " 12345")
	}
	return nil
}

// knownCommand refuses what is no command below cmd, and proposes those that are spelt alike.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	alike := ""
	cmd.SuggestionsMinimumDistance = 2
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		alike = "did you mean " + strings.Join(names, " or ") + "? "
	}
	return usage("unknown command; " + alike + "see " + cmd.CommandPath() + " --help")
}

// commandMissing runs a command that only has others below it: the help says which.
func (a *app) commandMissing(cmd *cobra.Command, _ []string) error {
	if !a.json {
		cmd.SetOut(a.err)
		if err := cmd.Help(); err != nil {
			return err
		}
		fmt.Fprintln(a.err)
	}
	return usage("no command was given; see " + cmd.CommandPath() + " --help")
}

// addHelp adds cobra's own help command, which refuses what is no command.
func addHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.RunE = func(_ *cobra.Command, args []string) error {
		cmd, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return usage("no such command to help with: " + root.Name() + " help lists them")
		}
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
		return cmd.Help()
	}
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var syntax *pflag.InvalidSyntaxError
	help := ": see " + cmd.CommandPath() + " --help"
	switch {
	case errors.As(err, &invalid):
		return usage(invalidValue(invalid) + help)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usage("unknown shorthand flag: flags begin with two dashes" + help)
	case errors.As(err, &unknown) && likeFlag(unknown.GetSpecifiedName()):
		return usage("unknown flag: --" + unknown.GetSpecifiedName() + help)
	case errors.As(err, &unknown):
		return usage("unknown flag" + help)
	case errors.As(err, &syntax):
		return usage("a flag is written --name or --name=value" + help)
	}
	return &usageError{err}
}

// invalidValue says what a flag takes.
func invalidValue(err *pflag.InvalidValueError) string {
	f := err.GetFlag()
	switch kind := f.Value.Type(); {
	case f.Name == "secret" || f.Name == "key":
		return "--" + f.Name + " takes no value: put a secret into a file, or into the environment"
	case kind == "bool":
		return "--" + f.Name + " takes no value"
	case kind == "duration":
		return "--" + f.Name + " takes a time with its unit, such as 10s or 5m"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "--" + f.Name + " takes a whole number"
	case kind == "func": // whose errors are the sandbox's own
		return "--" + f.Name + ": " + err.Unwrap().Error()
	case kind == "stringToString":
		return "--" + f.Name + " takes NAME=VALUE"
	}
	return "--" + f.Name + " does not take this value"
}

// likeFlag tells the name of a flag from what may be a secret.
func likeFlag(name string) bool {
	return len(name) <= 24 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") == ""
}
