package main

import (
	"bytes"
	_ "embed"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "regenerate docs/cli.md")

const docsFile = "../../docs/cli.md"

// docsHead is the introduction of docs/cli.md.
//
//go:embed testdata/cli.md
var docsHead string

// commands returns every command that a user can see, the program itself first. It skips the subcommands of completion,
// whose texts come from cobra.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	if cmd.Name() == "completion" {
		return all
	}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" {
			all = append(all, commands(child)...)
		}
	}
	return all
}

func newApp() *app {
	a := &app{in: strings.NewReader(""), getenv: func(string) string { return "" }}
	a.out, a.err = terminal{a, io.Discard}, terminal{a, io.Discard}
	return a
}

// docs/cli.md is up to date.
func TestDocs_areCurrent(t *testing.T) {
	t.Parallel()
	root := newApp().command()
	root.DisableAutoGenTag = true
	want := bytes.NewBufferString(docsHead)
	for _, cmd := range commands(root) {
		cmd.DisableAutoGenTag = true
		long := cmd.Long
		cmd.Long = "```text\n" + strings.TrimSpace(long) + "\n```" // keeps the line breaks
		if long == "" {
			cmd.Long = ""
		}
		if cmd.Name() == "completion" { // completion's subcommands have no section
			for _, shell := range cmd.Commands() {
				shell.Hidden = true
			}
		}
		require.NoError(t, doc.GenMarkdownCustom(cmd, want, anchor))
	}
	if *update {
		require.NoError(t, os.WriteFile(docsFile, want.Bytes(), 0o600))
	}
	got, err := os.ReadFile(docsFile)
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(strings.Split(want.String(), "\n"), strings.Split(string(got), "\n")),
		"regenerate it: go test ./ecomtrade24 -run TestDocs -update")
}

// The examples at the top of docs/cli.md use commands and flags that exist.
func TestDocs_examplesExist(t *testing.T) {
	t.Parallel()
	examples := 0
	for line := range strings.Lines(strings.ReplaceAll(docsHead, "\\\n", "")) {
		args, ok := strings.CutPrefix(line, "    ecomtrade24 ")
		if !ok {
			continue
		}
		examples++
		cmd, rest, err := newApp().command().Find(strings.Fields(args))
		require.NoError(t, err, line)
		for _, arg := range rest {
			if name, ok := strings.CutPrefix(arg, "--"); ok {
				assert.NotNil(t, cmd.Flag(name), line)
			}
		}
	}
	assert.GreaterOrEqual(t, examples, 7)
}

// anchor turns cobra's file name into a link within the page.
func anchor(file string) string {
	return "#" + strings.ReplaceAll(strings.TrimSuffix(file, ".md"), "_", "-")
}

// Every help text fits a terminal of 80 columns.
func TestHelp_fitsATerminal(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands(newApp().command()) {
		var help bytes.Buffer
		cmd.SetOut(&help)
		require.NoError(t, cmd.Help())
		require.NotEmpty(t, cmd.Short, cmd.CommandPath())
		for line := range strings.Lines(strings.ReplaceAll(help.String(), "\t", "        ")) {
			assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, "%s: %s", cmd.CommandPath(), line)
		}
	}
}
