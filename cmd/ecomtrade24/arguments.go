package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The checks of arguments and flags never print a value, which may be a misplaced key or secret.

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Sprintf("%s takes no arguments, only flags: see %[1]s --help", cmd.CommandPath()))
	}
	return nil
}

// oneFile accepts at most one file name.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(fmt.Sprintf("%s takes at most one FILE: see %[1]s --help", cmd.CommandPath()))
	}
	return nil
}

func oneSession(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("pass the session ID that `session create` printed: " + cmd.CommandPath() + " 12345")
	}
	return nil
}

// knownCommand rejects unknown commands and suggests similar ones.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	named, alike := "", ""
	if likeName(args[0]) {
		named = fmt.Sprintf(" %q", args[0])
	}
	cmd.SuggestionsMinimumDistance = 2
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		alike = ": did you mean " + strings.Join(names, " or ") + "?"
	}
	return usage(fmt.Sprintf("unknown command%s%s (see %s --help)", named, alike, cmd.CommandPath()))
}

// commandMissing lists a command's subcommands, and returns a usage error.
func (a *app) commandMissing(cmd *cobra.Command, _ []string) error {
	if !a.json {
		cmd.SetOut(a.err)
		if err := cmd.Help(); err != nil {
			return err
		}
		fmt.Fprintln(a.err)
	}
	return usage("no command; see " + cmd.CommandPath() + " --help")
}

// addHelp adds cobra's help command and makes it reject unknown commands.
func addHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.RunE = func(_ *cobra.Command, args []string) error {
		cmd, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return usage("unknown command: " + root.Name() + " help lists the commands")
		}
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
		return cmd.Help()
	}
}

// flagError returns a usage error that says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var syntax *pflag.InvalidSyntaxError
	help := ": see " + cmd.CommandPath() + " --help"
	switch {
	case errors.As(err, &invalid):
		return usage(invalidValue(invalid) + help)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usage("unknown shorthand flag: flags start with two dashes" + help)
	case errors.As(err, &unknown) && likeName(unknown.GetSpecifiedName()):
		return usage("unknown flag: --" + unknown.GetSpecifiedName() + help)
	case errors.As(err, &unknown):
		return usage("unknown flag" + help)
	case errors.As(err, &syntax):
		return usage("write flags as --name or --name=value" + help)
	}
	return &usageError{err}
}

// invalidValue describes the values that a flag accepts.
func invalidValue(err *pflag.InvalidValueError) string {
	f := err.GetFlag()
	switch kind := f.Value.Type(); {
	case f.Name == "secret" || f.Name == "key":
		return "--" + f.Name + " takes no value: put the secret into a file or the environment"
	case kind == "bool":
		return "--" + f.Name + " takes no value"
	case kind == "duration":
		return "--" + f.Name + " takes a duration with a unit, such as 10s or 5m"
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "--" + f.Name + " takes a whole number"
	case kind == "func": // the error comes from package sandbox
		return "--" + f.Name + ": " + err.Unwrap().Error()
	case kind == "stringToString":
		return "--" + f.Name + " takes NAME=VALUE"
	}
	return "--" + f.Name + " does not take this value"
}

// likeName reports whether the text could name a flag or command: short, with only lowercase letters and dashes.
// Anything else may be a secret and is not printed.
func likeName(name string) bool {
	return len(name) <= 24 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") == ""
}
